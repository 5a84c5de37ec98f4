"""Look at somebody who stands out and say why; say that something is all right; set the rules, by two officers."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import insert

from budgets.queries.people import get_person
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.planning.models import MonitoringAnswer, MonitoringLook, MonitoringRule
from marketplace.planning.monitoring import EXPLAINED_DAYS, KINDS, Sign
from marketplace.planning.queries.evidence import has_live_look
from marketplace.planning.queries.monitoring import get_person_monitored

OFFICERS = (Role.COUNCIL_FINANCE, Role.AUDITOR)
LOOK_LASTS = timedelta(hours=24)
LOOK = "monitoring.look"


@dataclass(frozen=True)
class SetRule:
    """One sign as a council wants it from a day on."""

    council_id: int
    sign: Sign
    is_on: bool
    measure: int
    starts_on: date
    reason: str


def council_of(actor: Actor, person_id: int) -> int:
    """The council for which an officer may look at a person. Raises NotFound for another council's people."""
    person = get_person(person_id)
    if person.council_id is None or person.council_id not in actor.council_ids(*OFFICERS):
        raise NotFound
    return person.council_id


def look(actor: Actor, person_id: int, reason: str) -> None:
    """Begin a look of 24 hours at one person. The reason is written down, and the person can read it.

    Raises NotFound for another council's people and for somebody whose budget does not run.
    """
    with transaction():
        council_id = council_of(actor, person_id)
        if get_person_monitored(council_id, person_id) is None:
            raise NotFound
        now = clock.now()
        db.session.execute(
            insert(MonitoringLook).values(
                person_id=person_id,
                council_id=council_id,
                user_id=actor.user_id,
                reason=reason,
                at=now,
                ends_at=now + LOOK_LASTS,
            )
        )
        record(
            LOOK,
            "person",
            person_id,
            actor_user_id=actor.user_id,
            person_id=person_id,
            council_id=council_id,
            organisation_id=_workplace(actor, council_id),
            reason=reason,
        )


def explain(actor: Actor, person_id: int, sign: Sign, order_id: int | None, words: str) -> None:
    """Say that something that stands out is all right. About an order it stands out no more; else not for 12 weeks.

    Raises NotFound unless the actor looks at this person now, and for what does not stand out.
    """
    with transaction():
        council_id = council_of(actor, person_id)
        shown = get_person_monitored(council_id, person_id)
        if shown is None or not has_live_look(actor, person_id):
            raise NotFound
        if not any((each.sign, each.order_id) == (sign, order_id) for each in shown.found):
            raise NotFound
        until = None if order_id is not None else clock.today() + timedelta(days=EXPLAINED_DAYS)
        db.session.execute(
            insert(MonitoringAnswer).values(
                person_id=person_id,
                council_id=council_id,
                sign=sign,
                order_id=order_id,
                until=until,
                words=words,
                by_user_id=actor.user_id,
                at=clock.now(),
            )
        )
        record(
            "monitoring.explain",
            "order" if order_id is not None else "person",
            order_id if order_id is not None else person_id,
            actor_user_id=actor.user_id,
            person_id=person_id,
            council_id=council_id,
            reason=words,
            sign=sign.value,
        )


def set_rule(actor: Actor, wanted: SetRule) -> None:
    """Write down what a council wants to call standing out; it counts when a second officer of finance agreed.

    Raises NotFound for another council, DomainError on the field at fault.
    """
    kind = KINDS[wanted.sign]
    if wanted.council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound
    if not kind.least <= wanted.measure <= kind.most:
        raise DomainError(f"Enter a number from {kind.least:,} to {kind.most:,}.", field="measure")
    if wanted.starts_on < clock.today():
        raise DomainError("Choose today or a later day: what stood out before stays as it was.", field="starts_on")
    with transaction():
        row = MonitoringRule(
            council_id=wanted.council_id,
            sign=wanted.sign,
            is_on=wanted.is_on,
            measure=wanted.measure,
            starts_on=wanted.starts_on,
            reason=wanted.reason,
            set_by_user_id=actor.user_id or 0,
            set_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        _record_rule("monitoring.set_rule", actor, row)


def agree_rule(actor: Actor, rule_id: int) -> None:
    """A second officer of finance agrees to a rule. Agreeing again changes nothing.

    Raises NotFound for another council's, NotAllowed for whoever set it.
    """
    with transaction():
        row = db.session.get(MonitoringRule, rule_id, with_for_update=True, populate_existing=True)
        if row is None or row.council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
            raise NotFound
        if row.agreed_at is not None:
            return
        if row.set_by_user_id == actor.user_id:
            raise NotAllowed("You set this rule, so somebody else of council finance has to agree to it.")
        row.agreed_by_user_id, row.agreed_at = actor.user_id, clock.now()
        _record_rule("monitoring.agree_rule", actor, row)


def _record_rule(action: str, actor: Actor, row: MonitoringRule) -> None:
    record(
        action,
        "monitoring_rule",
        row.id,
        actor_user_id=actor.user_id,
        council_id=row.council_id,
        organisation_id=_workplace(actor, row.council_id),
        reason=row.reason,
        sign=row.sign.value,
        is_on=row.is_on,
        measure=row.measure,
    )


def _workplace(actor: Actor, council_id: int) -> int | None:
    return next((m.organisation_id for m in actor.memberships if m.council_id == council_id), None)
