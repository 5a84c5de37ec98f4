"""Who was asked to pay the card's part does not: the buyer pays it or asks somebody else, and nobody pays twice."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.outbox.models import Email
from payments.errors import CheckoutChanged
from payments.models import Basket, BasketLine, Checkout, StripeAccount, TopUp
from payments.queries.top_ups import get_by_token
from payments.services import attempts, cards, charging, expiry, facts, orders, top_ups
from payments.services.checkout import ask_another, pay_it_myself, taking_over
from tests.browser import sign_in, submit, text_of
from tests.integration.payments.orders.shop import all_orders
from tests.integration.payments.orders.test_card_checkout import states
from tests.integration.payments.orders.test_races import tally
from tests.integration.payments.orders.test_top_ups import ANNA, TopUpShop, shop, the_order, verified
from tests.stripe import ASKS_EACH_TIME_CARD, DECLINED_CARD, GOOD_CARD

__all__ = ["shop"]
BEN, BACK = "ben@example.org", "https://x.example"


def checkout_of(shop: TopUpShop) -> str:
    db.session.rollback()
    return f"/checkout/{db.session.scalars(select(Checkout.id)).one()}"


def number_of(checkout: str) -> int:
    return int(checkout.rsplit("/", 1)[1])


def letter(address: str) -> str:
    db.session.rollback()
    query = select(Email.body).where(Email.to_address == address).order_by(Email.id.desc()).limit(1)
    return db.session.scalars(query).one()


def link_of(address: str) -> str:
    return urlsplit(next(word for word in letter(address).split() if "/top-up/" in word)).path


def customers(shop: TopUpShop) -> list[tuple[str, str]]:
    """Of every payment at Stripe, the oldest first: whose customer, and how it stands."""
    return [(each["customer"], each["status"]) for each in reversed(shop.sandbox.objects("payment_intents"))]


def anna_with(card: str, app: Flask, client: FlaskClient, shop: TopUpShop) -> tuple[str, FlaskClient, int, str]:
    """Anna is asked and has given her card, of which nothing was taken yet: her link, her browser, the checkout's
    number, and where Stripe sends her back to."""
    link = shop.by_anna(client)
    anna, number = app.test_client(), number_of(checkout_of(shop))
    return link, anna, number, shop.sandbox.keep_card(anna.get(f"{link}/card").location, card)


def myself(client: FlaskClient, shop: TopUpShop, checkout: str) -> str:
    sign_in(client, shop.margaret.user_id or 0)
    page = f"{checkout}/done"
    response = submit(client, page, {"person_id": shop.person_id}, to=f"{checkout}/top-up/myself")
    assert response.location == page
    return text_of(client.get(page))


def test_the_buyer_takes_over_what_another_was_declined_for_and_the_link_asks_for_nothing(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    link = shop.by_anna(client)
    anna, checkout = app.test_client(), checkout_of(shop)
    shop.follow(anna, shop.sandbox.keep_card(anna.get(f"{link}/card").location, DECLINED_CARD))
    assert states() == [("awaiting_payment", "failed")]
    order_page = text_of(client.get(f"/orders/{the_order()}"))
    assert "Waiting for Anna Hill" in order_page and "Ask somebody else" in order_page
    page = myself(client, shop, checkout)
    assert "waits for the card" in page and "Pay by card" in page and "Anna" not in page
    assert customers(shop)[0][1] == "canceled" and states() == [("awaiting_payment", "none")]
    shop.work(app)
    assert "You need not pay any more" in text_of(anna.get(link)) and "you need do nothing" in letter(ANNA)
    assert anna.get(f"{link}/card").location == link
    token = link.rsplit("/", 1)[1]
    top_ups.pay_again(token, return_url=BACK)
    top_ups.after_bank(token)
    assert "Ordered" in shop.card(client, checkout)
    assert states() == [("placed", "authorised")]
    (theirs, _), (mine, status) = customers(shop)
    assert mine != theirs and status == "requires_capture"
    with pytest.raises(NotFound):  # nobody is asked any more
        pay_it_myself(shop.margaret, number_of(checkout))
    orders.accept(shop.dale, the_order())
    shop.work(app)
    assert states() == [("accepted", "paid")] and shop.pot_now() == (4_000, 0, 6_000)
    assert db.session.scalars(
        select(AuditRow.action).where(AuditRow.action.like("top_up.%")).order_by(AuditRow.id)
    ).all() == [
        "top_up.ask",
        "top_up.take_over",
    ]
    verified()


BAD: list[tuple[dict[str, str], str]] = [
    ({"payer_name": ""}, "Enter the name of who is asked to pay"),
    ({"payer_name": "   "}, "Enter the name of who is asked to pay"),
    ({"payer_email": ""}, "Enter their email address, like name@example.com"),
    ({"payer_email": "ben@"}, "Enter an email address"),
    ({"is_agreed": ""}, "Ask first whether Ben Hill may see"),
]


def test_somebody_else_is_asked_in_their_place_and_has_two_days(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    link = shop.by_anna(client)
    page = f"{checkout_of(shop)}/top-up/another"
    ben = {"person_id": shop.person_id, "payer_name": "Ben Hill", "payer_email": BEN, "is_agreed": "y"}
    for data, words in BAD:
        answer = submit(client, page, {**ben, **data})
        assert words in text_of(answer), words
        assert all(f'value="{value}"' in answer.get_data(as_text=True) for name, value in data.items() if value.strip())
    assert submit(client, page, {**ben, "person_id": shop.person_id + 99}).status_code == 404
    with clock.fixed_clock(clock.now() + timedelta(hours=47)):
        sign_in(client, shop.margaret.user_id or 0)
        assert submit(client, page, ben).location == f"{checkout_of(shop)}/done"
        assert "We have asked Ben Hill" in text_of(client.get(f"/orders/{the_order()}"))
    with clock.fixed_clock(clock.now() + timedelta(days=2, minutes=1)):
        assert expiry.expire_unanswered() == 0  # Anna's two days are over, Ben's are not
    sign_in(client, shop.margaret.user_id or 0)
    anna, other = app.test_client(), app.test_client()
    assert "You need not pay any more" in text_of(anna.get(link))
    new = link_of(BEN)
    assert new != link and "asks you to pay £14.00" in text_of(other.get(new))
    assert "You have done your part." in shop.follow(
        other, shop.sandbox.keep_card(other.get(f"{new}/card").location, GOOD_CARD)
    )
    assert states() == [("placed", "authorised")] and customers(shop)[0][0] == get_customer("Ben Hill")
    assert client.get(page).location == f"{checkout_of(shop)}/done"  # nothing is asked of anybody any more
    verified()
    # One at a time: the database keeps it by itself, and without it two could be asked for one part.
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(text("UPDATE top_ups SET replaced_at = NULL"))
    with transaction():
        db.session.execute(text("DROP INDEX uq_top_ups_one_at_a_time"))
        db.session.execute(text("UPDATE top_ups SET replaced_at = NULL"))


def get_customer(name: str) -> str | None:
    return db.session.scalars(select(TopUp.stripe_customer_id).where(TopUp.payer_name == name)).one()


def test_who_is_just_paying_is_not_taken_over_and_what_the_bank_only_asked_is_let_go(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    _, anna, number, came = anna_with(ASKS_EACH_TIME_CARD, app, client, shop)
    cards.finish_card_setup(number)
    attempts.begin(the_order(), on_session=True, return_url=BACK)
    assert states() == [("awaiting_payment", "pending")]
    with pytest.raises(DomainError, match="Anna Hill is paying just now"):  # asked, and no answer yet
        pay_it_myself(shop.margaret, number)
    shop.follow(anna, came)  # her bank asks whether it is her, and she does not answer
    assert states() == [("awaiting_payment", "pending")]
    pay_it_myself(shop.margaret, number)
    assert [status for _, status in customers(shop)] == ["canceled"] and states() == [("awaiting_payment", "none")]
    sign_in(client, shop.margaret.user_id or 0)
    assert "Ordered" in shop.card(client, f"/checkout/{number}")
    assert [status for _, status in customers(shop)] == ["canceled", "requires_capture"]
    verified()


def test_without_the_look_at_their_bank_somebody_pays_who_was_told_that_they_need_not(
    app: Flask, client: FlaskClient, shop: TopUpShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    link, anna, number, _ = anna_with(GOOD_CARD, app, client, shop)
    cards.finish_card_setup(number)
    under_way = attempts.begin(the_order(), on_session=True, return_url=BACK)
    monkeypatch.setattr(taking_over, "_may_still_be_paid", lambda *about: False)
    pay_it_myself(shop.margaret, number)
    charging._try(under_way, the_order())  # and now her bank is asked
    assert states() == [("placed", "authorised")] and len(customers(shop)) == 1
    assert "You need not pay any more" in text_of(anna.get(link))


def test_paid_in_the_last_moment_it_is_paid_once_and_nobody_takes_over(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    link, anna, number, came = anna_with(ASKS_EACH_TIME_CARD, app, client, shop)
    shop.follow(anna, came)
    (asked,) = get_by_token(link.rsplit("/", 1)[1]).to_pay
    assert asked.card is not None and asked.card.bank_url
    shop.sandbox.answer_bank(asked.card.bank_url)  # her bank said yes, and nobody has told us yet
    with pytest.raises(CheckoutChanged, match="Nothing waits for Anna Hill any more"):
        pay_it_myself(shop.margaret, number)
    assert states() == [("placed", "authorised")] and len(customers(shop)) == 1
    verified()


def test_a_card_that_comes_after_somebody_took_over_is_not_asked_for_what_they_pay(
    app: Flask, client: FlaskClient, shop: TopUpShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, number, _ = anna_with(GOOD_CARD, app, client, shop)

    def taken_over_meanwhile(act: Callable[..., object], *about: object, **more: object) -> object:
        """Anna's request has looked who pays; then the buyer takes over; then her request goes on."""
        known = cards._checkout(number)
        pay_it_myself(shop.margaret, number)
        monkeypatch.setattr(cards, "_checkout", lambda checkout_id: known)
        try:
            return act(*about, **more)
        finally:
            monkeypatch.undo()

    with monkeypatch.context():
        assert taken_over_meanwhile(cards.finish_card_setup, number) is None
    row = db.session.get_one(Checkout, number, populate_existing=True)
    assert (row.stripe_payment_method_id, row.stripe_session_id) == (None, None)
    db.session.rollback()
    with pytest.raises(CheckoutChanged, match="Somebody else pays this now"):
        cards.start_card_setup(number, success_url=BACK, cancel_url=BACK, top_up_id=1)
    shop.work(app)  # the card that she had given is forgotten at Stripe
    assert [each["customer"] for each in shop.sandbox.objects("payment_methods")] == [None]
    # The negative control: without the look at whose page it was, her card would be asked for what the buyer pays.
    with transaction():
        row = db.session.get_one(Checkout, number)
        row.stripe_session_id = shop.sandbox.objects("checkout/sessions")[0]["id"]
    assert cards.finish_card_setup(number) is not None


def test_two_who_press_at_once_leave_one_payer_and_one_payment(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    link = shop.by_anna(client)
    number, token = number_of(checkout_of(shop)), link.rsplit("/", 1)[1]
    shop.sandbox.keep_card(app.test_client().get(f"{link}/card").location, GOOD_CARD)
    outcomes = tally(
        app,
        lambda: top_ups.finish_card(token, return_url=BACK),
        lambda: pay_it_myself(shop.margaret, number),
        lambda: ask_another(shop.margaret, number, payer_name="Ben", payer_email=BEN, is_agreed=True),
        times=3,
    )
    shop.work(app)
    live = [status for _, status in customers(shop) if status != "canceled"]
    if states() == [("placed", "authorised")]:
        assert live == ["requires_capture"], outcomes
    else:
        assert live == [] and states() == [("awaiting_payment", "none")], outcomes
        db.session.rollback()
        row = db.session.get_one(Checkout, number)
        assert row.stripe_payment_method_id is None
        db.session.rollback()
    asked = db.session.scalars(select(TopUp.payer_name).where(TopUp.replaced_at.is_(None))).all()
    assert len(asked) <= 1
    verified()


def test_what_they_paid_of_another_order_stays_theirs(app: Flask, client: FlaskClient, shop: TopUpShop) -> None:
    """The second provider could not be paid by card for a while, so one of two orders waits."""
    tees = shop.tees.memberships[0].organisation_id

    def tees_takes_cards(ready: bool) -> None:
        with transaction():
            db.session.execute(
                update(StripeAccount).where(StripeAccount.organisation_id == tees).values(charges_enabled=ready)
            )

    link = shop.by_anna(client, 3, 2)
    tees_takes_cards(False)
    anna, checkout = app.test_client(), checkout_of(shop)
    shop.follow(anna, shop.sandbox.keep_card(anna.get(f"{link}/card").location, GOOD_CARD))
    assert states() == [("placed", "authorised"), ("awaiting_payment", "none")]
    tees_takes_cards(True)
    pay_it_myself(shop.margaret, number_of(checkout))
    shop.work(app)  # her card is forgotten, and what it set aside is not
    sign_in(client, shop.margaret.user_id or 0)
    assert "Ordered" in shop.card(client, checkout)
    assert states() == [("placed", "authorised")] * 2
    (theirs, _), (mine, _) = customers(shop)
    assert theirs == get_customer("Anna Hill") != mine
    first, second = (order.id for order in all_orders())
    orders.accept(shop.dale, first)
    orders.accept(shop.tees, second)
    shop.work(app)
    assert states() == [("accepted", "paid")] * 2
    orders.cancel(shop.dale, first, "We cannot come")
    shop.work(app)
    (back,) = shop.sandbox.objects("refunds")
    charged = {each["id"]: each["customer"] for each in shop.sandbox.objects("charges")}
    assert charged[back["charge"]] == theirs  # to the card that paid it
    verified()


def test_an_order_that_nobody_topped_up_in_time_goes_into_the_basket_again(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    shop.by_anna(client)
    sign_in(client, shop.margaret.user_id or 0)
    order = f"/orders/{the_order()}"
    assert "basket again" not in text_of(client.get(order))
    with clock.fixed_clock(clock.now() + timedelta(days=2, minutes=1)):
        assert expiry.expire_unanswered() == 1
        shop.work(app)
    assert "Nobody paid the card’s part in time" in text_of(client.get(order))
    with pytest.raises(NotFound):
        pay_it_myself(shop.manager, number_of(checkout_of(shop)))  # another's checkout
    with pytest.raises(CheckoutChanged):
        pay_it_myself(shop.margaret, number_of(checkout_of(shop)))
    assert submit(client, order, {}, to=f"{order}/again").status_code == 302
    owned = select(BasketLine.quantity).join(Basket).where(Basket.user_id == shop.margaret.user_id)
    assert db.session.scalars(owned).all() == [3] and len(all_orders()) == 1
    db.session.rollback()
    assert charging.look(the_order()) is None


def test_without_the_note_that_somebody_takes_over_the_order_would_end_with_the_old_payment(
    app: Flask, client: FlaskClient, shop: TopUpShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a payment that was let go ends its order, unless somebody else is to pay."""
    link = shop.by_anna(client)
    anna, number = app.test_client(), number_of(checkout_of(shop))
    shop.follow(anna, shop.sandbox.keep_card(anna.get(f"{link}/card").location, DECLINED_CARD))
    monkeypatch.setattr(facts, "taken_over", lambda intent_id: "something else")
    with pytest.raises(CheckoutChanged, match="Nothing waits"):
        pay_it_myself(shop.margaret, number)
    assert states() == [("expired", "none")]
