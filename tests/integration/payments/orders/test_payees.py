"""Whom a direct payment pays: asked once of each provider, refused where regulation 3 says so."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from budgets.domain.payees import FORBIDDEN, Relationship
from budgets.models import PayeeNecessity
from budgets.queries.payees import list_declarations
from budgets.services import payees, rights
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.models import Organisation
from marketplace.accounts.queries import actor_of, get_council
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from payments.checks.payees import were_asked_about
from payments.services import approvals
from payments.services.orders import booking
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory, council, user_with_role
from tests.factories.budgets import DeclarationFactory
from tests.factories.payments import OrderFactory
from tests.integration.payments.orders.shop import WHERE, Shop, all_orders, fields_of
from tests.integration.payments.orders.test_approvals import Above


def dales(shop: Shop) -> int:
    return shop.dale.memberships[0].organisation_id


def officers(gss_code: str = "E06000005") -> tuple[Actor, Actor]:
    """Two social workers of a council, Darlington's unless another is named."""
    with transaction():
        team = OrganisationFactory(kind="council", council_id=council(gss_code).id).id
        ids = [user_with_role(Role.SOCIAL_WORKER, db.session.get(Organisation, team)).id for _ in range(2)]
    return actor_of(ids[0]), actor_of(ids[1])


def necessary(shop: Shop, *, days: int = 30) -> tuple[int, Actor, Actor]:
    """What an officer recorded, not agreed to yet; and both officers."""
    first, second = officers()
    said = list_declarations(shop.person_id, dales(shop))[0]
    today = clock.today()
    wanted = payees.RecordNecessity(said.id, "Nobody else knows her language", today, today + timedelta(days=days))
    return payees.record_necessity(first, wanted), first, second


def test_a_wife_is_refused_until_two_officers_found_it_necessary(app: Flask, client: FlaskClient) -> None:
    shop = Shop(rail=Rail.DIRECT_PAYMENT)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    mine, field = {"person_id": shop.person_id}, f"relation_{dales(shop)}"
    submit(client, f"{checkout}/who", mine)
    submit(client, f"{checkout}/paid", {**mine, "way": shop.way})
    answers = {**mine, **WHERE, f"outcome_{dales(shop)}": shop.outcome_id}

    unsaid = text_of(submit(client, f"{checkout}/purpose", answers))
    assert "Say whether anybody at Dales Home Care is family" in unsaid
    assert "regulation 3 of the Care and Support (Direct Payments) Regulations 2014" in unsaid
    refused = text_of(submit(client, f"{checkout}/purpose", {**answers, field: "partner"}))
    assert "Margaret’s direct payment may not pay Dales Home Care." in refused
    assert "wherever they live, unless the council has recorded that this is necessary" in refused
    assert f"Ask {get_council(shop.council_id).name} about that" in refused
    assert WHERE["address"] in refused, "nothing that was typed is lost"
    shop.give_card(checkout)
    assert "may not pay Dales Home Care" in text_of(shop.place(client, checkout))
    assert all_orders() == []

    necessity_id, first, second = necessary(shop)
    assert "may not pay Dales Home Care" in text_of(shop.place(client, checkout)), "one officer is not enough"
    with pytest.raises(NotAllowed, match="a second officer has to agree"):
        payees.decide_necessity(first, necessity_id, agrees=True)
    payees.decide_necessity(second, necessity_id, agrees=True)
    shop.place(client, checkout)
    assert len(all_orders()) == 1
    assert were_asked_about().fault is None

    payees.end_necessity(first, necessity_id, reason="Somebody else was found")
    shop.add(client, 0, 3)
    again = shop.begin(client)
    shop.give_card(again)
    assert "may not pay Dales Home Care" in text_of(shop.place(client, again)), "what was said is asked once"
    said = {**fields_of(client.get(f"{again}/purpose")), **answers, field: "friend"}
    submit(client, f"{again}/purpose", said)
    shop.place(client, again)
    assert len(all_orders()) == 2
    history = [one.relationship for one in list_declarations(shop.person_id)]
    assert history == [Relationship.FRIEND, Relationship.PARTNER], "both stand, each with its day"


@pytest.mark.parametrize("relationship", Relationship)
def test_a_direct_payment_pays_whom_the_regulation_does_not_name(app: Flask, relationship: Relationship) -> None:
    shop = Shop(rail=Rail.DIRECT_PAYMENT)
    with transaction():
        DeclarationFactory(person_id=shop.person_id, organisation_id=dales(shop), relationship=relationship)
    if relationship in FORBIDDEN:
        with pytest.raises(DomainError, match="may not pay"):
            payees.judge_payees(shop.person_id, {dales(shop)})
    elif relationship is Relationship.NOT_ASKED:
        with pytest.raises(DomainError, match="A direct payment asks that once"):
            payees.judge_payees(shop.person_id, {dales(shop)})
    else:
        payees.judge_payees(shop.person_id, {dales(shop)})


@pytest.mark.parametrize("way", ["own_money", "council"])
def test_own_money_and_a_budget_that_the_council_pays_from_ask_nothing(
    app: Flask, client: FlaskClient, way: str
) -> None:
    shop = Shop()
    checkout = shop.ready(client, way=None if way == "council" else way)
    assert "relation_" not in client.get(f"{checkout}/purpose").get_data(as_text=True)
    assert list_declarations(shop.person_id) == []


def test_without_the_guard_a_relative_is_paid_and_verify_says_so(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(rail=Rail.DIRECT_PAYMENT)
    checkout = shop.ready(client)
    shop.give_card(checkout)
    payees.declare(shop.margaret, shop.person_id, {dales(shop): Relationship.CLOSE_RELATIVE})
    monkeypatch.setattr(rights, "judge_payees", lambda *arguments: None)
    shop.place(client, checkout)
    orders = all_orders()
    assert were_asked_about().fault == (
        f"order {orders[0].id} pays a relative and no record said that this is necessary"
    )
    with transaction():
        stranger = OrderFactory(person_id=shop.person_id, rail=Rail.COUNCIL_MANAGED)
        db.session.execute(
            text("UPDATE order_funding SET rail = 'direct_payment' WHERE order_id = :id"), {"id": stranger.id}
        )
        db.session.execute(
            text("UPDATE orders SET organisation_id = :id WHERE id = :order"),
            {"id": dales(shop), "order": orders[0].id},
        )
        for order in orders:
            db.session.execute(text("DELETE FROM order_funding WHERE order_id = :id"), {"id": order.id})
    assert were_asked_about().fault == (
        f"order {stranger.id} went through and nobody had said whether its provider is family"
    )


def test_what_is_said_while_an_order_waits_counts_when_it_is_agreed_to(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Above(app, rail=Rail.DIRECT_PAYMENT)
    payees.declare(case.shop.margaret, case.shop.person_id, {dales(case.shop): Relationship.PARTNER})
    with pytest.raises(DomainError, match="may not pay Dales Home Care"):
        approvals.approve(case.shop.margaret, case.id, seen=case.digest)
    monkeypatch.setattr(booking, "judge_payees", lambda *arguments: None)
    assert approvals.approve(case.shop.margaret, case.id, seen=case.digest) is approvals.Decided.PLACED


def test_what_was_said_is_never_changed_and_says_who_said_it(app: Flask) -> None:
    shop = Shop(rail=Rail.DIRECT_PAYMENT)
    for said in (Relationship.NONE, Relationship.NONE, Relationship.FRIEND):
        payees.declare(shop.manager, shop.person_id, {dales(shop): said})
    declarations = list_declarations(shop.person_id)
    assert [one.relationship for one in declarations] == [Relationship.FRIEND, Relationship.NONE]
    assert {one.declared_by_user_id for one in declarations} == {shop.manager.user_id}
    for change in ("UPDATE payee_declarations SET relationship = 'none'", "DELETE FROM payee_declarations"):
        with pytest.raises(Exception, match="only grows"), transaction():
            db.session.execute(text(change))
    with pytest.raises(NotFound):
        payees.declare(shop.dale, shop.person_id, {dales(shop): Relationship.NONE})


def test_a_record_is_the_councils_own_and_ends_by_itself(app: Flask) -> None:
    shop = Shop(rail=Rail.DIRECT_PAYMENT)
    payees.declare(shop.margaret, shop.person_id, {dales(shop): Relationship.CLOSE_RELATIVE})
    necessity_id, first, second = necessary(shop)
    with pytest.raises(NotAllowed, match="a record of this already"):
        necessary(shop)
    for stranger in (officers("E06000001")[0], shop.margaret, shop.manager):
        with pytest.raises(NotFound):
            payees.decide_necessity(stranger, necessity_id, agrees=True)
    payees.decide_necessity(second, necessity_id, agrees=True)
    payees.judge_payees(shop.person_id, {dales(shop)})
    with transaction():
        row = db.session.get(PayeeNecessity, necessity_id)
        row.starts_on, row.ends_on = clock.today() - timedelta(days=9), clock.today() - timedelta(days=1)
    with pytest.raises(DomainError, match="may not pay"):
        payees.judge_payees(shop.person_id, {dales(shop)})
    with pytest.raises(DomainError) as refused:
        payees.record_necessity(
            first,
            payees.RecordNecessity(
                list_declarations(shop.person_id)[0].id, "Why", clock.today(), clock.today() - timedelta(days=1)
            ),
        )
    assert refused.value.field == "ends_on"


def test_the_pages_of_the_person_and_of_the_council_say_where_it_stands(app: Flask, client: FlaskClient) -> None:
    shop = Shop(rail=Rail.DIRECT_PAYMENT)
    payees.declare(shop.margaret, shop.person_id, {dales(shop): Relationship.PARTNER})
    declaration_id = list_declarations(shop.person_id)[0].id
    first, second = officers()
    sign_in(client, shop.margaret.user_id or 0)
    mine = f"/budgets/{shop.person_id}/payees"
    assert "The direct payment may not pay them." in text_of(client.get(mine))
    page = f"/council/relatives/{declaration_id}"
    sign_in(client, first.user_id or 0)
    assert "Nothing recorded" in text_of(client.get("/council/relatives"))
    dates = fields_of(client.get(page)) | {
        f"{field}-{part}": value
        for field, day in (("starts_on", clock.today()), ("ends_on", clock.today() + timedelta(days=90)))
        for part, value in (("day", day.day), ("month", day.month), ("year", day.year))
    }
    assert "Say why paying them is necessary" in text_of(submit(client, page, dates))
    submit(client, page, {**dates, "reason": "Nobody else speaks her language"})
    assert "You recorded it, so somebody else agrees." in text_of(client.get(page))
    sign_in(client, second.user_id or 0)
    assert "1 record waits for a second officer." in text_of(client.get("/council/relatives"))
    with db.engine.connect() as connection:
        necessity_id = connection.execute(text("SELECT id FROM payee_necessities")).scalar_one()
    db.session.rollback()
    submit(client, page, {}, to=f"/council/relatives/records/{necessity_id}/agree")
    assert "Necessary: the direct payment may pay them." in text_of(client.get(page))
    sign_in(client, shop.margaret.user_id or 0)
    assert "The council has recorded that paying them is necessary." in text_of(client.get(mine))
    submit(client, f"{mine}/{dales(shop)}", {"relationship": "none"})
    assert "Not family" in text_of(client.get(mine)) and "What was said before" in text_of(client.get(mine))
    sign_in(client, second.user_id or 0)
    assert "Was said to be a relative before. Now: Not family" in text_of(client.get("/council/relatives"))
    assert "Say why, so that the next person knows" in text_of(
        submit(client, page, {}, to=f"/council/relatives/records/{necessity_id}/end")
    )
