"""At a library: a worker orders with somebody who has no e-mail and no sign-in, and prints the receipt."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from budgets.models import Consent
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.models import Email
from payments.domain import OrderState
from payments.models import Checkout
from payments.services import orders
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import user_with_role
from tests.factories.budgets import BudgetFactory, ConsentFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.factories.payments import OrderFactory
from tests.integration.payments.orders.shop import Shop, all_orders


class Library(Shop):
    """The shop, with Harold who has neither e-mail nor sign-in, and a worker to whom he gave his consent today."""

    def __init__(self) -> None:
        super().__init__()
        with transaction():
            harold = PersonFactory(name="Harold Reed", email=None)
            worker = user_with_role(Role.ACCESS_POINT_WORKER, name="Lena Librarian")
            self.person_id = harold.id
            self.outcome_id = OutcomeFactory(person_id=harold.id).id
            self.pot = BudgetFactory(person_id=harold.id).pot_period_id
            worker_id = worker.id
        self.worker = actor_of(worker_id)
        self.library_id = self.worker.organisation_ids(Role.ACCESS_POINT_WORKER)[0]

    def consent(self) -> int:
        with transaction():
            return ConsentFactory(assisted=True, person_id=self.person_id, organisation_id=self.library_id).id


def test_the_order_names_the_library_and_its_receipt_can_be_printed(app: Flask, client: FlaskClient) -> None:
    shop = Library()
    shop.consent()
    checkout = shop.ready(client, who=shop.worker)
    shop.place(client, checkout)
    first, _ = all_orders()
    assert (first.person_id, first.buyer_user_id, first.assisted_by_organisation_id, first.mandate_id) == (
        shop.person_id,
        shop.worker.user_id,
        shop.library_id,
        None,
    )
    made = db.session.scalars(select(Checkout)).one()
    assert made.assisted_by_organisation_id == shop.library_id
    receipt = client.get(f"/orders/{first.id}?print=1")
    assert "for Harold Reed" in text_of(receipt) and "print-view" in receipt.get_data(as_text=True)
    assert {email.to_address for email in db.session.scalars(select(Email))} == {
        shop.worker.email,
        shop.dale.email,
        shop.tees.email,
    }


def test_with_the_person_the_worker_says_that_it_was_done(app: Flask, client: FlaskClient) -> None:
    shop = Library()
    shop.consent()
    shop.place(client, shop.ready(client, who=shop.worker))
    order_id = all_orders()[0].id
    orders.accept(shop.dale, order_id)
    orders.mark_done(shop.dale, order_id)
    submit(client, f"/orders/{order_id}", {}, to=f"/orders/{order_id}/confirm")
    assert all_orders()[0].state is OrderState.CONFIRMED


@pytest.mark.parametrize("why", ["never given", "of yesterday", "taken back"])
def test_without_a_consent_of_today_nothing_is_there(app: Flask, client: FlaskClient, why: str) -> None:
    shop = Library()
    if why != "never given":
        consent_id = shop.consent()
        with transaction():
            row = db.session.get(Consent, consent_id)
            if why == "taken back":
                row.withdrawn_at = clock.now()
            else:
                row.given_at, row.ends_at = clock.now() - timedelta(days=1), clock.now() - timedelta(minutes=1)
    sign_in(client, shop.worker.user_id or 0)
    assert client.get(f"/basket?for={shop.person_id}").status_code == 404
    page = f"/basket/add?listing_id={shop.listing_ids[0]}"
    data = {"listing_id": shop.listing_ids[0], "quantity": 1, "person_id": shop.person_id}
    assert submit(client, page, data, to="/basket/add").status_code == 404


def test_a_consent_taken_back_before_the_button_orders_nothing(app: Flask, client: FlaskClient) -> None:
    shop = Library()
    consent_id = shop.consent()
    checkout = shop.ready(client, who=shop.worker)
    page = client.get(checkout)
    assert page.status_code == 200
    with transaction():
        db.session.get(Consent, consent_id).withdrawn_at = clock.now()
    refused = client.get(checkout)
    assert (refused.status_code, "has ended or is paused" in refused.get_data(as_text=True)) == (409, True)
    assert all_orders() == []


def test_the_worker_lists_what_was_ordered_at_the_library_and_nothing_else_of_the_person(
    app: Flask, client: FlaskClient
) -> None:
    shop = Library()
    shop.consent()
    shop.place(client, shop.ready(client, who=shop.worker))
    at_the_library = all_orders()[0]
    with transaction():
        elsewhere = OrderFactory(person_id=shop.person_id, council_id=shop.council_id)
        other_id, reference = elsewhere.id, elsewhere.provider_name
    page = text_of(client.get(f"/orders?for={shop.person_id}"))
    assert at_the_library.provider_name in page and reference not in page
    assert client.get(f"/orders/{other_id}").status_code == 404
    with transaction():
        MandateFactory(person_id=shop.person_id, staff=[shop.manager.user_id])
    sign_in(client, shop.manager.user_id or 0)
    assert reference in text_of(client.get(f"/orders?for={shop.person_id}"))


def test_what_became_of_a_checkout_is_not_read_after_the_right_to_order_has_ended(
    app: Flask, client: FlaskClient
) -> None:
    shop = Library()
    consent_id = shop.consent()
    checkout = shop.ready(client, who=shop.worker)
    shop.place(client, checkout)
    assert client.get(f"{checkout}/done").status_code == 200
    with transaction():
        db.session.get(Consent, consent_id).withdrawn_at = clock.now()
    assert client.get(f"{checkout}/done").status_code == 404
