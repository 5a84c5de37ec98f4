"""A budget pays a part and a card the rest: chosen, placed, paid, agreed, settled and given back, through the pages."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from budgets.queries.book import balance
from budgets.services import book
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.outbox.models import Email
from marketplace.planning.queries.statements import get_statement
from payments import checks
from payments.models import Basket, Checkout, LevyRate, OrderFunding, TopUp
from payments.queries.money import count_coming, list_coming
from payments.queries.orders.provider_money import money_of_provider
from payments.queries.purchases import list_bought
from payments.services import expiry, orders, refunds, settlement
from payments.services.checkout import place
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory, UserFactory, user_with_role
from tests.integration.payments.money.test_damage import World
from tests.integration.payments.orders.shop import all_orders, fields_of
from tests.integration.payments.orders.test_card_checkout import CardShop, states
from tests.integration.payments.orders.test_races import tally
from tests.stripe import DECLINED_CARD, GOOD_CARD, TestSandbox

ANNA = "anna@example.org"


class TopUpShop(CardShop):
    """A shop where a budget of £100.00 pays a part, and cards bear a levy of their own."""

    def __init__(self, sandbox: TestSandbox, pence: int = 10_000, **more: object) -> None:
        super().__init__(sandbox, pence=pence, **more)
        self.change_listing(0, title="Gardening")
        with transaction():
            db.session.add(
                LevyRate(
                    council_id=self.council_id,
                    rail="own_money",
                    rate_bp=400,
                    starts_on=clock.today(),
                    created_at=clock.now(),
                )
            )
            office = OrganisationFactory(kind="council", council_id=self.council_id)
            ids = [user_with_role(Role.COUNCIL_FINANCE, office).id for _ in range(2)]
        self.first, self.second = (actor_of(user_id) for user_id in ids)

    def begun(self, client: FlaskClient, *quantities: int) -> str:
        """Margaret's checkout, with the part by card chosen and nothing said of it."""
        sign_in(client, self.margaret.user_id or 0)
        for number, quantity in enumerate(quantities or (3,)):
            self.add(client, number, quantity)
        checkout = self.begin(client)
        self.answer(client, checkout, way=f"{self.way}+card")
        return checkout

    def submit(self, client: FlaskClient, page: str, **data: object) -> str:
        response = submit(client, page, {"person_id": self.person_id, **data})
        return response.location if response.status_code == 302 else text_of(response)

    def topped_up(self, client: FlaskClient, *quantities: int, pence: str = "40.00", **payer: object) -> str:
        """The same with £40.00 of the budget, and the rest by Margaret's own card unless `payer` names another."""
        checkout = self.begun(client, *quantities)
        data = {"budget_pence": pence, "payer": "buyer", **payer}
        assert self.submit(client, f"{checkout}/top-up", **data) == checkout
        return checkout

    def by_anna(self, client: FlaskClient, *quantities: int) -> str:
        """Anna is asked to pay the rest; answers the path of her link."""
        anna = {"payer": "another", "payer_name": "Anna Hill", "payer_email": ANNA, "is_agreed": "y"}
        checkout = self.topped_up(client, *quantities, **anna)
        self.place(client, checkout)
        return urlsplit(next(word for word in letter_to_anna().split() if "/top-up/" in word)).path

    def run(self) -> int:
        run_id = settlement.prepare(self.first, self.council_id, clock.today())
        settlement.send(self.second, run_id)
        return run_id

    def pot_now(self) -> tuple[int, int, int]:
        """Kept aside, spent less given back, and left, of the budget."""
        db.session.rollback()
        found = balance(self.pot)
        return found.held_pence, found.net_spent_pence, found.left_pence


@pytest.fixture
def shop(app: Flask, stripe_sandbox: TestSandbox) -> Iterator[TopUpShop]:
    yield TopUpShop(stripe_sandbox)


def letter_to_anna() -> str:
    db.session.rollback()
    query = select(Email.body).where(Email.to_address == ANNA).order_by(Email.id.desc()).limit(1)
    return db.session.scalars(query).one()


def parts() -> list[tuple[str, int, int, int, int]]:
    """Rail, pence, levy, given back and levy given back of every part."""
    db.session.rollback()
    rows = db.session.scalars(select(OrderFunding).order_by(OrderFunding.order_id, OrderFunding.part_no))
    return [(row.rail.value, row.pence, row.levy_pence, row.refunded_pence, row.levy_back_pence) for row in rows]


def the_order() -> int:
    (order,) = all_orders()
    return order.id


def verified() -> None:
    db.session.rollback()
    assert [check.fault for check in checks.run() if check.fault] == []
    db.session.rollback()


def provider_of(shop: TopUpShop) -> int:
    return shop.dale.memberships[0].organisation_id


def test_a_topped_up_order_from_its_choice_to_its_refund(app: Flask, client: FlaskClient, shop: TopUpShop) -> None:
    checkout = shop.topped_up(client)
    check = text_of(client.get(checkout))
    assert "£40.00 of the budget is kept aside now." in check and "Your bank sets £14.00 aside now." in check
    assert "The card is ready" in shop.card(client, checkout)
    shop.place(client, checkout)
    order_id = the_order()
    assert states() == [("placed", "authorised")]
    assert parts() == [("council_managed", 4_000, 100, 0, 0), ("own_money", 1_400, 56, 0, 0)]
    assert shop.pot_now() == (4_000, 0, 6_000)
    verified()
    sign_in(client, shop.dale.user_id or 0)
    page = text_of(client.get(f"/provider/orders/{order_id}"))
    assert "£14.00 by card: the money is taken when you say yes. £40.00 from a budget" in page
    assert "2.5% of what the budget pays and 4% of what the card pays" in page and "Say yes to a part" not in page
    assert "£1.56" in page  # the levy of both parts
    with pytest.raises(NotAllowed, match="and not to a part of it"):
        orders.accept_part(shop.dale, order_id, {}, "Only the mornings")

    orders.accept(shop.dale, order_id)
    shop.work(app)
    assert states() == [("accepted", "paid")]
    verified()
    with pytest.raises(NotAllowed, match="nobody has agreed yet"):
        refunds.ask_refund(shop.dale, order_id, key="early", reason_code="goodwill", pence=100)
    # The card's part is there; the budget's is still coming.
    (coming,) = list_coming(provider_of(shop))
    assert (coming.gross_pence, coming.levy_pence, count_coming(provider_of(shop))) == (4_000, 100, 1)
    money = money_of_provider(provider_of(shop))
    assert (money.coming_pence, money.month_pence, money.month_levy_pence) == (4_000, 1_400, 56)
    orders.mark_done(shop.dale, order_id)
    with clock.fixed_clock(clock.now() + timedelta(days=15)):
        for _ in range(2):
            expiry.remind()
        expiry.close_silent_own_money()
    assert states() == [("done", "paid")]  # nothing of a budget is spent by silence

    sign_in(client, shop.margaret.user_id or 0)
    assert "When you agree, £40.00 of the budget is spent." in text_of(client.get(f"/orders/{order_id}"))
    orders.confirm(shop.margaret, order_id)
    assert shop.pot_now() == (0, 4_000, 6_000)
    (line,) = [line for line in get_statement(shop.person_id, clock.today()).pots[0].lines if line.kind == "spend"]
    assert line.pence == 4_000 and (line.what or "").endswith(", topped up by card")
    verified()
    with clock.fixed_clock(clock.now() + timedelta(days=40)):
        assert expiry.close_finished() == 0  # the council has not paid its part yet

    refunds.ask_refund(shop.dale, order_id, key="k", reason_code="less_delivered", pence=1_000)
    refunds.ask_refund(shop.dale, order_id, key="k", reason_code="less_delivered", pence=1_000)
    shop.work(app)
    # £10.00 × £14.00 ÷ £54.00 is 259.26p: 259p to the card, the odd penny to the budget.
    assert parts() == [("council_managed", 4_000, 100, 741, 19), ("own_money", 1_400, 56, 259, 10)]
    assert shop.pot_now() == (0, 3_259, 6_741)
    assert states() == [("confirmed", "part_refunded")]
    verified()
    begin, end = clock.month_bounds(clock.today())
    bought = {each.rail: (each.quantity, each.pence, each.lines) for each in list_bought(shop.council_id, [begin, end])}
    assert bought == {"council_managed": (3, 3_259, 1)}  # once, and of the council's money alone

    run_id = shop.run()
    sent = db.session.get_one(settlement.SettlementRun, run_id)
    assert (sent.gross_pence, sent.levy_pence) == (3_259, 81)
    assert states() == [("confirmed", "part_refunded")]
    assert list_coming(provider_of(shop)) == [] and count_coming(provider_of(shop)) == 0
    verified()
    refunds.ask_refund(shop.dale, order_id, key="rest", reason_code="goodwill", pence=4_400)
    shop.work(app)
    assert [part[3:] for part in parts()] == [(4_000, 100), (1_400, 56)]
    assert states() == [("confirmed", "refunded")] and shop.pot_now() == (0, 0, 10_000)
    verified()
    story = text_of(_as(client, shop.first, f"/orders/{order_id}/money"))
    assert "Paid in two parts: £40.00 from the budget, £14.00 by card" in story
    assert "To the card" in story and "To the budget" in story


def _as(client: FlaskClient, actor: Actor, page: str) -> object:
    sign_in(client, actor.user_id or 0)
    return client.get(page)


BAD: list[tuple[dict[str, str], str]] = [
    ({"budget_pence": ""}, "Enter how much the budget should pay, like 40.00"),
    ({"budget_pence": "40.001"}, "Enter an amount in pounds, like 12.50"),
    ({"budget_pence": "0"}, "Enter £0.01 or more"),
    ({"budget_pence": "-1"}, "Enter an amount in pounds, like 12.50"),
    ({"budget_pence": "54.00"}, "can pay up to £53.70 of this"),
    ({"payer": ""}, "Choose who pays the rest"),
    ({"payer": "another"}, "Enter the name of who is asked to pay"),
    ({"payer": "another", "payer_name": "Anna Hill"}, "Enter their email address, like name@example.com"),
    ({"payer": "another", "payer_name": "Anna Hill", "payer_email": "anna@"}, "Enter an email address"),
    ({"payer": "another", "payer_name": "Anna Hill", "payer_email": ANNA}, "Ask first whether Anna Hill may see"),
]


def test_bad_answers_get_one_sentence_and_nothing_typed_is_lost(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    checkout = shop.begun(client)
    for data, words in BAD:
        sent = {"budget_pence": "40.00", "payer": "buyer", **data}
        page = submit(client, f"{checkout}/top-up", {"person_id": shop.person_id, **sent})
        assert words in text_of(page), words
        html = page.get_data(as_text=True)
        assert all(f'value="{typed}"' in html for name, typed in sent.items() if typed and name != "payer"), words
    assert client.get(checkout).location == f"{checkout}/top-up"


def test_the_choice_is_not_there_without_cards_or_by_another_spelling(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    shop.change_listing(0, accepts_own_money=False)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    assert "and the rest by card" not in text_of(client.get(f"{checkout}/paid"))
    assert "Choose one of the answers" in shop.submit(client, f"{checkout}/paid", way=f"{shop.way}+card")
    assert client.get(f"{checkout}/top-up").location == f"{checkout}/paid"


def test_whoever_is_asked_sees_their_part_alone_and_pays_it(app: Flask, client: FlaskClient, shop: TopUpShop) -> None:
    link = shop.by_anna(client)
    order_id, reference = the_order(), all_orders()[0].reference
    assert states() == [("awaiting_payment", "none")] and shop.pot_now() == (4_000, 0, 6_000)
    assert "We have asked Anna Hill to pay £14.00" in text_of(client.get(f"/orders/{order_id}"))
    anna = app.test_client()
    page = text_of(anna.get(link))
    for secret in ("Dales", "40.00", "54.00", "High Row", "DL3", "key is with", "Respite", reference, "outcome"):
        assert secret not in page and secret not in letter_to_anna(), secret
    assert "Margaret Hill asks you to pay £14.00" in page and "Gardening" in letter_to_anna()
    assert anna.get(f"{link}x").status_code == 404 and anna.get("/top-up/not-a-token").status_code == 404
    assert anna.get(f"/orders/{order_id}").status_code == 302  # to sign in

    went = anna.get(f"{link}/card")
    came = shop.sandbox.keep_card(went.location, DECLINED_CARD)
    assert "The card was declined." in shop.follow(anna, came)
    assert states() == [("awaiting_payment", "failed")]
    came = shop.sandbox.keep_card(anna.get(f"{link}/card").location, GOOD_CARD)
    assert "You have done your part." in shop.follow(anna, came)
    assert states() == [("placed", "authorised")]
    people = {intent["customer"] for intent in shop.sandbox.objects("payment_intents")}
    assert people == {db.session.scalars(select(TopUp.stripe_customer_id)).one()}
    verified()
    orders.accept(shop.dale, order_id)
    shop.work(app)
    orders.cancel(shop.dale, order_id, "We cannot come")
    shop.work(app)
    assert states() == [("cancelled", "refunded")] and shop.pot_now() == (0, 0, 10_000)
    assert "This has ended." in text_of(anna.get(link))
    verified()


def test_what_nobody_pays_in_time_is_released(app: Flask, client: FlaskClient, shop: TopUpShop) -> None:
    link = shop.by_anna(client)
    with clock.fixed_clock(clock.now() + timedelta(days=2, minutes=1)):
        assert expiry.expire_unanswered() == 1
        shop.work(app)
    assert states() == [("expired", "none")] and shop.pot_now() == (0, 0, 10_000)
    assert "This has ended." in text_of(app.test_client().get(link))
    assert app.test_client().get(f"{link}/card").location == link
    verified()


def test_two_providers_share_the_budget_to_the_penny_and_a_lost_dispute_leaves_it_alone(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    checkout = shop.topped_up(client, 3, 2, pence="33.34")
    shop.card(client, checkout)
    shop.place(client, checkout)
    # £33.34 over £54.00 and £13.00: 2687.1p and 646.9p.
    assert [part[:2] for part in parts()] == [
        ("council_managed", 2_687),
        ("own_money", 2_713),
        ("council_managed", 647),
        ("own_money", 653),
    ]
    first, second = (order.id for order in all_orders())
    orders.decline(shop.tees, second, "We are full")
    orders.accept(shop.dale, first)
    shop.work(app)
    assert shop.pot_now() == (2_687, 0, 7_313)
    (charge,) = [each for each in shop.sandbox.objects("charges") if each["captured"]]
    shop.sandbox.act("dispute", charge=charge["id"])
    shop.sandbox.deliver()
    assert states()[0] == ("accepted", "disputed") and shop.pot_now() == (2_687, 0, 7_313)
    verified()
    shop.sandbox.act("end_dispute", dispute=shop.sandbox.objects("disputes")[0]["id"], outcome="lost")
    shop.sandbox.deliver()
    shop.work(app)
    assert states()[0] == ("accepted", "refunded") and shop.pot_now() == (2_687, 0, 7_313)
    orders.mark_done(shop.dale, first)
    orders.confirm(shop.margaret, first)
    shop.run()
    assert shop.pot_now() == (0, 2_687, 7_313) and states()[0] == ("confirmed", "refunded")
    verified()
    refunds.ask_refund(shop.dale, first, key="k", reason_code="goodwill", pence=2_687)
    assert shop.pot_now() == (0, 0, 10_000)
    verified()


def test_a_budget_that_was_used_meanwhile_places_nothing(app: Flask, client: FlaskClient, shop: TopUpShop) -> None:
    checkout = shop.topped_up(client)
    shop.card(client, checkout)
    with transaction():
        book.hold(shop.pot, 7_000, cause="other", order_id=None, outcome_id=None, actor_user_id=None, mandate_id=None)
    page = text_of(shop.place(client, checkout))
    assert "can pay up to £30.00 of this" in page
    assert all_orders() == [] and shop.pot_now() == (7_000, 0, 3_000)


def test_of_two_top_ups_against_the_last_pounds_one_is_placed(
    app: Flask, client: FlaskClient, shop: TopUpShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    presses = []
    for _ in range(2):
        checkout = shop.topped_up(client, pence="53.00")
        shop.card(client, checkout)
        page = fields_of(client.get(checkout))
        number = int(checkout.rsplit("/", 1)[1])
        presses.append(
            lambda number=number, page=page: place(shop.margaret, number, key=page["key"], seen=page["seen"])
        )
        with transaction():  # as from a second device: a basket of its own
            basket_id = db.session.get_one(Checkout, number).basket_id
            db.session.get_one(Basket, basket_id).user_id = UserFactory().id
    outcomes = tally(app, *presses, times=2)
    assert sum(name.startswith("Placed(") for name in outcomes) == 1, outcomes
    assert shop.pot_now() == (5_300, 0, 4_700)
    (order,) = all_orders()
    assert order.top_up_pence == 100
    verified()


DAMAGES = {
    "UPDATE orders SET top_up_pence = 1300 WHERE id = {order}": "is topped up by £13.00, its card is to pay £14.00",
    "UPDATE order_funding SET pence = 3900 WHERE id = {budget}": "what pays for it comes to £53.00",
    "UPDATE order_funding SET refunded_pence = 5 WHERE id = {budget}": "£0.05 of £40.00 given back",
    "UPDATE order_funding SET levy_pence = 57 WHERE id = {card}": "bears £0.57 of levy, by the rule £0.56",
    "DELETE FROM ledger_entries WHERE cause = 'sale:{budget}'": "was settled by a run and is no sale in the ledger",
    "DELETE FROM ledger_entries WHERE cause = 'sale:{card}'": "was charged at Stripe and is no sale in the ledger",
    "UPDATE stripe_payments SET pence = 5400 WHERE order_id = {order}": "its card is asked for £54.00",
    "UPDATE settlement_lines SET gross_pence = 5400, net_pence = 5300": "its lines come to £54.00",
}


def test_verify_names_what_was_damaged_of_a_part(app: Flask, client: FlaskClient, shop: TopUpShop) -> None:
    checkout = shop.topped_up(client)
    shop.card(client, checkout)
    shop.place(client, checkout)
    order_id = the_order()
    orders.accept(shop.dale, order_id)
    shop.work(app)
    orders.mark_done(shop.dale, order_id)
    orders.confirm(shop.margaret, order_id)
    shop.run()
    verified()
    budget, card = db.session.scalars(select(OrderFunding.id).order_by(OrderFunding.part_no))
    world = World(app, {"order": order_id, "budget": budget, "card": card})
    for statement, words in DAMAGES.items():
        with world.damaged([statement]):
            faults = [check.fault for check in checks.run() if check.fault]
            assert any(words in fault for fault in faults), (statement, faults)
            db.session.rollback()
    verified()
