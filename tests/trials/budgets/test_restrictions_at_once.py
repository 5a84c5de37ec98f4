"""Two orders at once for one person, each within the month's limit of a rule, and not both."""

import threading
from contextlib import suppress
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import Select

from budgets.domain.restrictions import RestrictionKind
from budgets.models import Restriction
from budgets.queries.outcomes import list_outcomes
from budgets.services.restrictions import judging
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.services.checkout.at_once import AtOnce, SeenLine, order_at_once
from tests.factories.accounts import UserFactory, council
from tests.integration.payments.orders.test_races import tally
from tests.integration.planning.town_of_many import Many, orders_of

pytestmark = pytest.mark.trial
NAME = "Ann Able"


def both_order(app: Flask, monkeypatch: pytest.MonkeyPatch) -> int:
    """Bea orders £54.00 for Ann twice at once, and a rule lets the month be £100.00; answers what was ordered.

    Whoever has read the month's sum waits a second for the other to have read it too.
    """
    town = Many(NAME)
    person_id = town.people[NAME]
    with transaction():
        officers = [UserFactory().id, UserFactory().id]
        db.session.add(
            Restriction(
                person_id=person_id,
                council_id=council().id,
                kind=RestrictionKind.MONTH_LIMIT,
                pence=10_000,
                reason="For a while",
                starts_on=clock.today(),
                ends_on=clock.today() + timedelta(days=9),
                review_on=clock.today() + timedelta(days=9),
                recorded_by_user_id=officers[0],
                recorded_at=clock.now(),
                decided_by_user_id=officers[1],
                decided_at=clock.now(),
                approved=True,
            )
        )
    manager, outcome_id = town.manager, list_outcomes(person_id)[0].id
    line = SeenLine(town.listing_id, 3, "Help at home", 1_800)
    first, second = (AtOnce(key * 43, person_id, (line,), outcome_id) for key in "ab")
    both, read = threading.Barrier(2), judging.kept_in_month

    def read_and_wait(of: int, on: date) -> int:
        pence = read(of, on)
        with suppress(threading.BrokenBarrierError):
            both.wait(1)
        return pence

    monkeypatch.setattr(judging, "kept_in_month", read_and_wait)
    tally(app, lambda: order_at_once(manager, first), lambda: order_at_once(manager, second), times=2)
    return sum(order.total_pence for order in orders_of(person_id))


def test_two_orders_at_once_do_not_both_fit_a_month(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert both_order(app, monkeypatch) == 5_400


def test_without_the_lock_of_the_rule_both_would(app: Flask, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if database == "sqlite":
        pytest.skip("one writer at a time")
    monkeypatch.setattr(Select, "with_for_update", lambda self, **how: self)
    assert both_order(app, monkeypatch) == 10_800
