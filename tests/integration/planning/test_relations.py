"""Each page, tried by everybody in every relation: who may, may; for everybody else there is no such page."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from budgets.domain import LegalBasis
from budgets.models import Outcome
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.models import AuditRow
from marketplace.database import db
from marketplace.planning.models import PlanNote
from tests.browser import sign_in, submit
from tests.integration.planning.world import READING, A, World, somebody

Who = Callable[[World], Actor]

EVERYBODY: dict[str, Who] = {
    "herself": lambda world: world.margaret,
    "live mandate": lambda world: world.holder(),
    "named staff": lambda world: world.holder(role=Role.BUDGET_MANAGER),
    "social worker with the case": lambda world: world.holder(role=Role.SOCIAL_WORKER),
    "support planner with a mandate": lambda world: world.holder(role=Role.SUPPORT_PLANNER),
    "access point with consent": lambda world: world.worker(),
    "not yet started": lambda world: world.holder(not_started=True),
    "expired": lambda world: world.holder(expired=True),
    "ended": lambda world: world.holder(ended=True),
    "suspended": lambda world: world.holder(suspended=True),
    "not confirmed": lambda world: world.holder(unconfirmed=True),
    "may only order": lambda world: world.holder(actions=[A.ORDER]),
    "may only read the plan": lambda world: world.holder(actions=[A.READ_PLAN]),
    "may only read": lambda world: world.holder(actions=READING),
    "staff who left": lambda world: _left(world),
    "social worker without the case": lambda world: somebody(Role.SOCIAL_WORKER),
    "access point without consent": lambda world: world.worker(serves=False),
    "council finance": lambda world: somebody(Role.COUNCIL_FINANCE),
    "operator": lambda world: somebody(Role.OPERATOR),
    "provider": lambda world: somebody(Role.PROVIDER),
    "stranger": lambda world: somebody(),
    "another person's manager": lambda world: World().holder(),
}
READS_MONEY = {"herself", "live mandate", "named staff", "social worker with the case", "may only read"}
READS_PLAN = READS_MONEY | {"support planner with a mandate", "access point with consent", "may only read the plan"}
WRITES_PLAN = {"herself", "live mandate", "social worker with the case", "support planner with a mandate"}
PAGES: dict[str, set[str]] = {
    "/people/{p}": READS_MONEY,
    "/people/{p}/statement": READS_MONEY,
    "/people/{p}/statement.csv": READS_MONEY,
    "/people/{p}/audit": READS_MONEY,
    "/people/{p}/audit?show=looks": READS_MONEY,
    "/people/{p}/plan": READS_PLAN,
    "/people/{p}/plan/{o}/find": READS_PLAN,
    "/people/{p}/plan/{o}": WRITES_PLAN,
}


def _left(world: World) -> Actor:
    from marketplace.accounts.models import Membership
    from marketplace.accounts.queries import actor_of
    from marketplace.database import transaction
    from marketplace.kernel import clock

    actor = world.holder(role=Role.BUDGET_MANAGER)
    with transaction():
        db.session.execute(
            select(Membership).where(Membership.user_id == actor.user_id)
        ).scalar_one().ended_at = clock.now()
    return actor_of(actor.user_id or 0)


def _path(pattern: str, world: World) -> str:
    return pattern.format(p=world.person_id, o=world.outcome_id)


@pytest.mark.parametrize("who", EVERYBODY)
def test_each_page_opens_for_those_who_may_and_is_not_there_for_others(
    client: FlaskClient, app: Flask, who: str
) -> None:
    world = World()
    actor = EVERYBODY[who](world)
    sign_in(client, actor.user_id or 0)
    for pattern, may in PAGES.items():
        response = client.get(_path(pattern, world))
        if pattern == "/people/{p}" and who in READS_PLAN - READS_MONEY:
            assert response.status_code == 302, pattern
            assert response.location.endswith("/plan")
            continue
        assert response.status_code == (200 if who in may else 404), f"{who}: {pattern}"


@pytest.mark.parametrize("who", EVERYBODY)
def test_only_those_who_may_write_the_plan_change_it(client: FlaskClient, app: Flask, who: str) -> None:
    world = World()
    actor = EVERYBODY[who](world)
    sign_in(client, actor.user_id or 0)
    before = db.session.scalar(select(func.count(AuditRow.id)).where(AuditRow.action.not_in(["person.look"])))
    home = f"/people/{world.person_id}/plan"
    may = who in WRITES_PLAN
    answers = [
        submit(client, "/account/name", {"words": "Have a bath twice a week", "category": ""}, to=home),
        submit(client, "/account/name", {"words": "Other words", "category": ""}, to=f"{home}/{world.outcome_id}"),
    ]
    assert [answer.status_code for answer in answers] == ([302, 302] if may else [404, 404])
    ids = db.session.scalars(
        select(Outcome.id).where(Outcome.person_id == world.person_id, Outcome.ended_at.is_(None)).order_by(Outcome.id)
    ).all()
    for act in ("up", "down", "end"):
        answer = submit(client, "/account/name", {}, to=f"{home}/{ids[-1]}/{act}")
        assert answer.status_code == (302 if may else 404), f"{who}: {act}"
    after = db.session.scalar(select(func.count(AuditRow.id)).where(AuditRow.action.not_in(["person.look"])))
    assert (after > before) is may
    assert db.session.scalar(select(func.count(PlanNote.id))) == 0


@pytest.mark.parametrize("who", ["herself", "live mandate", "stranger"])
def test_an_outcome_of_somebody_else_is_not_reached_through_an_own_address(
    client: FlaskClient, app: Flask, who: str
) -> None:
    world, other = World(), World()
    sign_in(client, EVERYBODY[who](world).user_id or 0)
    home = f"/people/{world.person_id}/plan/{other.outcome_id}"
    assert client.get(home).status_code == 404
    assert client.get(f"{home}/find").status_code == 404
    for act in ("up", "down", "end", "notes"):
        answer = submit(client, "/account/name", {"listing_id": world.listing_id}, to=f"{home}/{act}")
        assert answer.status_code == 404, act
    assert db.session.scalar(select(Outcome.ended_at).where(Outcome.id == other.outcome_id)) is None


def test_without_a_sign_in_every_page_asks_for_one(client: FlaskClient, app: Flask) -> None:
    world = World()
    for pattern in (*PAGES, "/caseload", "/caseload/to-confirm", "/people/me", "/assisted"):
        response = client.get(_path(pattern, world))
        assert response.status_code == 302, pattern
        assert "/sign-in" in response.location


def test_a_council_officer_without_the_role_any_more_reads_nothing(client: FlaskClient, app: Flask) -> None:
    world = World()
    actor = world.holder(legal_basis=LegalBasis.COUNCIL_OFFICER)
    sign_in(client, actor.user_id or 0)
    assert client.get(f"/people/{world.person_id}").status_code == 404
