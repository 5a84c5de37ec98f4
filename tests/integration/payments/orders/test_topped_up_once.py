"""A topped-up order is one order: counted once, given back by one decision; who was asked to pay it is forgotten."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from budgets.services import book
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.rails import BUDGET_RAILS, Rail
from marketplace.outbox.models import Email
from marketplace.reports.building import build
from payments.domain import Payee, RefundState
from payments.models import Basket, Checkout, Order, Refund, SettlementPayment, TopUp
from payments.queries import checkouts, decisions, levy_report, operator
from payments.queries.levy_report import month_report
from payments.queries.orders.of_people import list_bought_for
from payments.queries.purchases import Bought
from payments.services import orders, refunds, returned, top_ups
from payments.services.checkout import choose_way, place, placing
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory, user_with_role
from tests.integration.payments.orders.shop import all_orders, fields_of
from tests.integration.payments.orders.test_races import tally
from tests.integration.payments.orders.test_top_ups import ANNA, TopUpShop, parts, shop, the_order, verified
from tests.stripe import TestSandbox

__all__ = ["shop"]


def agreed(app: Flask, client: FlaskClient, shop: TopUpShop, *quantities: int, pence: str = "40.00") -> int:
    """An order that both parts pay, carried out and agreed to."""
    checkout = shop.topped_up(client, *quantities, pence=pence)
    shop.card(client, checkout)
    shop.place(client, checkout)
    order_id = the_order()
    orders.accept(shop.dale, order_id)
    shop.work(app)
    orders.mark_done(shop.dale, order_id)
    orders.confirm(shop.margaret, order_id)
    return order_id


def groups_of(month: levy_report.MonthReport) -> dict[Rail, tuple[int, int]]:
    """Orders and pence sold by way of paying."""
    return {group.rail: (group.orders, group.sold_pence) for group in month.groups()}


def test_the_month_of_the_levy_counts_it_once_and_its_money_by_part(
    app: Flask, client: FlaskClient, shop: TopUpShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed(app, client, shop, pence="53.00")
    shop.run()
    db.session.rollback()
    report = month_report(clock.today())
    assert groups_of(report) == {Rail.COUNCIL_MANAGED: (0, 5_300), Rail.OWN_MONEY: (1, 100)}
    assert [(band.least_pence, band.orders) for band in report.bands() if band.orders] == [(5_000, 1)]
    # By itself the card's part of £1.00 costs more than its levy; the order as a whole does not.
    assert min(part.left_pence for part in report.parts) < 0 and report.losses == ()
    (order,) = report.orders
    assert (order.sold_pence, order.levy_pence) == (5_400, report.levy_pence)
    with transaction():
        office = user_with_role(Role.OPERATOR).id
    sign_in(client, office)
    page = text_of(client.get(f"/desk/levy/month?month={clock.today():%Y-%m}"))
    assert "counts once, where it was sold first" in page
    file = client.get(f"/desk/levy/month.csv?month={clock.today():%Y-%m}").get_data(as_text=True)
    assert ",yes," not in file and file.count(order.reference) == 2
    # The negative control: counted with each part that was sold, it would be two.
    monkeypatch.setattr(levy_report, "_counted", lambda first, entries, parts: {e.funding_id for e in entries})
    assert sum(count for count, _ in groups_of(month_report(clock.today())).values()) == 2


def test_a_part_that_is_settled_in_a_later_month_is_no_second_order(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    agreed(app, client, shop, pence="53.00")
    sold_in = clock.today()
    with clock.fixed_clock(clock.start_of_day(clock.next_month(sold_in)) + timedelta(hours=10)):
        shop.run()
        later = month_report(clock.today())
        assert groups_of(later) == {Rail.COUNCIL_MANAGED: (0, 5_300)} and later.levy_pence == 133
        assert [band.orders for band in later.bands()] == [0] * 5
    first = month_report(sold_in)
    assert groups_of(first) == {Rail.OWN_MONEY: (1, 100)}
    # What the card costs is above the levy of its £1.00, and below that of the whole order.
    assert first.left_pence < 0 and first.losses == ()
    (order,) = first.orders
    assert (order.sold_pence, order.levy_pence) == (5_400, 133 + 4)
    db.session.rollback()


def test_what_a_card_adds_is_no_price_of_its_own() -> None:
    """Five people share what they buy themselves; what topped up their budgets has money and no quantity."""
    bought = [
        Bought(person, "DL1", 0, "gardening", rail, 7, "hour", 1_800, quantity, pence, quantity and 1)
        for person in range(5)
        for rail, quantity, pence in ((Rail.COUNCIL_MANAGED, 3, 4_000), (Rail.OWN_MONEY, 0, 1_400))
    ]
    report = build(bought, {}, Rail.OWN_MONEY)
    assert (report.whole.lines, report.whole.pence) == (5, 27_000)
    assert len(report.prices) == 1 and report.comparisons == ()
    # The negative control: bought with people's own money it is a price of theirs.
    own = [each._replace(quantity=3) for each in bought]
    assert len(build(own, {}, Rail.OWN_MONEY).comparisons) == 1


@pytest.fixture
def desk(app: Flask) -> tuple[object, object]:
    with transaction():
        ids = [user_with_role(Role.OPERATOR).id for _ in range(2)]
    return actor_of(ids[0]), actor_of(ids[1])


def waiting_refunds() -> list[RefundState]:
    db.session.rollback()
    return list(db.session.scalars(select(Refund.state).order_by(Refund.id)))


def test_one_decision_gives_back_both_parts_as_they_were_asked_for(
    app: Flask, client: FlaskClient, shop: TopUpShop, desk: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = desk
    order_id = agreed(app, client, shop, 15, pence="90.00")  # £270.00
    refunds.ask_refund(first, order_id, key="k" * 64, reason_code="goodwill", words="Sorry", pence=24_000)
    assert waiting_refunds() == [RefundState.WAITING] * 2
    (waiting,) = operator.list_waiting_refunds()
    assert (waiting.pence, waiting.budget_pence, waiting.card_pence) == (24_000, 8_000, 16_000)
    (decision,) = decisions.list_for(second)
    assert decision.what.startswith("£240.00 back for order") and decisions.list_for(first) == []
    sign_in(client, second.user_id)
    page = f"/desk/refund/{waiting.id}"
    words = text_of(client.get(page))
    assert "£240.00 of order" in words and "£80.00 to the budget and £160.00 to the card" in words
    other = db.session.scalars(select(Refund.id).where(Refund.id != waiting.id)).one()
    assert "£240.00 of order" in text_of(client.get(f"/desk/refund/{other}"))
    with pytest.raises(NotFound):
        operator.get_refund(other + 99)
    refused = submit(client, page, {"decision": "refuse", "words": "  "})
    assert "Say why not" in text_of(refused) and waiting_refunds() == [RefundState.WAITING] * 2
    with monkeypatch.context() as without:  # the negative control: decided part by part, one of them still waits
        without.setattr(refunds, "asked_key", lambda key: key)
        with pytest.raises(KeyboardInterrupt), transaction():
            refunds.approve_refund(second, waiting.id)
            states = db.session.scalars(select(Refund.state)).all()
            assert states.count(RefundState.WAITING) == 1
            raise KeyboardInterrupt  # nothing of this is kept
    before = letters()
    assert submit(client, page, {"decision": "approve"}).status_code == 302
    refunds.approve_refund(second, other)  # twice is once
    shop.work(app)
    assert waiting_refunds() == [RefundState.DONE] * 2 and operator.list_waiting_refunds() == []
    assert [part[3] for part in parts()] == [8_000, 16_000] and shop.pot_now() == (0, 1_000, 9_000)
    told = [body for body in letters()[len(before) :] if "£240.00" in body]
    assert len(told) == 2 and "£160.00" in " ".join(told)  # the buyer once, and the provider once
    verified()


def letters() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Email.body).order_by(Email.id)))


def test_a_budgets_part_that_a_bank_returned_is_owed_again_and_the_cards_part_is_not(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    order_id = agreed(app, client, shop, pence="33.33")
    run_id = shop.run()
    to_provider = SettlementPayment.payee == Payee.PROVIDER
    payment_id = db.session.scalars(select(SettlementPayment.id).where(to_provider)).one()
    returned.mark_returned(shop.first, run_id, payment_id, "No such account")
    verified()
    dale = app.test_client()
    sign_in(dale, shop.dale.user_id or 0)
    page = f"/provider/orders/{order_id}"
    assert "£20.67 by card: paid. £33.33 from a budget: your bank sent the payment back" in text_of(dale.get(page))
    refunds.ask_refund(shop.dale, order_id, key="part", reason_code="goodwill", pence=2_000)
    shop.work(app)
    assert [part[3] for part in parts()] == [1_235, 765]
    verified()
    with pytest.raises(DomainError, match="what is left has to wait"):  # the credit's levy is more than a run would pay
        shop.run()
    with transaction():
        waiting = db.session.scalars(select(Refund).where(Refund.state == RefundState.PENDING)).one()
        assert waiting.pence == 1_235
    refunds.ask_refund(shop.dale, order_id, key="rest", reason_code="goodwill", pence=3_400)
    shop.work(app)
    assert shop.pot_now() == (0, 0, 10_000)
    verified()


def test_a_no_sets_both_parts_free_again(app: Flask, client: FlaskClient, shop: TopUpShop, desk: tuple) -> None:
    first, second = desk
    order_id = agreed(app, client, shop, 15, pence="90.00")
    refund_id = refunds.ask_refund(first, order_id, key="k", reason_code="goodwill", words="Sorry", pence=27_000)
    refunds.refuse_refund(second, refund_id, "It was done")
    assert waiting_refunds() == [RefundState.REFUSED] * 2 and [part[3] for part in parts()] == [0, 0]
    refunds.ask_refund(first, order_id, key="l", reason_code="goodwill", words="Sorry", pence=20_000)  # alone
    shop.work(app)
    assert waiting_refunds()[2:] == [RefundState.DONE] * 2
    verified()


def test_what_a_budget_paid_stays_bought_when_the_card_has_its_part_back(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    order_id = agreed(app, client, shop)
    (charge,) = shop.sandbox.objects("charges")
    shop.sandbox.act("dispute", charge=charge["id"])
    shop.sandbox.deliver()
    shop.sandbox.act("end_dispute", dispute=shop.sandbox.objects("disputes")[0]["id"], outcome="lost")
    shop.sandbox.deliver()
    shop.work(app)
    assert all_orders()[0].payment_state.value == "refunded"
    assert [each.order_id for each in list_bought_for(shop.person_id, [shop.outcome_id])] == [order_id]
    with transaction():  # the negative control: an order that only a card paid is gone from the plan
        db.session.execute(update(Order).values(top_up_pence=0))
    assert list_bought_for(shop.person_id, [shop.outcome_id]) == []


def test_a_direct_payment_shares_no_order_with_another_card(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = TopUpShop(stripe_sandbox, pence=1_000, rail=Rail.DIRECT_PAYMENT)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    page = text_of(client.get(f"{checkout}/paid"))
    assert (
        "Not to the same order. The direct payment’s own card is charged when the work is done" in page
        and "the rest by card" not in page
    )
    way, number = f"{shop.way}+card", int(checkout.rsplit("/", 1)[1])
    assert "Choose one of the answers" in shop.submit(client, f"{checkout}/paid", way=way)
    with pytest.raises(DomainError, match="Choose how to pay"):
        choose_way(shop.margaret, number, way)
    # The negative control: chosen all the same, its card pays before anything is done, and nobody pays the rest.
    monkeypatch.setattr(checkouts, "SETTLED_RAILS", BUDGET_RAILS)
    shop.answer(client, checkout, way=way)
    assert shop.submit(client, f"{checkout}/top-up", budget_pence="9.00", payer="buyer") == checkout
    shop.card(client, checkout)
    shop.place(client, checkout)
    assert [(part[0], part[1]) for part in parts()] == [("direct_payment", 900), ("own_money", 4_500)]
    assert [each["amount"] for each in shop.sandbox.objects("payment_intents")] == [900]


def test_who_was_asked_to_pay_is_forgotten_a_while_after_the_order_ended(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    link = shop.by_anna(client)
    with clock.fixed_clock(clock.now() + keeping.ASKED_PAYER + timedelta(days=30)):
        assert top_ups.forget_payers() == 0  # the negative control: it has not ended, however old it is
    orders.cancel(shop.margaret, the_order(), "We do without")
    with clock.fixed_clock(clock.now() + keeping.ASKED_PAYER - timedelta(days=1)):
        assert top_ups.forget_payers() == 0
        assert "This has ended." in text_of(app.test_client().get(link))
    with clock.fixed_clock(clock.now() + keeping.ASKED_PAYER + timedelta(days=1)):
        assert top_ups.forget_payers() == 1 and top_ups.forget_payers() == 0
    row = db.session.execute(select(TopUp)).scalar_one()
    answers = db.session.scalars(select(Checkout.answers)).one()
    assert (row.payer_name, row.payer_email, row.service_names) == ("somebody else", "", "")
    assert answers["top_up"] == {"budget_pence": 4_000, "payer_name": "somebody else", "payer_email": ""}
    assert ANNA not in str(answers) and "Anna" not in str(answers)
    db.session.rollback()
    assert app.test_client().get(link).status_code == 404
    sign_in(client, shop.margaret.user_id or 0)
    assert "by somebody else" in text_of(client.get(f"/orders/{the_order()}"))
    assert "90 days after the order ended" in text_of(client.get("/privacy"))


def test_without_what_guards_the_budget_two_top_ups_spend_the_last_pounds_twice(
    app: Flask, client: FlaskClient, shop: TopUpShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the race for the last pounds: neither looked at again, nor held back by the database."""
    monkeypatch.setattr(placing, "refuse_top_up", lambda plan: None)
    monkeypatch.setattr(book.acts, "IF_LEFT", book.acts.ABOVE_ZERO)
    on = "" if db.engine.dialect.name == "sqlite" else " ON pot_periods"
    presses = []
    for _ in range(2):
        checkout = shop.topped_up(client, pence="53.00")
        shop.card(client, checkout)
        page, number = fields_of(client.get(checkout)), int(checkout.rsplit("/", 1)[1])
        presses.append(
            lambda number=number, page=page: place(shop.margaret, number, key=page["key"], seen=page["seen"])
        )
        with transaction():
            basket_id = db.session.get_one(Checkout, number).basket_id
            db.session.get_one(Basket, basket_id).user_id = UserFactory().id
    with transaction():
        db.session.execute(text(f"DROP TRIGGER pot_periods_no_hold_when_overcommitted{on}"))
    outcomes = tally(app, *presses, times=2)
    assert sum(name.startswith("Placed(") for name in outcomes) == 2, outcomes
    assert shop.pot_now() == (10_600, 0, -600)
