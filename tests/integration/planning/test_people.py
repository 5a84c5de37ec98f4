"""A person's page: her week, her money, her plan, who acts for her, and who looked, once a day each."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from marketplace.accounts.domain import Role
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.planning.queries.people import week_of
from marketplace.planning.queries.rights import get_rights
from marketplace.planning.services.looking import note_look
from payments.domain import OrderState
from payments.models import OrderLine
from payments.queries.orders.of_people import Visit
from tests.browser import sign_in, text_of
from tests.factories.budgets import OutcomeFactory
from tests.factories.payments import OrderFactory
from tests.integration.planning.counting import queries_of
from tests.integration.planning.world import A, World, somebody


def _looks() -> int:
    return db.session.scalar(select(func.count(AuditRow.id)).where(AuditRow.action == "person.look")) or 0


def test_a_manager_sees_week_money_plan_mandate_and_what_to_do(client: FlaskClient, app: Flask) -> None:
    world = World(state=OrderState.DONE)
    with transaction():
        db.session.execute(update(OrderLine).values(wanted_on=clock.today()))
    manager = world.holder(role=Role.BUDGET_MANAGER)
    sign_in(client, manager.user_id or 0)
    words = text_of(client.get(f"/people/{world.person_id}"))
    for part in (
        "You are acting for Margaret Hill",
        "1 order to confirm",
        "Help at home, 3 hours",
        "£4,946.00",
        "See people and get out of the house twice a week",
        "Agreed by the person",
        "Up to £500.00 an order",
        "Shop for Margaret Hill",
    ):
        assert part in words, part
    assert "today" in words.split("Margaret’s week")[1].split("Latest orders")[0]


def test_the_person_sees_her_own_page_without_a_banner_and_with_who_acts_for_her(
    client: FlaskClient, app: Flask
) -> None:
    world = World()
    manager = world.holder(role=Role.BUDGET_MANAGER)
    sign_in(client, world.user_id)
    words = text_of(client.get(f"/people/{world.person_id}"))
    assert "You are acting for" not in words
    assert "Who may act for you" in words
    assert manager.name in words
    assert client.get("/people/me").location == f"/people/{world.person_id}"


def test_whoever_is_no_person_goes_from_their_own_page_to_their_people(client: FlaskClient, app: Flask) -> None:
    sign_in(client, somebody().user_id or 0)
    assert client.get("/people/me").location == "/caseload"


def test_a_manager_does_not_see_who_else_holds_a_mandate(client: FlaskClient, app: Flask) -> None:
    world = World()
    other, manager = world.holder(), world.holder()
    sign_in(client, manager.user_id or 0)
    words = text_of(client.get(f"/people/{world.person_id}"))
    assert other.name not in words


def test_a_plan_that_a_mandate_does_not_open_is_not_on_the_page(client: FlaskClient, app: Flask) -> None:
    world = World()
    manager = world.holder(actions=[A.READ_BUDGET])
    sign_in(client, manager.user_id or 0)
    words = text_of(client.get(f"/people/{world.person_id}"))
    assert "twice a week" not in words
    assert "Shop for" not in words


def test_who_looked_is_written_down_once_a_day_and_the_person_can_see_it(client: FlaskClient, app: Flask) -> None:
    world = World()
    manager = world.holder(role=Role.SOCIAL_WORKER)
    sign_in(client, manager.user_id or 0)
    for page in ("", "/plan", "/statement", "/statement.csv", "/audit", ""):
        client.get(f"/people/{world.person_id}{page}")
    assert _looks() == 1
    with clock.fixed_clock(clock.now() + timedelta(days=1)):
        note_look(manager, get_rights(manager, world.person_id, A.READ_PLAN), "plan")
        note_look(manager, get_rights(manager, world.person_id, A.READ_PLAN), "plan")
    assert _looks() == 2
    sign_in(client, world.user_id)
    words = text_of(client.get(f"/people/{world.person_id}"))
    assert manager.name in words.split("Who looked")[1]
    assert manager.memberships[0].organisation_name in words
    client.get(f"/people/{world.person_id}/plan")
    assert _looks() == 2


def test_a_stranger_who_is_refused_leaves_no_look(client: FlaskClient, app: Flask) -> None:
    world = World()
    sign_in(client, somebody().user_id or 0)
    assert client.get(f"/people/{world.person_id}/audit").status_code == 404
    assert _looks() == 0


def test_a_week_begins_on_monday_and_leaves_other_weeks_out() -> None:
    from datetime import date

    sunday = date(2026, 11, 22)

    def visit(day: date) -> Visit:
        return Visit(1, day, "Help", "1 hour", "Dales", OrderState.ACCEPTED, "Booked")

    days = week_of([visit(date(2026, 11, 16)), visit(sunday), visit(date(2026, 11, 23))], sunday)
    assert [day.on for day in days] == [date(2026, 11, 16) + timedelta(days=number) for number in range(7)]
    assert [len(day.visits) for day in days] == [1, 0, 0, 0, 0, 0, 1]
    assert [day.is_today for day in days] == [False] * 6 + [True]


def test_pages_take_as_many_queries_for_one_of_everything_as_for_thirty(client: FlaskClient, app: Flask) -> None:
    small, large = World(), World()
    with transaction():
        for number in range(25):
            outcome = OutcomeFactory(person_id=large.person_id, words=f"Outcome {number}")
            OrderFactory(
                person_id=large.person_id,
                pot_period_id=large.pot_period_id,
                unit_price_pence=100,
                outcome_id=outcome.id,
                state=OrderState.DONE,
            )
    counts: dict[str, list[int]] = {}
    for world in (small, large):
        manager = world.holder(role=Role.SOCIAL_WORKER)
        sign_in(client, manager.user_id or 0)
        for page in ("", "/plan", "/audit"):
            counts.setdefault(page, []).append(queries_of(client, f"/people/{world.person_id}{page}"))
    assert all(few == many for few, many in counts.values()), counts
    assert max(few for few, _ in counts.values()) <= 32
