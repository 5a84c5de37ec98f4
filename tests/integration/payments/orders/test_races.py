"""Many at once: one press of the button, one answer, one basket; each guard is shown to be what holds."""

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from budgets.queries.book import balance
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError
from payments.domain import OrderState
from payments.models import Basket, BasketLine, Checkout, OrderHistory
from payments.queries.baskets import Owner
from payments.services import approvals, baskets, orders
from payments.services.checkout import place, placing
from payments.services.orders import answers, delivery
from tests.integration.payments.orders.shop import Shop, all_orders, fields_of
from tests.integration.payments.orders.test_approvals import Above
from tests.integration.payments.orders.town import Town, subjects
from tests.races import at_once

THREADS = 20


def tally(app: Flask, act: Callable[[], object], *more: Callable[[], object], times: int = THREADS) -> Counter[str]:
    """Run acts in turn from many threads that begin together; answers how often each outcome or error came."""
    acts = [act, *more]
    results = at_once(app, [acts[number % len(acts)] for number in range(times)])
    return Counter(type(each).__name__ if isinstance(each, Exception) else repr(each) for each in results)


def press(shop: Shop, checkout: str, page: dict[str, str]) -> Callable[[], object]:
    checkout_id = int(checkout.rsplit("/", 1)[1])
    return lambda: place(shop.margaret, checkout_id, key=page["key"], seen=page["seen"]).order_ids


def test_twenty_presses_of_the_button_order_once_and_all_see_the_same_orders(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    page = fields_of(client.get(checkout))
    outcomes = tally(app, press(shop, checkout, page))
    ids = tuple(order.id for order in all_orders())
    assert len(ids) == 2
    assert outcomes == {repr(ids): THREADS}
    assert balance(shop.pot).held_pence == 6_700
    assert len(subjects(shop.dale.email or "")) == 1


def test_without_the_look_at_what_was_placed_before_the_presses_do_not_agree(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of the test above."""
    shop = Shop()
    checkout = shop.ready(client)
    page = fields_of(client.get(checkout))
    monkeypatch.setattr(placing, "orders_placed_before", lambda checkout: None)
    outcomes = tally(app, press(shop, checkout, page))
    assert outcomes != {repr(tuple(order.id for order in all_orders())): THREADS}


def test_two_checkouts_of_one_basket_order_it_once(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    first = shop.ready(client)
    page = fields_of(client.get(first))
    with transaction():
        row = db.session.get(Checkout, int(first.rsplit("/", 1)[1]))
        copy = {c.name: getattr(row, c.name) for c in Checkout.__table__.columns if c.name not in ("id", "key")}
        twin = Checkout(key="twin", **copy)
        db.session.add(twin)
        db.session.flush()
        second = f"/checkout/{twin.id}"
    other = fields_of(client.get(second))
    outcomes = tally(app, press(shop, first, page), press(shop, second, other))
    assert len(all_orders()) == 2
    assert outcomes["CheckoutChanged"] == THREADS // 2
    assert balance(shop.pot).held_pence == 6_700


def test_yes_no_and_cancelled_at_once_have_one_winner(app: Flask) -> None:
    town = Town()
    tally(
        app,
        lambda: orders.accept(town.dale, town.order_id),
        lambda: orders.decline(town.dale, town.order_id, "Full"),
        lambda: orders.cancel(town.margaret, town.order_id, "Changed"),
        times=18,
    )
    state = town.order.state
    moves = db.session.scalars(
        select(OrderHistory.to_state)
        .where(OrderHistory.action.in_(("accept", "decline", "cancel")))
        .order_by(OrderHistory.id)
    ).all()
    # A booked order may still be cancelled: then there are two moves, in that order; never a no after a yes.
    assert moves in (["accepted"], ["declined"], ["cancelled"], ["accepted", "cancelled"])
    assert state.value == moves[-1]
    assert town.sums() == ((5_400, 0) if state is OrderState.ACCEPTED else (0, 0))


def test_agreeing_twenty_times_at_once_spends_once(app: Flask) -> None:
    town = Town(state=OrderState.DONE)
    outcomes = tally(app, lambda: orders.confirm(town.margaret, town.order_id))
    assert outcomes == {"None": THREADS}
    assert town.sums() == (0, 5_400)
    assert len(subjects(town.dale.email or "")) == 1


@pytest.mark.parametrize("module", [answers, delivery])
def test_without_the_look_at_causes_the_second_press_is_an_error(
    app: Flask, monkeypatch: pytest.MonkeyPatch, module: object
) -> None:
    """Negative control: the look at the cause is what makes a second press harmless."""
    town = Town(state=OrderState.PLACED if module is answers else OrderState.DONE)
    act = (
        (lambda: orders.accept(town.dale, town.order_id))
        if module is answers
        else (lambda: orders.confirm(town.margaret, town.order_id))
    )
    monkeypatch.setattr(module, "has_happened", lambda cause: False)
    act()
    with pytest.raises(DomainError):
        act()


def test_two_answers_at_once_to_one_case_count_once(app: Flask) -> None:
    case = Above(app)
    second = case.second()
    outcomes = tally(
        app,
        lambda: approvals.approve(case.shop.margaret, case.id, seen=case.digest),
        lambda: approvals.send_back(second, case.id, seen=case.digest, words="No"),
    )
    assert outcomes["<Decided.DECIDED_BEFORE: 'decided_before'>"] == THREADS - 1
    assert case.order.state in (OrderState.PLACED, OrderState.CANCELLED)


def test_the_first_things_put_in_at_once_share_one_basket(app: Flask) -> None:
    shop = Shop()
    owner = Owner(shop.margaret.user_id, shop.person_id)
    outcomes = tally(app, lambda: baskets.add(owner, baskets.LineWanted(shop.listing_ids[0], 1)))
    assert len(outcomes) == 1
    assert db.session.scalar(select(func.count(Basket.id))) == 1
    assert db.session.scalar(select(func.sum(BasketLine.quantity))) == THREADS
