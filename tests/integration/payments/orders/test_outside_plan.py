"""A purchase outside the plan or the pot is asked about with a reason that stays with the order; it is not blocked."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from budgets.domain import OutsideRule
from budgets.errors import LineRefused
from budgets.models import Outcome, Pot
from budgets.services import outcomes
from marketplace.database import db, transaction
from payments.errors import CheckoutChanged
from payments.models import BasketLine
from payments.queries import checkouts
from payments.queries.checkouts import get_plan
from payments.queries.monitoring import orders_said_outside
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
    assert "Asked why. For “" in text_of(client.get(f"/orders/{order.id}"))


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
    monkeypatch.setattr(checkouts, "why_asked", lambda outcome, pot, slugs: None)  # the negative control
    plan = get_plan(shop.margaret, checkout_id)
    placing.place(shop.margaret, checkout_id, key=plan.checkout.key, seen=plan.digest)
    assert [order.outside_plan for order in all_orders()] == [None]


def pot_is_for(shop: Shop, slug: str, outside: OutsideRule = OutsideRule.WARN) -> None:
    with transaction():
        db.session.execute(update(Pot).values(categories=[slug], outside=outside))


def test_what_a_pot_is_not_for_takes_a_written_reason_that_stands_on_the_statement_and_before_the_council(
    app: Flask, client: FlaskClient
) -> None:
    shop = Shop()
    pot_is_for(shop, "respite")
    checkout = begin(shop, client)
    page, provider = f"{checkout}/purpose", organisation_id(shop)
    data = {"person_id": shop.person_id, **WHERE, f"outcome_{provider}": shop.outcome_id}
    asked = text_of(submit(client, page, data))
    assert "is meant for" in asked and "Say why it is right all the same" in asked
    assert client.get(checkout).location == page
    submit(client, page, {**data, f"why_{provider}": "Her daughter sleeps meanwhile"})
    shop.place(client, checkout)
    (order,) = all_orders()
    assert (order.outside_plan or "").endswith("Her daughter sleeps meanwhile")
    statement = f"/people/{shop.person_id}/statement"
    assert "Her daughter sleeps meanwhile" in text_of(client.get(statement))
    (row,) = [
        line for line in client.get(f"{statement}.csv").get_data(as_text=True).splitlines() if order.reference in line
    ]
    assert "Her daughter sleeps meanwhile" in row
    said = orders_said_outside(order.council_id or 0, order.created_at - timedelta(days=1))
    assert [(one.order_id, one.words) for one in said] == [(order.id, order.outside_plan)]


def test_a_pot_that_came_to_mean_something_else_stops_an_answered_checkout_by_itself(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    checkout = begin(shop, client)
    shop.answer(client, checkout)
    pot_is_for(shop, "respite")
    checkout_id = int(checkout.rsplit("/", 1)[1])
    monkeypatch.setattr(checkouts, "why_asked", lambda outcome, pot, slugs: None)  # the question is not asked
    plan = get_plan(shop.margaret, checkout_id)
    with pytest.raises(LineRefused, match="Say why it is right all the same"):
        placing.place(shop.margaret, checkout_id, key=plan.checkout.key, seen=plan.digest)
    assert all_orders() == []
    monkeypatch.setattr(placing, "judge_pot", lambda pot, lines: None)  # the negative control
    placing.place(shop.margaret, checkout_id, key=plan.checkout.key, seen=plan.digest)
    assert [order.outside_plan for order in all_orders()] == [None]
