"""A purchase outside the plan is asked about with a reason that stays with the order; it is not blocked."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from budgets.models import Outcome
from budgets.services import outcomes
from marketplace.database import db, transaction
from payments.errors import CheckoutChanged
from payments.models import BasketLine
from payments.queries import checkouts
from payments.queries.checkouts import get_plan
from payments.services import checkout as services
from payments.services.checkout import placing
from tests.browser import sign_in, submit, text_of
from tests.integration.payments.orders.shop import WHERE, Shop, all_orders


def means(shop: Shop, slug: str) -> None:
    with transaction():
        db.session.execute(update(Outcome).where(Outcome.id == shop.outcome_id).values(category_slug=slug))


def begin(shop: Shop, client: FlaskClient, *, way: str | None = None) -> str:
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    mine = {"person_id": shop.person_id}
    submit(client, f"{checkout}/who", mine)
    submit(client, f"{checkout}/paid", {**mine, "way": way or shop.way})
    return checkout


def organisation_id(shop: Shop) -> int:
    return shop.dale.memberships[0].organisation_id


def test_it_is_asked_about_and_the_reason_stays_with_the_order(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    means(shop, "meals")
    checkout = begin(shop, client)
    page, provider = f"{checkout}/purpose", organisation_id(shop)
    data = {"person_id": shop.person_id, **WHERE, f"outcome_{provider}": shop.outcome_id}
    asked = submit(client, page, data)
    words = text_of(asked)
    assert asked.status_code == 200 and "the plan means Meals" in words and "Say why it is right all the same" in words
    assert "The key is with the neighbour" in words  # nothing typed is lost
    assert client.get(checkout).location == page
    data[f"why_{provider}"] = "She eats  better in company"
    assert submit(client, page, data).status_code == 302
    check = text_of(client.get(checkout))
    assert "You say: “She eats better in company”" in check
    shop.place(client, checkout)
    (order,) = all_orders()
    assert order.outside_plan is not None and order.outside_plan.endswith("She eats better in company")
    assert "Outside the plan. For “" in text_of(client.get(f"/orders/{order.id}"))


def test_an_outcome_that_ended_meanwhile_is_asked_about_too(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = begin(shop, client)
    shop.answer(client, checkout)
    with transaction():
        db.session.execute(update(BasketLine).values(outcome_id=shop.outcome_id))
    outcomes.end_outcome(shop.margaret, shop.outcome_id)
    page, provider = f"{checkout}/purpose", organisation_id(shop)
    assert client.get(checkout).location == page
    assert "is no longer on the plan" in text_of(client.get(page))
    data = {"person_id": shop.person_id, **WHERE, f"outcome_{provider}": shop.outcome_id}
    submit(client, page, {**data, f"why_{provider}": "It was arranged before"})
    shop.place(client, checkout)
    (order,) = all_orders()
    assert "It was arranged before" in (order.outside_plan or "")


def test_what_fits_and_what_is_paid_with_own_money_is_not_asked_about(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    means(shop, "home-care")
    checkout = begin(shop, client)
    shop.answer(client, checkout)
    shop.place(client, checkout)
    means(shop, "meals")
    checkout = begin(shop, app.test_client(), way="own_money")
    assert get_plan(shop.margaret, int(checkout.rsplit("/", 1)[1])).parts[0].outside is None
    (order,) = all_orders()
    assert order.outside_plan is None


def test_without_a_reason_nothing_is_ordered_and_without_the_question_it_would_be(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    checkout = begin(shop, client)
    shop.answer(client, checkout)
    means(shop, "meals")  # the plan changes under a checkout that was answered
    checkout_id = int(checkout.rsplit("/", 1)[1])
    plan = get_plan(shop.margaret, checkout_id)
    with pytest.raises(CheckoutChanged, match="An answer is missing"):
        services.place(shop.margaret, checkout_id, key=plan.checkout.key, seen=plan.digest)
    assert all_orders() == []
    monkeypatch.setattr(checkouts, "why_outside", lambda outcome, slugs: None)  # the negative control
    plan = get_plan(shop.margaret, checkout_id)
    placing.place(shop.margaret, checkout_id, key=plan.checkout.key, seen=plan.digest)
    assert [order.outside_plan for order in all_orders()] == [None]
