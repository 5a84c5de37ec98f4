"""A card or a provider that answers too late: the right to order has ended, or the person has died."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.kernel.errors import NotAllowed
from payments.services import orders
from payments.services.orders import answers, payment
from tests.integration.payments.orders.shop import all_orders
from tests.integration.payments.orders.test_asked_payers import dies, ends
from tests.integration.payments.orders.test_card_checkout import CardShop, shop, states
from tests.integration.payments.orders.test_top_ups import verified
from tests.stripe import ASKS_EACH_TIME_CARD

__all__ = ["shop"]


@pytest.mark.parametrize("looks", [True, False])
@pytest.mark.parametrize("stops", [dies, ends])
def test_own_money_whose_bank_answers_after_the_right_has_ended_is_let_go(
    app: Flask,
    client: FlaskClient,
    shop: CardShop,
    monkeypatch: pytest.MonkeyPatch,
    stops: Callable[[CardShop], None],
    looks: bool,
) -> None:
    checkout = shop.ready(client, who=shop.manager, way="own_money")
    shop.card(client, checkout, ASKS_EACH_TIME_CARD)
    shop.place(client, checkout)
    html = client.get(f"{checkout}/done").get_data(as_text=True)
    bank = html.split(f'href="{shop.sandbox.url}', 1)[1].split('"', 1)[0]
    assert states() == [("awaiting_payment", "pending")] * 2
    stops(shop)
    if not looks:  # the negative control
        monkeypatch.setattr(payment, "may_go_on", lambda order: True)
    shop.sandbox.answer_bank(f"{shop.sandbox.url}{bank}")
    shop.sandbox.deliver()
    shop.work(app)
    shop.sandbox.deliver()
    answered = ("expired", "none") if looks else ("placed", "authorised")
    assert sorted(states()) == sorted([answered, ("awaiting_payment", "pending")])
    found = {each["status"] for each in shop.sandbox.objects("payment_intents")}
    assert found == {"requires_action", "canceled" if looks else "requires_capture"}
    verified()


def test_a_provider_takes_nothing_on_for_somebody_who_has_died_and_no_card_is_charged(
    app: Flask, client: FlaskClient, shop: CardShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = shop.ready(client, way="own_money")
    shop.card(client, checkout)
    shop.place(client, checkout)
    first = all_orders()[0].id
    dies(shop)
    for act in (lambda: orders.accept(shop.dale, first), lambda: orders.accept_part(shop.dale, first, {}, "Too much")):
        with pytest.raises(NotAllowed, match="nothing will be paid for it"):
            act()
    shop.work(app)
    assert states() == [("placed", "authorised")] * 2
    orders.decline(shop.dale, first, "It cannot be")
    shop.work(app)
    assert states() == [("declined", "none"), ("placed", "authorised")]
    monkeypatch.setattr(answers, "require_person_lives", lambda order: None)
    orders.accept(shop.tees, all_orders()[1].id)
    shop.work(app)
    assert states()[1] == ("accepted", "paid"), "without the look the card is charged"
