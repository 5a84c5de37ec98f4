"""Every role that acts for others comes in every relation, to every page and form about a person.

A live mandate (or, at an access point, a consent of today) opens what the matrix of permissions says, and no more. One
that has not begun, is over, was ended, stands still, waits for a second officer, is about other things, or is another
person's opens nothing: each refusal is the page for what does not exist, changes nothing, and is in the log.
"""

import logging
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from budgets.domain import LegalBasis, MandateAction
from budgets.models import Consent
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from tests.architecture import permissions
from tests.architecture.access_table import HIDDEN, SIGNED_IN, TABLE
from tests.architecture.test_access import Walk, _shape, routes
from tests.architecture.test_relations import ABOUT_A_PERSON, BUYERS_OWN
from tests.architecture.world import World, build, everything
from tests.browser import sign_in
from tests.factories.accounts import OrganisationFactory, UserFactory, user_with_role
from tests.factories.budgets import ConsentFactory, MandateFactory, PersonFactory

pytestmark = pytest.mark.trial

NOTHING_FITS = {
    "nominated": (),
    "budget_manager": (MandateAction.WRITE_PLAN,),
    "support_planner": (MandateAction.ORDER,),
    "social_worker": (MandateAction.REVIEW,),
}
"""Actions that a mandate may name and the role may never do: the wrong scope."""
STATES = ("not_started", "expired", "ended", "suspended", "unconfirmed")
BY_MANDATE = [(who, relation) for who in NOTHING_FITS for relation in ("live", *STATES, "wrong scope", "a stranger's")]
BY_CONSENT = [
    ("access_point_worker", relation)
    for relation in ("live", "not_started", "expired", "withdrawn", "another place's", "a stranger's")
]


@pytest.fixture
def database() -> str:
    return "sqlite"


def helper(world: World, who: str, relation: str) -> int:
    """Somebody in a role who stands in a relation to the person of the world."""
    with transaction():
        person_id = PersonFactory().id if relation == "a stranger's" else world.person_id
        user_id = UserFactory().id if who == "nominated" else user_with_role(Role(who)).id
        place = None if who == "nominated" else actor_of(user_id).memberships[0].organisation_id
        if who == "access_point_worker":
            _consent(person_id, place or 0, relation)
        else:
            more: dict[str, object] = {relation: True} if relation in STATES else {}
            if relation == "wrong scope":
                more["actions"] = NOTHING_FITS[who]
            basis = LegalBasis.COUNCIL_OFFICER if who == "social_worker" else LegalBasis.AGREEMENT
            MandateFactory(person_id=person_id, staff=[user_id], organisation_id=place, legal_basis=basis, **more)
    return user_id


def _consent(person_id: int, place: int, relation: str) -> None:
    now = clock.now()
    times = {
        "not_started": {"given_at": now + timedelta(hours=1), "ends_at": now + timedelta(hours=2)},
        "expired": {"given_at": now - timedelta(hours=2), "ends_at": now - timedelta(hours=1)},
    }
    if relation == "another place's":
        place = OrganisationFactory(kind="access_point", name="Another library").id
    consent = ConsentFactory(person_id=person_id, organisation_id=place, assisted=True, **times.get(relation, {}))
    if relation == "withdrawn":
        db.session.get_one(Consent, consent.id).withdrawn_at = now


def doors(app: Flask, method: str) -> list[tuple[str, str, object]]:
    """Each route about a person that everybody signed in may try, and that is not a buyer's own."""
    return [
        (endpoint, route.rule, route)
        for endpoint, its_method, route in routes(app)
        if its_method == method
        and TABLE[endpoint].who == SIGNED_IN
        and route.arguments & ABOUT_A_PERSON
        and not route.arguments & BUYERS_OWN
    ]


def marked(who: str, *, without_mandate: bool = False) -> set[str]:
    """Routes of which the matrix says that this role may; those that it may for its council, without any mandate."""
    return {
        endpoint
        for action in permissions.read()
        for endpoint in action.routes
        if action.may(who) and (not without_mandate or action.marks[who][0] in "✓2")
    }


@pytest.mark.parametrize(("who", "relation"), [*BY_MANDATE, *BY_CONSENT])
def test_each_role_in_each_relation_gets_what_the_matrix_says(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture, who: str, relation: str
) -> None:
    world = build()
    user_id = helper(world, who, relation)
    walk = Walk(app, client, "anonymous", world)
    sign_in(client, user_id)
    walk.nothing = _shape(client.get("/nothing-of-that-name"))
    caplog.set_level(logging.WARNING, "marketplace.accounts.access")
    token, before = walk.token(), everything()
    opened, wrong, tried = set(), [], 0
    for method in ("GET", "POST") if relation != "live" else ("GET",):
        for endpoint, rule, route in doors(app, method):
            caplog.clear()
            data = {"csrf_token": token} if method == "POST" else None
            with client.open(walk.address(route), method=method, data=data) as response:  # type: ignore[arg-type]
                tried += 1
                if response.status_code not in HIDDEN:
                    opened.add(endpoint)
                    client.get("/page-settings")  # a notice of what was done is for the page that comes next
                    continue
                # Who acts for the person reads on each page about them that they do, on a refusal too.
                if relation != "live" and _shape(response) != walk.nothing:
                    wrong.append(f"{method} {rule}: the refusal tells more than that nothing is there")
            if not any(f"for user {user_id}" in line and f"refused {method}" in line for line in caplog.messages):
                wrong.append(f"{method} {rule}: the refusal is not in the log")
    if relation == "live":
        beyond = sorted(opened - marked(who))
        assert (beyond, wrong) == ([], [])
        assert opened, "a live mandate opens something"
    else:
        after = everything()
        by_role = opened & marked(who, without_mandate=True)
        looked = {"audit_rows"} if by_role else set()  # who looks for a council is written down
        changed = {table for table, rows in before.items() if after[table] != rows} - looked
        assert (opened - by_role, changed, wrong) == (set(), set(), [])
    assert tried > 30
