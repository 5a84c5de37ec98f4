"""Many processes buy from one budget at once, through the service that the button of the check page calls."""

import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from budgets import checks as budget_checks
from budgets.domain import EntryKind
from budgets.errors import NotEnoughLeft
from budgets.models import BudgetEntry
from budgets.queries.book import balance
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.app import create_app
from marketplace.bench.shoppers import ready_checkout
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.models import BasketLine, Checkout, Order, OrderFunding, OrderLine
from payments.queries.checkouts import get_plan
from payments.services.checkout import place
from tests.conftest import test_settings
from tests.factories.accounts import user_with_role
from tests.factories.budgets import BudgetFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.factories.catalogue import ListingFactory

PROCESSES = 16
POUND = 100


@dataclass(frozen=True)
class Buyer:
    """Somebody who may order for the person, and their first checkout, ready to be placed."""

    user_id: int
    checkout_id: int


def ready_buyers(pence: int) -> tuple[list[Buyer], int]:
    """Sixteen people with a mandate for one person, each before the check page; and the pot that is to pay."""
    with transaction():
        person = PersonFactory()
        OutcomeFactory(person_id=person.id)
        pot = BudgetFactory(person_id=person.id, pence=pence).pot_period_id
        listing_id = ListingFactory(price_pence=POUND).id
        person_id = person.id
        users = [user_with_role(Role.BUDGET_MANAGER).id for _ in range(PROCESSES)]
        for user_id in users:
            organisation_id = actor_of(user_id).memberships[0].organisation_id
            MandateFactory(person_id=person_id, staff=[user_id], organisation_id=organisation_id)
    ready = [Buyer(user_id, ready_checkout(actor_of(user_id), person_id, pot, listing_id)) for user_id in users]
    return ready, pot


def fill_again(checkout_id: int) -> int:
    """The same thing in the basket once more, and a checkout with the same answers; answers its id."""
    with transaction():
        before = db.session.get_one(Checkout, checkout_id)
        line = db.session.execute(
            select(OrderLine).join(Order, Order.id == OrderLine.order_id).where(Order.checkout_id == checkout_id)
        ).scalar_one()
        db.session.execute(
            insert(BasketLine).values(
                basket_id=before.basket_id,
                listing_id=line.listing_id,
                quantity=1,
                wanted_on=line.wanted_on,
                title_seen=line.title,
                price_seen_pence=line.unit_price_pence,
                added_at=clock.now(),
            )
        )
        kept = {c.name: getattr(before, c.name) for c in Checkout.__table__.columns if c.name not in ("id", "key")}
        again = Checkout(key=uuid4().hex, **{**kept, "placed_at": None})
        db.session.add(again)
        db.session.flush()
        return again.id


def buy(buyer: Buyer, attempts: int) -> tuple[int, int]:
    """Press the button so many times, with a new checkout after each order; answers orders and refusals."""
    actor, checkout_id, sold, refused = actor_of(buyer.user_id), buyer.checkout_id, 0, 0
    plan = get_plan(actor, checkout_id)
    for _ in range(attempts):
        try:
            placed = place(actor, checkout_id, key=plan.checkout.key, seen=plan.digest)
        except NotEnoughLeft:
            refused += 1
            continue
        assert not placed.was_placed_before
        sold += 1
        checkout_id = fill_again(checkout_id)
        plan = get_plan(actor, checkout_id)
    return sold, refused


def buy_in_a_process(url: str, data: str, buyer: Buyer, attempts: int, barrier: Any, results: Any) -> None:
    with create_app(test_settings(url, Path(data))).app_context():
        barrier.wait(120)
        results.put(buy(buyer, attempts))
        db.session.remove()
        db.engine.dispose()


@pytest.mark.trial
def test_sixteen_processes_that_press_10_000_times_buy_exactly_what_5_000_pounds_can_pay(app: Flask) -> None:
    attempts, pence = 10_000, 500_000
    buyers, pot = ready_buyers(pence)
    url, data = app.config["SQLALCHEMY_DATABASE_URI"], str(app.extensions["settings"].marketplace_data)
    db.session.remove()
    db.engine.dispose()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    barrier, results = context.Barrier(PROCESSES + 1), context.Queue()
    processes = [
        context.Process(target=buy_in_a_process, args=(url, data, buyer, attempts // PROCESSES, barrier, results))
        for buyer in buyers
    ]
    for process in processes:
        process.start()
    barrier.wait(120)
    started = time.monotonic()
    counted = [results.get(timeout=3_600) for _ in processes]
    print(f"{attempts:,} presses in {time.monotonic() - started:.0f} seconds")
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    could_be_paid = pence // POUND
    assert sum(sold for sold, _ in counted) == could_be_paid
    assert sum(refused for _, refused in counted) == attempts - could_be_paid
    now = balance(pot)
    assert (now.held_pence, now.left_pence) == (pence, 0)
    for column in (Order.id, OrderLine.id, OrderFunding.id):
        assert db.session.scalar(select(func.count(column))) == could_be_paid
    holds = select(func.count(BudgetEntry.id), func.sum(BudgetEntry.pence)).where(BudgetEntry.kind == EntryKind.HOLD)
    assert tuple(db.session.execute(holds).one()) == (could_be_paid, pence)
    assert [check.fault for check in budget_checks.run() if not check.ok] == []
