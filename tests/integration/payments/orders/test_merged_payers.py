"""Two records of one person become one: each card goes on paying what it was given for, and no order stays behind."""

from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from budgets.models import Person
from budgets.services import merges
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.rails import Rail
from payments.errors import CheckoutChanged
from payments.models import StripeCustomer
from payments.services import cards, orders
from payments.services.checkout import place
from tests.browser import sign_in, submit
from tests.factories.accounts import OrganisationFactory, user_with_role
from tests.factories.budgets import PersonFactory
from tests.integration.payments.orders.shop import Shop, all_orders, fields_of
from tests.integration.payments.orders.test_card_checkout import CardShop, states
from tests.interleaved import WITH_AND_WITHOUT, interleaved
from tests.stripe import TestSandbox


def other_record(shop: Shop) -> tuple[int, Actor, Actor]:
    """C-1 beside Margaret's own record, which is C-2, and two officers who can make them one."""
    with transaction():
        kept = PersonFactory(name="Margaret Hill", council_reference="C-1").id
        db.session.get_one(Person, shop.person_id).council_reference = "C-2"
        office = OrganisationFactory(kind="council", council_id=shop.council_id)
        ids = [user_with_role(Role.COUNCIL_FINANCE, office).id for _ in range(2)]
    first, second = (actor_of(user_id) for user_id in ids)
    return kept, first, second


def test_a_direct_payment_is_charged_to_the_card_that_was_given_before_the_merge(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = CardShop(stripe_sandbox, rail=Rail.DIRECT_PAYMENT)
    kept, first, second = other_record(shop)
    theirs = cards.customer_for(kept)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    shop.answer(client, checkout)
    shop.card(client, checkout)
    shop.place(client, checkout)
    (order,) = all_orders()
    orders.accept(shop.dale, order.id)
    orders.mark_done(shop.dale, order.id)
    merge_id = merges.prepare(first, shop.council_id, "C-1", "C-2", "One date of birth")
    with monkeypatch.context() as before:  # the negative control: each record has one customer, so one would have to go
        before.setattr(merges, "STAYS", merges.STAYS - {"stripe_customers"})
        with pytest.raises(NotAllowed, match="of which a person has one alone"):
            merges.decide(second, merge_id, agree=True)
    merges.decide(second, merge_id, agree=True)
    submit(client, f"/orders/{order.id}", {}, to=f"/orders/{order.id}/confirm")
    shop.work(app)
    assert states() == [("confirmed", "paid")]
    (intent,) = stripe_sandbox.objects("payment_intents")
    known = {row.person_id: row.stripe_id for row in db.session.scalars(select(StripeCustomer))}
    assert known == {kept: theirs, shop.person_id: intent["customer"]}
    assert cards.customer_for(kept) == theirs, "what is bought next is the kept record's"


@pytest.mark.parametrize("database", ["postgresql"])
@pytest.mark.parametrize("is_locked", WITH_AND_WITHOUT)
def test_an_order_that_is_placed_while_the_record_is_merged_is_placed_for_nobody(
    app: Flask, client: FlaskClient, is_locked: bool
) -> None:
    """The negative control: without the lock it is placed for the record that went, where nobody sees it."""
    shop = Shop(cards=False)
    _, first, second = other_record(shop)
    checkout = shop.ready(client)
    seen = fields_of(client.get(checkout))
    press = partial(place, shop.margaret, int(checkout.rsplit("/", 1)[1]), key=seen["key"], seen=seen["seen"])
    merge_id = merges.prepare(first, shop.council_id, "C-1", "C-2", "One date of birth")
    merge = partial(merges.decide, second, merge_id, agree=True)
    _, pressed = interleaved(app, merge, press, "checkouts", is_locked=is_locked)
    assert isinstance(pressed, CheckoutChanged) is is_locked, pressed
    assert [order.person_id for order in all_orders()] == ([] if is_locked else [shop.person_id] * 2)
