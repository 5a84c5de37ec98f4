"""Plan and buy together with a person who is here: that they are, and that they agree, is written down first."""

from datetime import datetime

from sqlalchemy import select, update

from budgets.domain import ConsentHow, MandateAction
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, for_each_dialect, rows_changed, send, table_of, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.models import PlannedTogether
from marketplace.planning.queries.rights import Rights, get_rights

LONGEST = 500
_BEGIN = for_each_dialect(
    lambda insert: insert(table_of(PlannedTogether)).on_conflict_do_nothing().returning(table_of(PlannedTogether).c.id)
)


def rights_to_plan_with(actor: Actor, person_id: int) -> Rights:
    """The rights of somebody who may write a person's plan under a mandate: a council's officer with the case, or whom
    the person let. Raises NotFound for anybody else, and for the person themself, who needs nobody to plan with."""
    rights = get_rights(actor, person_id, MandateAction.WRITE_PLAN)
    if rights.is_own or not rights.mandates:
        raise NotFound
    return rights


def begin(actor: Actor, person_id: int, *, how: ConsentHow, said: str | None = None) -> None:
    """The person is here and agrees: planning together is open until it is ended, or the day is over.

    Raises NotFound without the right, DomainError on the field at fault. Twice is once.
    """
    rights = rights_to_plan_with(actor, person_id)
    if how is ConsentHow.ONLINE:
        raise DomainError("Say how they agreed: spoken, or on paper.", field="how")
    said = " ".join((said or "").split())
    if len(said) > LONGEST:
        raise DomainError(f"Use {LONGEST} characters or fewer", field="said")
    with transaction():
        _end_old(actor, person_id)
        values = {
            "person_id": person_id,
            "user_id": actor.user_id,
            "mandate_id": rights.mandate_id,
            "how": how,
            "said": said or None,
            "began_at": clock.now(),
            "ended_at": None,
        }
        began = send(_BEGIN(), values).scalar_one_or_none()
        if began is not None:
            _record("together.begin", rights, actor, f"How they agreed: {how.value.replace('_', ' ')}. {said}".strip())


def end(actor: Actor, person_id: int) -> None:
    """It is over for now. Twice is once."""
    rights = rights_to_plan_with(actor, person_id)
    with transaction():
        ended = rows_changed(
            update(PlannedTogether)
            .where(
                PlannedTogether.person_id == person_id,
                PlannedTogether.user_id == actor.user_id,
                PlannedTogether.ended_at.is_(None),
            )
            .values(ended_at=clock.now())
        )
        if ended:
            _record("together.end", rights, actor, None)


def find_began(actor: Actor, person_id: int) -> datetime | None:
    """When the actor began to plan together with a person today; None when that is not so, or over."""
    return db.session.scalar(
        select(PlannedTogether.began_at).where(
            PlannedTogether.person_id == person_id,
            PlannedTogether.user_id == actor.user_id,
            PlannedTogether.ended_at.is_(None),
            PlannedTogether.began_at >= clock.start_of_day(clock.today()),
        )
    )


def _end_old(actor: Actor, person_id: int) -> None:
    """What was begun on an earlier day and never ended is over: consent is of the day."""
    db.session.execute(
        update(PlannedTogether)
        .where(
            PlannedTogether.person_id == person_id,
            PlannedTogether.user_id == actor.user_id,
            PlannedTogether.ended_at.is_(None),
            PlannedTogether.began_at < clock.start_of_day(clock.today()),
        )
        .values(ended_at=clock.now())
    )


def _record(action: str, rights: Rights, actor: Actor, reason: str | None) -> None:
    record(
        action,
        "person",
        rights.person.id,
        actor_user_id=actor.user_id,
        person_id=rights.person.id,
        mandate_id=rights.mandate_id,
        council_id=rights.person.council_id,
        reason=reason,
    )
