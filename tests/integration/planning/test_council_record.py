"""A council's auditor reads who did what with its money, and of an order who spent it, for what, with whose leave."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from budgets.queries.access import list_mandates_of
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.planning.queries import council_record
from marketplace.planning.queries.council_record import RecordFilter, every_act, get_record
from payments.models import Approval, Order, OrderFunding
from tests.architecture.visitors import visitor
from tests.browser import Browser, sign_in, text_of
from tests.factories.accounts import user_with_role
from tests.factories.payments import OrderFactory
from tests.integration.planning.world import World


class Audited(World):
    """Margaret's order by a broker, above the limit and agreed to by her; and one that she paid for herself."""

    def __init__(self) -> None:
        super().__init__()
        self.broker = self.holder(role=Role.BUDGET_MANAGER, order_limit_pence=2_000)
        mandate_id = self._mandate()
        with transaction():
            self.auditor_id = user_with_role(Role.AUDITOR, name="Augusta").id
            order = db.session.get_one(Order, self.order_id)
            order.mandate_id, order.buyer_user_id = mandate_id, self.broker.user_id
            order.buyer_name = "Bea Broker"
            db.session.execute(update(OrderFunding).values(rail=Rail.COUNCIL_MANAGED))
            now = clock.now()
            db.session.add(
                Approval(
                    order_id=self.order_id,
                    prepared_by_user_id=self.broker.user_id,
                    why="This is £54.00. Your limit for one order is £20.00.",
                    content_digest="0" * 64,
                    asked_at=now,
                    ends_at=now,
                    decided_by_user_id=self.user_id,
                    decided_at=now,
                    approved=True,
                    words="Yes, every week",
                )
            )
            own = OrderFactory(person_id=self.person_id, council_id=self.council_id, buyer_user_id=self.user_id)
            self.own_id = own.id
            db.session.execute(update(OrderFunding).where(OrderFunding.order_id == own.id).values(rail=Rail.OWN_MONEY))
            for order_id, actor in ((self.order_id, self.broker), (self.own_id, self.margaret)):
                self._act("order.create", "order", order_id, actor)
            self._act("outcome.add", "outcome", 1, self.margaret)
            self._act("budget.increase", "budget_entry", 1, self.broker)

    def _mandate(self) -> int:
        (mandate,) = list_mandates_of(self.broker)
        return mandate.id

    def _act(self, action: str, kind: str, object_id: int, actor: Actor) -> None:
        record(
            action,
            kind,
            object_id,
            actor_user_id=actor.user_id,
            person_id=self.person_id,
            council_id=self.council_id,
            total_pence=5_400,
        )

    @property
    def auditor(self) -> Actor:
        return actor_of(self.auditor_id)


@pytest.fixture
def audited(app: Flask) -> Audited:
    return Audited()


def test_one_click_says_who_spent_it_for_what_and_with_whose_leave(audited: Audited, app: Flask) -> None:
    client = Browser(app)
    sign_in(client, audited.auditor_id)
    listed = client.get("/council/record")
    assert f"/council/record/orders/{audited.order_id}" in listed.get_data(as_text=True)
    shown = text_of(client.get(f"/council/record/orders/{audited.order_id}"))
    for words in ("Prepared by Bea Broker", "Your limit for one order is £20.00", "Yes, Margaret Hill", "Help at home"):
        assert words in shown
    assert "For: " in shown and "£20.00 an order" in shown and "(Respite)" in shown
    sign_in(client, audited.user_id)
    looks = text_of(client.get(f"/people/{audited.person_id}/audit?show=looks"))
    assert "Augusta" in looks and "looked into the record of this money, for the council" in looks


def test_the_record_narrows_by_person_by_whom_and_by_day(audited: Audited, app: Flask) -> None:
    by = {act.what for act in get_record(audited.auditor, RecordFilter(user_id=audited.broker.user_id)).acts}
    assert any("raised what a budget holds" in what for what in by)
    all_of_it = list(every_act(audited.auditor, RecordFilter()))
    assert {act.order_id for act in all_of_it if act.order_id} == {audited.order_id}
    assert not any("outcome" in act.what for act in all_of_it)
    today = clock.today()
    assert len(get_record(audited.auditor, RecordFilter(day=today)).acts) == len(all_of_it)
    assert get_record(audited.auditor, RecordFilter(day=today - timedelta(days=1))).acts == ()
    first = all_of_it[0]
    rest = get_record(audited.auditor, RecordFilter(before_id=first.id)).acts
    assert [act.id for act in rest] == [act.id for act in all_of_it[1:]]
    client = Browser(app)
    sign_in(client, audited.auditor_id)
    wrong = text_of(client.get("/council/record?person=C-404&who=nobody@example.org&day=soon"))
    for words in ("There is nobody with this reference.", "Nobody with this email address", "Choose a day"):
        assert words in wrong
    for day in ("2199-12-31", f"{today + timedelta(days=1)}"):
        assert "Choose today or a day before it." in text_of(client.get(f"/council/record?day={day}"))
    assert client.get("/council/record?day=0001-01-01").status_code == 200
    rows = list(csv.reader(io.StringIO(client.get("/council/record.csv").get_data(as_text=True))))
    assert len(rows) == 1 + len(all_of_it) and rows[0][0] == "\ufeffNumber"


def test_what_somebody_bought_with_their_own_money_is_not_the_councils_to_read(
    audited: Audited, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Browser(app)
    sign_in(client, audited.auditor_id)
    assert client.get(f"/council/record/orders/{audited.own_id}").status_code == 404
    monkeypatch.setattr(
        council_record, "list_paid_by_budgets", lambda ids: dict.fromkeys(ids, "everything")
    )  # the control: without it the person's own order shows
    shown = {act.order_id for act in every_act(audited.auditor, RecordFilter())}
    assert audited.own_id in shown


def test_another_councils_auditor_and_the_person_find_nothing(audited: Audited, app: Flask) -> None:
    client = Browser(app)
    for user_id in (visitor(Role.AUDITOR).user_id, audited.user_id, audited.broker.user_id):
        sign_in(client, user_id or 0)
        assert client.get(f"/council/record/orders/{audited.order_id}").status_code == 404
    assert list(every_act(visitor(Role.COUNCIL_FINANCE), RecordFilter())) == []
