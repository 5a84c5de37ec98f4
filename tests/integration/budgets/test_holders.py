"""Who holds an individual service fund: named by council finance, and without a holder nothing can be ordered."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from budgets.models import PersonalBudget
from budgets.queries.finance import get_budget_for
from budgets.services import book, loads
from marketplace.accounts.domain import OrganisationKind
from marketplace.accounts.queries import actor_of
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from payments.models import OrderFunding
from payments.queries.settlement import due_to_settle, list_payers
from payments.services import orders
from payments.services.checkout import answers
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory
from tests.factories.budgets import BudgetFactory
from tests.integration.budgets.town import Town, Visit, council_id
from tests.integration.payments.orders.shop import Shop, all_orders


@pytest.fixture
def fund(town: Town) -> int:
    """Margaret's individual service fund, which nobody holds yet."""
    with transaction():
        for name in ("Dales Trust", "Tees Trust"):
            OrganisationFactory(kind=OrganisationKind.SUPPORT, name=name)
        return int(
            BudgetFactory(
                person_id=town.person_id, rail=Rail.ISF, reference="ISF-1", isf_holder_organisation_id=None
            ).id
        )


def name_holder(client: FlaskClient, budget_id: int, holder: str, reason: str = "She chose them"):  # type: ignore[no-untyped-def]
    page = f"/council/budgets/{budget_id}"
    return submit(client, page, {"fund-holder": holder, "fund-reason": reason}, to=f"{page}/holder")


def audited() -> list[tuple[object, ...]]:
    db.session.rollback()
    rows = db.session.scalars(select(AuditRow).where(AuditRow.action == "budget.holder").order_by(AuditRow.id))
    return [(row.actor_user_id, row.person_id, row.organisation_id, row.reason, row.details) for row in rows]


def holder_of(budget_id: int) -> int | None:
    db.session.rollback()
    return db.session.scalar(select(PersonalBudget.isf_holder_organisation_id).where(PersonalBudget.id == budget_id))


def test_finance_names_the_holder_and_another_one_later(town: Town, visit: Visit, fund: int) -> None:
    client = visit(town.finance[0])
    page = f"/council/budgets/{fund}"
    before = text_of(client.get(page))
    assert "Nobody holds this fund yet" in before and "Who holds it" in before
    assert name_holder(client, fund, "dales  trust").location == page
    first = holder_of(fund)
    after = text_of(client.get(page))
    assert "Individual service fund, held by Dales Trust" in after and "Nobody holds" not in after
    assert "What was ordered before stays with Dales Trust." in after
    assert 'value="Dales Trust"' in client.get(page).get_data(as_text=True)
    name_holder(client, fund, "Tees Trust", "She moved to them")
    name_holder(client, fund, "Tees Trust", "Pressed twice")
    second = holder_of(fund)
    assert audited() == [
        (town.finance[0], town.person_id, first, "She chose them", {"before_organisation_id": None}),
        (town.finance[0], town.person_id, second, "She moved to them", {"before_organisation_id": first}),
    ]


@pytest.mark.parametrize(
    ("holder", "reason", "words"),
    [
        ("Nobody Ltd", "A reason", "There is no organisation of that name here"),
        ("", "A reason", "Enter the name of the organisation that holds this fund"),
        ("Dales Trust", " ", "Say why, so that the next person knows"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_stays_typed(
    town: Town, visit: Visit, fund: int, holder: str, reason: str, words: str
) -> None:
    page = name_holder(visit(town.finance[0]), fund, holder, reason)
    html = page.get_data(as_text=True)
    assert page.status_code == 200 and words in text_of(page)
    assert f'value="{holder}"' in html or not holder
    assert html.count("govuk-error-message") == 1 and 'href="#fund-' in html
    assert holder_of(fund) is None and audited() == []


def test_only_finance_of_that_council_and_only_for_a_fund_that_runs(town: Town, visit: Visit, fund: int) -> None:
    auditor = visit(town.auditor)
    assert "Save who holds it" not in text_of(auditor.get(f"/council/budgets/{fund}"))
    form = {"fund-holder": "Dales Trust", "fund-reason": "x"}
    path = f"/council/budgets/{fund}/holder"
    for user_id in (town.auditor, town.elsewhere[0], town.margaret, town.ann, town.workers[0]):
        assert submit(visit(user_id), "/account", form, to=path).status_code == 404
    client = visit(town.finance[0])
    assert "Save who holds it" not in text_of(client.get(f"/council/budgets/{town.budget_id}"))
    other = submit(client, "/account", form, to=f"/council/budgets/{town.budget_id}/holder")
    assert "Only an individual service fund is held by an organisation." in text_of(other)
    submit(client, f"/council/budgets/{fund}", {"state": "ended", "why": "Over"}, to=f"/council/budgets/{fund}/state")
    assert "This budget has ended" in text_of(submit(client, "/account", form, to=path))
    assert holder_of(fund) is None and holder_of(town.budget_id) is None and audited() == []


def test_a_file_that_names_another_holder_says_where_to_change_it(town: Town, visit: Visit, fund: int) -> None:
    finance = actor_of(town.finance[0])
    name_holder(visit(town.finance[0]), fund, "Dales Trust")
    budget = get_budget_for(finance, fund)
    dates = f"{budget.starts_on.isoformat()},{budget.ends_on.isoformat()}"
    heading = "reference,person_reference,name,rail,amount,starts_on,ends_on,isf_holder,pot\n"
    rows = "".join(
        f"ISF-1,P1,Margaret Hill,isf,5000.00,{dates},{holder},Personal budget\n" for holder in ("Tees Trust", "")
    )
    tried = loads.import_file(council_id(), (heading + rows).encode(), dry_run=True)
    assert [row.words for row, _ in tried.refused] == [
        "isf_holder is not that of the budget there is: change it on the page of that budget."
    ]
    assert tried.figures.unchanged == 1


def test_what_was_ordered_before_stays_with_the_holder_of_that_day(app: Flask, client: FlaskClient) -> None:
    shop, holders = Shop(rail=Rail.ISF), []
    for name in ("Dales Trust", "Tees Trust"):
        with transaction():
            holders.append(OrganisationFactory(kind=OrganisationKind.SUPPORT, name=name).id)
            db.session.execute(update(PersonalBudget).values(isf_holder_organisation_id=holders[-1]))
        sign_in(client, shop.margaret.user_id or 0)
        shop.add(client, 0, 3)
        checkout = shop.begin(client)
        shop.answer(client, checkout)
        shop.place(client, checkout)
    for order in all_orders():
        orders.accept(shop.dale, order.id)
        orders.mark_done(shop.dale, order.id)
        orders.confirm(shop.margaret, order.id)
    assert list_payers(shop.council_id) == [None, *holders]
    due = [due_to_settle(shop.council_id, clock.today(), holder).totals.gross_pence for holder in holders]
    assert due == [5_400, 5_400]


def test_from_a_fund_that_nobody_holds_nothing_is_ordered(app: Flask, client: FlaskClient) -> None:
    shop = nobody_holds()
    words = "Margaret’s respite money has no organisation that holds it yet, so nobody could pay the provider."
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    submit(client, f"{checkout}/who", {"person_id": shop.person_id})
    refused = submit(client, f"{checkout}/paid", {"person_id": shop.person_id, "way": shop.way})
    assert words in text_of(refused) and "pay with your own money" in text_of(refused)
    assert "No organisation holds this fund yet" in text_of(client.get("/budgets"))
    assert all_orders() == []


def test_a_holder_that_was_taken_out_meanwhile_stops_the_order_at_the_last_moment(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(rail=Rail.ISF)
    checkout = shop.ready(client)
    monkeypatch.setattr(answers, "_refusal", lambda plan, way, *, topped_up: None)
    with transaction():
        db.session.execute(update(PersonalBudget).values(isf_holder_organisation_id=None))
    assert "has no organisation that holds it yet" in text_of(shop.place(client, checkout))
    assert all_orders() == []


def test_without_the_guards_an_order_would_be_settled_by_nobody(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the provider delivers, it is agreed, and no run of anybody holds it."""
    shop = nobody_holds()
    monkeypatch.setattr(answers, "_refusal", lambda plan, way, *, topped_up: None)
    monkeypatch.setattr(book.acts, "_check_open", lambda account, on: None)
    shop.place(client, shop.ready(client))
    for order in all_orders()[:1]:
        orders.accept(shop.dale, order.id)
        orders.mark_done(shop.dale, order.id)
        orders.confirm(shop.margaret, order.id)
    assert list_payers(shop.council_id) == [None]
    assert due_to_settle(shop.council_id, clock.today()).totals.gross_pence == 0
    assert db.session.scalars(select(OrderFunding.payer_organisation_id)).all() == [None, None]


def nobody_holds() -> Shop:
    shop = Shop(rail=Rail.ISF)
    with transaction():
        db.session.execute(update(PersonalBudget).values(isf_holder_organisation_id=None))
    return shop
