"""Who is paid from a direct payment: said once of each provider, and judged by regulation 3 at every order.

What the regulation forbids is refused until an officer of the council has recorded that it is necessary, with a reason
and dates, and a second officer has agreed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import insert, select, update

from budgets.constraints import named_constraints
from budgets.domain import MandateAction
from budgets.domain.payees import FORBIDDEN, Declaration, Necessity, NecessityState, PayeeStanding, Relationship
from budgets.errors import LineRefused
from budgets.models import PayeeDeclaration, PayeeNecessity, Person
from budgets.payee_words import ask_first_words, refusal_words
from budgets.queries.access import get_access
from budgets.queries.payees import get_declaration, get_necessity, list_necessities, payee_standings
from budgets.queries.people import get_person
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council, get_organisation
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound

RELATION = "relation_"
"""A form's field for one provider begins like this."""
_COPIED = tuple(
    getattr(PayeeDeclaration, name)
    for name in ("organisation_id", "relationship", "declared_by_user_id", "mandate_id", "declared_at")
)
LONGEST_NECESSITY = timedelta(days=3 * 366)


def declare(actor: Actor, person_id: int, said: Mapping[int, Relationship]) -> None:
    """The person, or whoever may order for them, says what each provider's people are to the person.

    The same again writes nothing; anything else stands from now on beside what was said before. Raises NotFound.
    """
    access = get_access(actor, person_id, MandateAction.ORDER)
    if Relationship.NOT_ASKED in said.values():
        raise NotFound
    with transaction():
        db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
        standing = payee_standings(person_id, said.keys())
        for organisation_id, relationship in sorted(said.items()):
            before = standing.get(organisation_id, PayeeStanding()).relationship
            if before is relationship:
                continue
            get_organisation(organisation_id)
            db.session.execute(
                insert(PayeeDeclaration).values(
                    person_id=person_id,
                    organisation_id=organisation_id,
                    relationship=relationship,
                    declared_by_user_id=actor.user_id,
                    mandate_id=access.mandate.id if access.mandate else None,
                    declared_at=clock.now(),
                )
            )
            record(
                "payee.declare",
                "person",
                person_id,
                actor_user_id=actor.user_id,
                person_id=person_id,
                mandate_id=access.mandate.id if access.mandate else None,
                organisation_id=organisation_id,
                council_id=access.person.council_id,
                relationship=relationship.value,
                before=before.value if before else None,
            )


def bring_answers(kept_id: int, merged_id: int) -> None:
    """Two records become one: what was said of the payees of the one that goes was said of this person. In a merge.

    Copied with its day and with whoever said it, for facts never change. The record that stays keeps the last word on
    a payee of whom both spoke, unless the other one's forbids to pay them: joining records loosens nothing.
    """
    theirs = db.session.execute(
        select(*_COPIED).where(PayeeDeclaration.person_id == merged_id).order_by(PayeeDeclaration.id)
    ).all()
    if not theirs:
        return
    last = {row.organisation_id: row.relationship for row in theirs}
    own = payee_standings(kept_id, last)
    for row in theirs:
        db.session.execute(insert(PayeeDeclaration).values(person_id=kept_id, **row._mapping))
    for organisation_id, standing in own.items():
        said = standing.relationship
        if said is not None and said is not last[organisation_id] and last[organisation_id] not in FORBIDDEN:
            _say_again(kept_id, organisation_id, said)


def take_answers_back(kept_id: int, merged_id: int) -> None:
    """The merge is undone: what was brought does not count for the record that stays any more. In an undoing.

    Of a payee of whom only the other record had spoken, it is asked again.
    """
    brought = select(PayeeDeclaration.organisation_id).where(PayeeDeclaration.person_id == merged_id)
    rows = db.session.execute(
        select(PayeeDeclaration.organisation_id, PayeeDeclaration.relationship, PayeeDeclaration.declared_at)
        .where(PayeeDeclaration.person_id == kept_id, PayeeDeclaration.organisation_id.in_(brought))
        .order_by(PayeeDeclaration.id)
    ).all()
    theirs = {
        (row.organisation_id, row.declared_at)
        for row in db.session.execute(
            select(PayeeDeclaration.organisation_id, PayeeDeclaration.declared_at).where(
                PayeeDeclaration.person_id == merged_id
            )
        )
    }
    last: dict[int, Relationship] = {}
    for row in rows:
        if (row.organisation_id, row.declared_at) in theirs:
            last.setdefault(row.organisation_id, Relationship.NOT_ASKED)
        else:
            last[row.organisation_id] = row.relationship
    for organisation_id, said in sorted(last.items()):
        _say_again(kept_id, organisation_id, said)


def _say_again(person_id: int, organisation_id: int, said: Relationship) -> None:
    db.session.execute(
        insert(PayeeDeclaration).values(
            person_id=person_id, organisation_id=organisation_id, relationship=said, declared_at=clock.now()
        )
    )


def judge_payees(
    person_id: int, organisation_ids: Collection[int], standings: Mapping[int, PayeeStanding] | None = None
) -> None:
    """Raise LineRefused unless a direct payment may pay each of these providers for a person now.

    `standings` are those of `payee_standings` where the caller has read them in this transaction: else one statement.
    """
    known = payee_standings(person_id, organisation_ids) if standings is None else standings
    for organisation_id in sorted(organisation_ids):
        standing = known.get(organisation_id, PayeeStanding())
        if not standing.may_be_paid:
            raise refusal(person_id, organisation_id, standing)


def refusal(person_id: int, organisation_id: int, standing: PayeeStanding) -> LineRefused:
    """Why a direct payment may not pay a provider, with whom to ask."""
    person, provider = get_person(person_id), get_organisation(organisation_id).name
    field = f"{RELATION}{organisation_id}"
    if not standing.is_declared or standing.relationship is None:
        return LineRefused(ask_first_words(provider, person.name), field=field)
    council = get_council(person.council_id).name if person.council_id is not None else "the council"
    return LineRefused(refusal_words(standing.relationship, provider, person.name, council), field=field)


@dataclass(frozen=True)
class RecordNecessity:
    """What an officer writes down: of which declared payee, why paying them is necessary, from when until when."""

    declaration_id: int
    reason: str
    starts_on: date
    ends_on: date


def record_necessity(actor: Actor, wanted: RecordNecessity) -> int:
    """A social worker of the person's council records that paying a relative is necessary; answers its id.

    It counts when a second officer has agreed. Raises NotFound for anybody else, NotAllowed for a payee who needs none
    or has one, DomainError on the field at fault.
    """
    declaration = officers_declaration(actor, wanted.declaration_id)
    person = get_person(declaration.person_id)
    if declaration.relationship not in FORBIDDEN:
        raise NotAllowed("A direct payment may pay them anyway: nothing has to be recorded.")
    reason = wanted.reason.strip()
    if not reason:
        raise DomainError("Say why paying them is necessary", field="reason")
    if wanted.ends_on < max(wanted.starts_on, clock.today()):
        raise DomainError("The last day must be today or later, and not before the first day.", field="ends_on")
    if wanted.ends_on - wanted.starts_on > LONGEST_NECESSITY:
        raise DomainError("It can stand for 3 years at most. It can be recorded again then.", field="ends_on")
    with transaction(), named_constraints():
        payee = (declaration.person_id, declaration.organisation_id)
        if any(_is_open(one) for one in list_necessities([payee]).get(payee, [])):
            raise NotAllowed("There is a record of this already. Look at it, or end it first.")
        necessity_id: int = db.session.execute(
            insert(PayeeNecessity)
            .values(
                person_id=declaration.person_id,
                organisation_id=declaration.organisation_id,
                council_id=person.council_id,
                reason=reason,
                starts_on=wanted.starts_on,
                ends_on=wanted.ends_on,
                recorded_by_user_id=actor.user_id,
                recorded_at=clock.now(),
            )
            .returning(PayeeNecessity.id)
        ).scalar_one()
        _record(actor, get_necessity(necessity_id), "payee.record_necessity", reason)
        return necessity_id


def decide_necessity(actor: Actor, necessity_id: int, *, agrees: bool) -> None:
    """A second officer agrees that it is necessary, or does not. Whoever recorded it may take it back.

    Raises NotFound for anybody else, NotAllowed for the first officer's own agreement and for what waits no more.
    """
    necessity = officers_necessity(actor, necessity_id)
    if agrees and necessity.recorded_by_user_id == actor.user_id:
        raise NotAllowed("You recorded this, so a second officer has to agree.")
    with transaction(), named_constraints():
        decided = rows_changed(
            update(PayeeNecessity)
            .where(
                PayeeNecessity.id == necessity_id,
                PayeeNecessity.approved.is_(None),
                PayeeNecessity.ended_at.is_(None),
                PayeeNecessity.ends_on >= clock.today(),
            )
            .values(approved=agrees, decided_by_user_id=actor.user_id, decided_at=clock.now())
        )
        if not decided:
            raise NotAllowed("This waits for nobody. Look at the page again to see where it stands.")
        _record(actor, necessity, "payee.agree_necessity" if agrees else "payee.send_back_necessity")


def end_necessity(actor: Actor, necessity_id: int, *, reason: str) -> None:
    """An officer ends it now: the direct payment may not pay them for anything new. Again, it changes nothing.

    Raises NotFound for anybody else, DomainError on `reason`.
    """
    necessity = officers_necessity(actor, necessity_id)
    reason = reason.strip()
    if not reason:
        raise DomainError("Say why, so that the next person knows", field="reason")
    with transaction():
        ended = rows_changed(
            update(PayeeNecessity)
            .where(PayeeNecessity.id == necessity_id, PayeeNecessity.ended_at.is_(None))
            .values(ended_at=clock.now(), ended_by_user_id=actor.user_id, end_reason=reason)
        )
        if ended:
            _record(actor, necessity, "payee.end_necessity", reason)


def officers_declaration(actor: Actor, declaration_id: int) -> Declaration:
    """A declaration, for social workers of the person's council; NotFound for anybody else."""
    declaration = get_declaration(declaration_id)
    _check_officer(actor, declaration.person_id)
    return declaration


def officers_necessity(actor: Actor, necessity_id: int) -> Necessity:
    """A record, for social workers of the person's council; NotFound for anybody else."""
    necessity = get_necessity(necessity_id)
    _check_officer(actor, necessity.person_id)
    return necessity


def _check_officer(actor: Actor, person_id: int) -> None:
    council_id = get_person(person_id).council_id
    if council_id is None or council_id not in actor.council_ids(Role.SOCIAL_WORKER):
        raise NotFound


def _is_open(necessity: Necessity) -> bool:
    return necessity.state(clock.today()) in (
        NecessityState.WAITING,
        NecessityState.NOT_STARTED,
        NecessityState.COUNTS,
    )


def _record(actor: Actor, necessity: Necessity, action: str, reason: str | None = None) -> None:
    record(
        action,
        "payee_necessity",
        necessity.id,
        actor_user_id=actor.user_id,
        person_id=necessity.person_id,
        organisation_id=necessity.organisation_id,
        council_id=get_person(necessity.person_id).council_id,
        reason=reason,
    )
