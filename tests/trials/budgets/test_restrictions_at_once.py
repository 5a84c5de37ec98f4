"""Two who buy at once for one person, each within the month's limit of a rule, and not both."""

import threading
from contextlib import suppress
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Select

from budgets.domain.restrictions import RestrictionKind
from budgets.models import Restriction
from budgets.services.restrictions import judging
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.services.checkout import place
from tests.factories.accounts import UserFactory
from tests.integration.payments.orders.shop import Shop, all_orders, fields_of
from tests.integration.payments.orders.test_races import at_once

pytestmark = pytest.mark.trial


class Month:
    """Margaret and her manager each have a checkout of £67.00 before them, and a rule lets the month be £100.00."""

    def __init__(self, app: Flask) -> None:
        self.shop = Shop()
        with transaction():
            officers = [UserFactory().id, UserFactory().id]
            db.session.add(
                Restriction(
                    person_id=self.shop.person_id,
                    council_id=self.shop.council_id,
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
        self.acts = []
        for who in (self.shop.margaret, self.shop.manager):
            client: FlaskClient = app.test_client()
            checkout = self.shop.ready(client, who=who)
            page = fields_of(client.get(checkout))
            self.acts.append((who, int(checkout.rsplit("/", 1)[1]), page))

    def both_press(self, app: Flask) -> int:
        """Both press at once; answers how many pence were ordered."""
        first, second = (
            lambda act=act: place(act[0], act[1], key=act[2]["key"], seen=act[2]["seen"]).order_ids for act in self.acts
        )
        at_once(app, first, second, times=2)
        return sum(order.total_pence for order in all_orders())


def meet_at_the_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on whoever has read the month's sum waits a second for the other to have read it too."""
    both, read = threading.Barrier(2), judging.kept_in_month

    def read_and_wait(person_id: int, on: date) -> int:
        pence = read(person_id, on)
        with suppress(threading.BrokenBarrierError):
            both.wait(1)
        return pence

    monkeypatch.setattr(judging, "kept_in_month", read_and_wait)


def test_two_orders_at_once_do_not_both_fit_a_month(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    month = Month(app)
    meet_at_the_sum(monkeypatch)
    assert month.both_press(app) == 6_700


def test_without_the_lock_of_the_rule_both_would(app: Flask, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if database == "sqlite":
        pytest.skip("one writer at a time")
    month = Month(app)
    meet_at_the_sum(monkeypatch)
    monkeypatch.setattr(Select, "with_for_update", lambda self, **how: self)
    assert month.both_press(app) == 13_400
