"""Planning together: the person is here and agrees, each step is kept at once, and a copy is theirs."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from budgets.domain import ConsentHow, MandateAction
from budgets.queries.outcomes import list_outcomes
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.models import PlannedTogether
from marketplace.planning.services import together
from tests.browser import sign_in, submit, text_of
from tests.integration.planning.world import World, somebody

WORDS = "Ah want tae git oot mair, an’ no sit aboot"
HELPS = {"kind": "family", "words": "Ann drives me to the choir on Sundays"}


def worker_of(world: World) -> Actor:
    return world.holder(role=Role.SOCIAL_WORKER)


def test_the_steps_lead_from_consent_to_a_printed_copy_and_keep_the_persons_own_words(
    client: FlaskClient, app: Flask
) -> None:
    world = World()
    sadie = worker_of(world)
    sign_in(client, sadie.user_id or 0)
    home = f"/people/{world.person_id}/together"
    assert "Plan together with Margaret" in text_of(client.get(f"/people/{world.person_id}"))
    assert client.get(f"{home}/outcomes").location == home  # first of all they are asked
    assert "Choose how they agreed" in text_of(submit(client, home, {}))
    assert submit(client, home, {"how": "spoken", "said": "Aye, go on"}).location == f"{home}/outcomes"
    kept = submit(client, f"{home}/outcomes", {"words": WORDS, "another": "1"})
    assert kept.location == f"{home}/outcomes"
    assert f"“{WORDS}”" in text_of(client.get(f"{home}/outcomes"))
    first, said = (outcome.id for outcome in list_outcomes(world.person_id))
    # Whatever was typed is kept by whichever button, and an empty box just goes on.
    assert submit(client, f"{home}/outcomes", {"submit": "1"}).location == f"{home}/outcomes/{first}/help"
    too_long = submit(client, f"{home}/outcomes", {"words": "x" * 301, "submit": "1"})
    assert "x" * 301 in too_long.get_data(as_text=True)
    helps = f"{home}/outcomes/{said}/help"
    assert submit(client, helps, {**HELPS, "submit": "1"}).location == f"{home}/outcomes/{said}/look"
    assert submit(client, helps, {"another": "1"}).status_code == 200
    look = client.get(f"{home}/outcomes/{said}/look")
    assert "Ann drives me to the choir" in text_of(look)
    assert f"/people/{world.person_id}/plan/{said}/find" in look.get_data(as_text=True)
    bought = submit(
        client,
        f"/people/{world.person_id}/plan/{said}/find",
        {"listing_id": world.listing_id, "person_id": world.person_id, "outcome_id": said, "quantity": "1"},
        to="/basket/add",
    )
    assert bought.status_code == 302
    basket = client.get(f"/basket?for={world.person_id}")
    assert "Back to planning together" in text_of(basket)
    shown = text_of(client.get(f"{home}/choices"))
    for words in (WORDS, "Ann drives me", "In the basket, not ordered yet: £", "who was there and agreed"):
        assert words in shown
    paper = client.get(f"{home}/copy.pdf")
    assert paper.mimetype == "application/pdf"
    assert paper.data.startswith(b"%PDF-")
    submit(client, f"{home}/choices", {}, to=f"{home}/end")
    assert client.get(f"{home}/choices").location == home
    assert "Back to planning together" not in text_of(client.get(f"/basket?for={world.person_id}"))
    record = db.session.execute(
        select(AuditRow.action, AuditRow.reason).where(AuditRow.action.startswith("together.")).order_by(AuditRow.id)
    ).all()
    assert [tuple(row) for row in record] == [
        ("together.begin", "How they agreed: spoken. Aye, go on"),
        ("together.end", None),
    ]
    sign_in(client, world.user_id)
    acts = text_of(client.get(f"/people/{world.person_id}/audit"))
    assert "began to plan together with this person, who was there and agreed" in acts


def test_only_whoever_may_write_the_plan_for_somebody_else_plans_together(app: Flask) -> None:
    world = World()
    for reader in (
        world.margaret,
        somebody(Role.SOCIAL_WORKER),
        world.worker(),
        world.holder(role=Role.BUDGET_MANAGER),
        world.holder(role=Role.SOCIAL_WORKER, actions=(MandateAction.READ_PLAN, MandateAction.ORDER)),
        world.holder(role=Role.SOCIAL_WORKER, ends_on=clock.today() - timedelta(days=1)),
    ):
        with pytest.raises(NotFound):
            together.begin(reader, world.person_id, how=ConsentHow.SPOKEN)
    sadie = worker_of(world)
    with pytest.raises(DomainError, match="spoken, or on paper"):
        together.begin(sadie, world.person_id, how=ConsentHow.ONLINE)
    assert together.find_began(sadie, world.person_id) is None


def test_consent_is_of_the_day_and_begun_twice_it_is_once(app: Flask) -> None:
    world = World()
    sadie, colleague = worker_of(world), worker_of(world)
    for _ in range(2):
        together.begin(sadie, world.person_id, how=ConsentHow.ON_PAPER)
    together.end(colleague, world.person_id)  # what Margaret agreed to with Sadie is Sadie's
    assert together.find_began(colleague, world.person_id) is None
    assert together.find_began(sadie, world.person_id) is not None
    (row,) = db.session.scalars(select(PlannedTogether)).all()
    values = {name: getattr(row, name) for name in ("person_id", "user_id", "mandate_id", "how", "began_at")}
    with pytest.raises(IntegrityError), transaction():  # the database keeps it to one
        db.session.execute(insert(PlannedTogether).values(**values))
    with clock.fixed_clock(clock.now() + timedelta(days=1)):
        assert together.find_began(sadie, world.person_id) is None
        together.begin(sadie, world.person_id, how=ConsentHow.SPOKEN)
        assert together.find_began(sadie, world.person_id) is not None
    db.session.rollback()
    assert sorted(bool(each.ended_at) for each in db.session.scalars(select(PlannedTogether))) == [False, True]
