"""Who of some people has anybody at all to help them today, and what letters on paper wait for them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import and_, exists, func, select

from budgets.domain import ASSISTED_ACTIONS, SPENDING, ConsentKind, MandateAction, allowed
from budgets.domain.people import PRINTED_BY, LetterAbout
from budgets.models import Consent, Mandate, MandateScope, MandateStaff, PaperLetter, Person
from budgets.queries.access import live, named
from marketplace.accounts.queries import roles_of
from marketplace.database import db
from marketplace.kernel import clock


def may_print(actions: Collection[MandateAction]) -> frozenset[LetterAbout]:
    """The letters that whoever may do these things for a person prints for them."""
    return frozenset(about for about, any_of in PRINTED_BY.items() if any_of.intersection(actions))


def done_by_others(person_ids: Collection[int]) -> dict[int, frozenset[MandateAction]]:
    """What somebody may do today for each of these people, whoever that is: under a mandate that counts and names
    somebody who is still there, or at an access point. Three queries; nothing for whom nobody helps."""
    found: dict[int, set[MandateAction]] = defaultdict(set)
    if not person_ids:
        return {}
    rows: Any = db.session.execute(
        select(
            Mandate.person_id,
            Mandate.legal_basis,
            Mandate.organisation_id,
            MandateStaff.user_id,
            MandateScope.action,
            Person.flagged_at,
        )
        .join(MandateStaff, MandateStaff.mandate_id == Mandate.id)
        .join(MandateScope, MandateScope.mandate_id == Mandate.id)
        .join(Person, Person.id == Mandate.person_id)
        .where(Mandate.person_id.in_(person_ids), live(), named())
    ).all()
    roles = roles_of({row.user_id for row in rows})
    for row in rows:
        in_it = roles.get(row.user_id, {}).get(row.organisation_id, frozenset())
        may = allowed(row.legal_basis, row.organisation_id is not None, in_it)
        if row.action in (may - SPENDING if row.flagged_at else may):
            found[row.person_id].add(row.action)
    for row in db.session.execute(_served(person_ids)):
        found[row.person_id] |= ASSISTED_ACTIONS - SPENDING if row.flagged_at else ASSISTED_ACTIONS
    return {person_id: frozenset(actions) for person_id, actions in found.items()}


def _served(person_ids: Collection[int]) -> Any:
    """Those who are being helped at an access point now."""
    now = clock.now()
    served = exists().where(
        and_(
            Consent.person_id == Person.id,
            Consent.kind == ConsentKind.ASSISTED_ORDER,
            Consent.withdrawn_at.is_(None),
            Consent.given_at <= now,
            Consent.ends_at > now,
        )
    )
    return select(Person.id.label("person_id"), Person.flagged_at).where(Person.id.in_(person_ids), served)


def count_waiting(person_ids: Iterable[int]) -> dict[int, dict[LetterAbout, int]]:
    """How many letters to each of these people nobody has printed, by what they are about. One query."""
    found: dict[int, dict[LetterAbout, int]] = defaultdict(dict)
    rows: Any = db.session.execute(
        select(PaperLetter.person_id, PaperLetter.about, func.count())
        .where(PaperLetter.person_id.in_(set(person_ids)), PaperLetter.printed_at.is_(None))
        .group_by(PaperLetter.person_id, PaperLetter.about)
    )
    for person_id, about, count in rows:
        found[person_id][about] = count
    return found
