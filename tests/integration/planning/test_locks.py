"""Two acts at once on requests, receipts, rules, rounds and looks: what the lock between them is for."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from budgets.domain import MandateAction
from budgets.domain.restrictions import RestrictionKind
from budgets.models import Restriction
from budgets.services.restrictions import reminders
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.models import Email
from marketplace.planning.help_requests import RequestState
from marketplace.planning.models import HelpRequest, RoundPart
from marketplace.planning.monitoring import Sign
from marketplace.planning.queries.rights import get_rights
from marketplace.planning.services import evidence, help_requests, monitoring, rounds
from marketplace.planning.services.looking import note_look, note_looks
from marketplace.planning.services.monitoring import SetRule
from payments.domain import OrderState
from tests.integration.planning.test_evidence import finance_of
from tests.integration.planning.test_help_requests import Asking
from tests.integration.planning.test_rounds import prepared
from tests.integration.planning.town_of_many import Many, orders_of
from tests.integration.planning.world import World, somebody
from tests.interleaved import ADVISORY, WITH_AND_WITHOUT, Race, acts_named
from tests.races import errors


@pytest.fixture
def database() -> str:
    return "postgresql"


def no_error(said: list[object]) -> bool:
    return errors(said) == []


def two_workers_that_remind_of_a_receipt() -> Race:
    world = World(state=OrderState.CONFIRMED)
    officer = finance_of(world.council_id)
    monitoring.look(officer, world.person_id, "A sample")
    evidence.ask(officer, world.order_id, "The receipt, please", clock.today() + timedelta(days=7))
    before = letters()

    def told_once(said: list[object]) -> bool:
        return {0, 1} == set(said) and letters() == before + 1

    return Race("evidence_requests", evidence.remind, evidence.remind, told_once)


def a_rule_agreed_twice() -> Race:
    world = World()
    first, second = (finance_of(world.council_id) for _ in range(2))
    wanted = SetRule(world.council_id or 0, Sign.QUIET, True, 12, clock.today(), "Longer")
    monitoring.set_rule(first, wanted)
    agree = partial(monitoring.agree_rule, second, 1)
    return Race("monitoring_rules", agree, agree, lambda _: acts_named("monitoring.agree_rule") == 1)


def a_part_of_a_round_tried_twice() -> Race:
    town = Many("Ann Able")
    prepared(town)
    part_id = db.session.scalars(select(RoundPart.id)).one()
    order = partial(rounds.order_part, town.manager, part_id)
    return Race(
        "round_parts", order, order, lambda said: no_error(said) and len(orders_of(town.people["Ann Able"])) == 1
    )


def a_request_sent_twice() -> Race:
    asking = Asking()
    request_id = help_requests.prepare(asking.officer, asking.person_id, asking.wanted())
    both = [asking.organisation(name) for name in asking.providers]
    send = partial(help_requests.send, asking.officer, asking.person_id, request_id, both)
    return Race("help_requests", send, send, no_error)


def an_offer_chosen_while_the_request_is_taken_back() -> Race:
    asking = Asking()
    request_id = asking.ask()
    asking.offer("Acorn")
    answer_id = asking.answer_id("Acorn")
    return Race(
        "help_requests",
        lambda: help_requests.choose(asking.officer, asking.person_id, request_id, answer_id),
        lambda: help_requests.withdraw(asking.officer, asking.person_id, request_id),
        lambda _: db.session.scalar(select(HelpRequest.state)) is RequestState.WITHDRAWN,
    )


def an_offer_made_while_the_request_is_taken_back() -> Race:
    asking = Asking()
    request_id = asking.ask()
    last_two = select(AuditRow.action).where(AuditRow.action.like("request.%")).order_by(AuditRow.id.desc()).limit(2)
    return Race(
        "help_requests",
        lambda: asking.offer("Acorn"),
        lambda: help_requests.withdraw(asking.officer, asking.person_id, request_id),
        lambda _: db.session.scalars(last_two).all() == ["request.withdraw", "request.offer"],
    )


def a_page_opened_twice() -> Race:
    world = World()
    manager = world.holder()
    rights = get_rights(manager, world.person_id, MandateAction.READ_BUDGET)
    look = partial(note_look, manager, rights, "person")
    return Race(ADVISORY, look, look, lambda _: acts_named("person.look") == 1)


def a_list_opened_twice() -> Race:
    world = World()
    manager = world.holder()
    people = [get_rights(manager, world.person_id, MandateAction.READ_BUDGET).person]
    look = partial(note_looks, manager, people, "caseload")
    return Race(ADVISORY, look, look, lambda _: acts_named("person.look") == 1)


def two_workers_that_remind_of_a_restriction() -> Race:
    world, (first, second), today = World(), (somebody(), somebody()), clock.today()
    with transaction():
        db.session.add(
            Restriction(
                person_id=world.person_id,
                council_id=world.council_id,
                kind=RestrictionKind.MONTH_LIMIT,
                pence=10_000,
                reason="For a while",
                starts_on=today,
                ends_on=today,
                review_on=today,
                recorded_by_user_id=first.user_id,
                recorded_at=clock.now(),
                decided_by_user_id=second.user_id,
                decided_at=clock.now(),
                approved=True,
            )
        )
    return Race("restrictions", reminders.remind, reminders.remind, lambda _: letters() == 2)


def letters() -> int:
    return db.session.scalar(select(func.count(Email.id))) or 0


@pytest.mark.parametrize("is_locked", WITH_AND_WITHOUT)
@pytest.mark.parametrize(
    "race",
    [
        two_workers_that_remind_of_a_receipt,
        a_rule_agreed_twice,
        a_part_of_a_round_tried_twice,
        a_request_sent_twice,
        an_offer_chosen_while_the_request_is_taken_back,
        an_offer_made_while_the_request_is_taken_back,
        a_page_opened_twice,
        a_list_opened_twice,
        two_workers_that_remind_of_a_restriction,
    ],
)
def test_of_two_at_once_the_second_waits_for_the_first(app: Flask, race: Callable[[], Race], is_locked: bool) -> None:
    """Without the lock something is doubled, lost or fails: the negative control."""
    assert race().is_well(app, is_locked=is_locked) is is_locked
