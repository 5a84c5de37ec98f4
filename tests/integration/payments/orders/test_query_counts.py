"""The number of queries of each main page is fixed, with one row and with fifty."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from catalogue.models import Listing
from catalogue.services.index import reindex
from marketplace.database import db, transaction
from payments.domain import OrderState
from payments.queries.baskets import Owner
from payments.services import baskets
from tests.browser import sign_in, text_of
from tests.factories.catalogue import ListingFactory
from tests.factories.payments import OrderFactory
from tests.integration.payments.orders.shop import Shop, fields_of

PURCHASE = {"sqlite": 40, "postgresql": 31}
"""What is written together is one statement on PostgreSQL."""
MOST = {"/basket": 12, "/checkout": 18, "/orders": 11, "/order": 14, "/provider": 12, "/provider/orders": 6}


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent within the block, without the beginnings of transactions."""
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def queries_of(client: FlaskClient, path: str) -> int:
    assert client.get(path).status_code == 200, path
    with counted() as statements:
        assert client.get(path).status_code == 200
    return len(statements)


def fill(shop: Shop, count: int) -> None:
    with transaction():
        listings = [ListingFactory(provider__organisation_name=f"Firm {n}").id for n in range(count)]
    for listing_id in listings:
        baskets.add(Owner(shop.margaret.user_id, shop.person_id), baskets.LineWanted(listing_id, 1))


def test_a_full_basket_and_its_checkout_ask_no_more_than_one_thing(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 1)
    checkout = shop.begin(client)
    shop.answer(client, checkout)
    paths = {"/basket": f"/basket?for={shop.person_id}", "/checkout": checkout}
    one = {name: queries_of(client, path) for name, path in paths.items()}
    fill(shop, 49)
    shop.answer(client, checkout)
    many = {name: queries_of(client, path) for name, path in paths.items()}
    assert one == many
    assert all(count <= MOST[name] for name, count in one.items()), one


def test_fifty_orders_ask_no_more_than_one(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    provider = app.test_client()
    sign_in(client, shop.margaret.user_id or 0)
    sign_in(provider, shop.dale.user_id or 0)

    def order(**more: object) -> int:
        with transaction():
            listing = db.session.get(Listing, shop.listing_ids[0])
            made = OrderFactory(
                person_id=shop.person_id,
                buyer_user_id=shop.margaret.user_id,
                listing=listing,
                pot_period_id=shop.pot,
                **more,
            )
            return made.id

    first = order(outcome_id=shop.outcome_id)

    def all_counts() -> dict[str, int]:
        return {
            "/orders": queries_of(client, "/orders"),
            "/order": queries_of(client, f"/orders/{first}"),
            "/provider": queries_of(provider, "/provider"),
            "/provider/orders": queries_of(provider, "/provider/orders"),
        }

    one = all_counts()
    for number in range(49):
        order(state=OrderState.PLACED if number % 2 else OrderState.ACCEPTED)
    many = all_counts()
    assert one == many
    assert all(count <= MOST[name] for name, count in one.items()), one


@pytest.mark.parametrize("lines", [1, 50])
def test_an_order_with_many_lines_asks_the_same(app: Flask, client: FlaskClient, lines: int) -> None:
    shop = Shop()
    with transaction():
        order_id = OrderFactory(
            person_id=shop.person_id, pot_period_id=shop.pot, lines=[(1, 100)] * lines, outcome_id=shop.outcome_id
        ).id
    sign_in(client, shop.margaret.user_id or 0)
    assert queries_of(client, f"/orders/{order_id}") <= MOST["/order"]


def test_a_whole_purchase_by_somebody_whose_answers_are_known_is_five_requests(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.place(client, shop.ready(client))
    reindex()
    page = f"/listing/{shop.listing_ids[0]}"
    with counted() as statements:
        data = {**fields_of(client.get(page)), "quantity": "2", "then": "order"}
        checkout = str(client.post("/basket/add", data=data).location)
        done = client.post(checkout, data=fields_of(client.get(checkout)))
        assert done.status_code == 302
        assert "Dales Home Care" in text_of(client.get(str(done.location)))
    assert len(statements) == PURCHASE[db.engine.dialect.name]
