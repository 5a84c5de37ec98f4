"""Grant, confirm, pause and end mandates: the dated, limited authority by which named people act for one person.

Only a mandate by the person's agreement is the person's alone to grant and to end. What an officer of the council
writes down counts once a second officer has confirmed it. No mandate renews itself, and none is ever deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import insert, update

from budgets.constraints import named_constraints
from budgets.domain import ConsentHow, LegalBasis, MandateAction, PersonView, allowed
from budgets.models import Mandate, MandatePot, MandateScope, MandateStaff
from budgets.queries.mandates import (
    MandateLine,
    MandateState,
    default_order_limit,
    get_mandate,
    get_mandate_for,
    is_officer,
    list_pots,
)
from budgets.queries.people import get_person
from budgets.services import mandate_letters as letters
from budgets.services.mandate_papers import add_paper
from budgets.services.mandate_record import record_act
from budgets.services.taking_over import take_over
from budgets.words import BASIS_QUESTION, possessive, short_name
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of, find_user_by_email
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound

LONGEST = timedelta(days=3 * 366)
MOST_STAFF = 5
STAFF_ROLES = (Role.BUDGET_MANAGER, Role.SUPPORT_PLANNER, Role.SOCIAL_WORKER)


@dataclass(frozen=True)
class Authority:
    """What a mandate is to allow: whom, what, how much, and from when until when.

    `staff_emails` name users by the address of their account. With `for_organisation` they act as staff of the
    organisation in which all of them are Budget Managers, planners or social workers, else as themselves.
    `order_limit_pence` None takes the default limit; `no_order_limit` means there is none. `pot_ids` limits it to pots
    of the person; empty, it covers all their money.
    """

    person_id: int
    staff_emails: tuple[str, ...]
    actions: frozenset[MandateAction]
    starts_on: date
    ends_on: date
    order_limit_pence: int | None = None
    month_limit_pence: int | None = None
    for_organisation: bool = False
    no_order_limit: bool = False
    pot_ids: frozenset[int] = frozenset()


def grant(actor: Actor, authority: Authority) -> int:
    """The person alone grants this online, by agreement; it counts from its first day. Answers the mandate's id.

    Raises NotFound unless the actor is the person, DomainError on the field that has to change.
    """
    person = get_person(authority.person_id)
    if actor.user_id is None or person.user_id != actor.user_id:
        raise NotFound
    with transaction(), named_constraints():
        mandate_id = write(actor, person, authority, LegalBasis.AGREEMENT, ConsentHow.ONLINE, None, confirmed=True)
        letters.granted(get_mandate(mandate_id))
        return mandate_id


def record_by_officer(
    actor: Actor,
    authority: Authority,
    *,
    basis: LegalBasis,
    how: ConsentHow,
    evidence: str,
    given_on: date | None = None,
    read_by: str | None = None,
    papers: Sequence[tuple[bytes, str]] = (),
) -> int:
    """A social worker of the person's council writes down a mandate that was not granted online; answers its id.

    It counts when a second officer has confirmed it. `evidence` says what was seen: a signed form, a court order and
    its date. `papers` are files that show it, with their names. A person's own agreement that was not given online
    names its day, and who read it to them. Raises NotFound for anybody else, DomainError on the field at fault.
    """
    person = get_person(authority.person_id)
    if person.council_id is None or person.council_id not in actor.council_ids(Role.SOCIAL_WORKER):
        raise NotFound
    if not evidence.strip():
        raise DomainError(
            "Say what you have seen, such as the signed form or the court order and its date.", field="evidence"
        )
    if how is ConsentHow.ONLINE:
        raise DomainError("Say how it was given: on paper, or spoken.", field="how")
    check_given(basis, given_on, read_by)
    if basis is not LegalBasis.COUNCIL_OFFICER and actor.email in authority.staff_emails:
        raise DomainError("An officer who writes this down cannot be named in it.", field="staff")
    with transaction(), named_constraints():
        mandate_id = write(
            actor,
            person,
            authority,
            basis,
            how,
            evidence.strip(),
            confirmed=False,
            given_on=given_on,
            read_by=(read_by or "").strip() or None,
        )
        for content, name in papers:
            add_paper(actor, mandate_id, content, name)
        return mandate_id


def check_given(basis: LegalBasis, given_on: date | None, read_by: str | None) -> None:
    """Raise DomainError on the field at fault, unless it says when and before whom an agreement was given."""
    if given_on is not None and given_on > clock.today():
        raise DomainError("The day on which it was given cannot be in the future.", field="given_on")
    if basis is LegalBasis.AGREEMENT and given_on is None:
        raise DomainError("Enter the day on which they agreed", field="given_on")
    if basis is LegalBasis.AGREEMENT and not (read_by or "").strip():
        raise DomainError("Say who read it to them, or saw that they read it themselves", field="read_by")


def confirm(actor: Actor, mandate_id: int) -> None:
    """A second officer of the council confirms what the first wrote down. It counts from now, or from its first day.

    Raises NotFound for anybody else, NotAllowed for the officer who wrote it down and for those it names.
    """
    mandate = get_mandate(mandate_id)
    if mandate.council_id not in actor.council_ids(Role.SOCIAL_WORKER):
        raise NotFound
    if actor.user_id == mandate.granted_by_user_id:
        raise NotAllowed("You wrote this down, so a second officer has to confirm it.")
    if actor.user_id in mandate.everybody_named:
        raise NotAllowed("You are named in this authority, so another officer has to confirm it.")
    with transaction(), named_constraints():
        confirmed = rows_changed(
            update(Mandate)
            .where(Mandate.id == mandate_id, Mandate.confirmed_at.is_(None), Mandate.ended_at.is_(None))
            .values(confirmed_at=clock.now(), confirmed_by_user_id=actor.user_id)
        )
        if not confirmed:
            raise NotAllowed("This authority waits for nobody. Look at the page again to see where it stands.")
        _record(actor, mandate, "mandate.confirm")
        take_over(actor, mandate_id)
        letters.granted(get_mandate(mandate_id))


def end(actor: Actor, mandate_id: int, *, reason: str | None = None) -> None:
    """End a mandate now. Doing so again changes nothing.

    The person ends what they agreed to; those named give up their own; an officer of the person's council ends any.
    Raises NotFound for strangers, NotAllowed with the words how to question it for the person of another legal basis.
    """
    mandate = get_mandate_for(actor, mandate_id)
    if mandate.is_open and not can_end(actor, mandate):
        raise NotAllowed(BASIS_QUESTION[mandate.legal_basis])
    with transaction():
        ended = rows_changed(
            update(Mandate)
            .where(Mandate.id == mandate_id, Mandate.ended_at.is_(None))
            .values(ended_at=clock.now(), ended_by_user_id=actor.user_id, end_reason=reason or None)
        )
        if ended:
            _record(actor, mandate, "mandate.end", reason)
            letters.ended(mandate, reason)


def suspend(actor: Actor, mandate_id: int, *, reason: str) -> None:
    """An officer of the person's council stops new spending under a mandate; what is booked goes on. Twice is once.

    Raises NotFound for anybody else, DomainError on `reason`.
    """
    mandate = get_mandate(mandate_id)
    if not is_officer(actor, mandate.council_id):
        raise NotFound
    if not reason.strip():
        raise DomainError("Say why, so that the next person knows", field="reason")
    with transaction():
        suspended = rows_changed(
            update(Mandate)
            .where(Mandate.id == mandate_id, Mandate.suspended_at.is_(None), Mandate.ended_at.is_(None))
            .values(suspended_at=clock.now())
        )
        if suspended:
            _record(actor, mandate, "mandate.suspend", reason)
            letters.suspended(mandate)


def resume(actor: Actor, mandate_id: int, *, reason: str) -> None:
    """A safeguarding lead of the person's council lets a paused mandate go on. Twice is once.

    Raises NotFound for anybody else, DomainError on `reason`.
    """
    mandate = get_mandate(mandate_id)
    if mandate.council_id not in actor.council_ids(Role.SAFEGUARDING_LEAD):
        raise NotFound
    if not reason.strip():
        raise DomainError("Say why, so that the next person knows", field="reason")
    with transaction():
        resumed = rows_changed(
            update(Mandate)
            .where(Mandate.id == mandate_id, Mandate.suspended_at.is_not(None), Mandate.ended_at.is_(None))
            .values(suspended_at=None)
        )
        if resumed:
            _record(actor, mandate, "mandate.resume", reason)
            letters.suspended(mandate, resumed=True)


def write(
    actor: Actor,
    person: PersonView,
    authority: Authority,
    basis: LegalBasis,
    how: ConsentHow,
    evidence: str | None,
    *,
    confirmed: bool,
    given_on: date | None = None,
    read_by: str | None = None,
) -> int:
    """Write a mandate down, in the open transaction of a caller that judged the actor; answers its id.

    Raises DomainError on the field at fault.
    """
    _check_dates(authority)
    if authority.pot_ids - {pot.id for pot in list_pots(person.id)}:
        raise DomainError("Choose pots of this person, or none for all their money", field="pots")
    staff, organisation_id = _staff(person, authority)
    actions = _actions(authority, basis, organisation_id, staff)
    limit = authority.order_limit_pence
    if authority.no_order_limit:
        limit = None
    elif limit is None:
        limit = default_order_limit(person.id)
    now = clock.now()
    mandate_id: int = db.session.execute(
        insert(Mandate)
        .values(
            person_id=person.id,
            organisation_id=organisation_id,
            legal_basis=basis,
            order_limit_pence=limit,
            month_limit_pence=authority.month_limit_pence,
            starts_on=authority.starts_on,
            ends_on=authority.ends_on,
            granted_by_user_id=actor.user_id,
            granted_how=how,
            granted_at=now,
            evidence=evidence,
            given_on=given_on,
            read_by=read_by,
            confirmed_at=now if confirmed else None,
        )
        .returning(Mandate.id)
    ).scalar_one()
    db.session.execute(insert(MandateStaff), [{"mandate_id": mandate_id, "user_id": a.user_id} for a in staff])
    db.session.execute(insert(MandateScope), [{"mandate_id": mandate_id, "action": a} for a in sorted(actions)])
    if authority.pot_ids:
        pots = [{"mandate_id": mandate_id, "pot_id": pot_id} for pot_id in sorted(authority.pot_ids)]
        db.session.execute(insert(MandatePot), pots)
    _record(actor, get_mandate(mandate_id), "mandate.grant" if confirmed else "mandate.record")
    return mandate_id


def _check_dates(authority: Authority) -> None:
    if authority.ends_on < authority.starts_on:
        raise DomainError("The last day must be on or after the first day.", field="ends_on")
    if authority.ends_on < clock.today():
        raise DomainError("The last day must be today or later.", field="ends_on")
    if authority.ends_on - authority.starts_on > LONGEST:
        raise DomainError("An authority lasts 3 years at most. It can be given again then.", field="ends_on")


def _staff(person: PersonView, authority: Authority) -> tuple[list[Actor], int | None]:
    """Those named, and the organisation for which they act."""
    emails = list(dict.fromkeys(email.strip().lower() for email in authority.staff_emails if email.strip()))
    if not emails:
        raise DomainError("Enter the email address of somebody who may act", field="staff")
    if len(emails) > MOST_STAFF:
        raise DomainError(f"Name {MOST_STAFF} people or fewer", field="staff")
    found: list[Actor] = []
    for email in emails:
        user = find_user_by_email(email)
        if user is None or user.verified_at is None:
            raise DomainError(
                f"There is no account yet with the email address {email}. Ask them to make one, then try again.",
                field="staff",
            )
        if user.id == person.user_id:
            raise DomainError(f"Name somebody other than {short_name(person.name)}", field="staff")
        found.append(actor_of(user.id))
    if not authority.for_organisation:
        return found, None
    in_common = set.intersection(*(set(a.organisation_ids(*STAFF_ROLES)) for a in found))
    if not in_common:
        raise DomainError(
            "They do not all work for one organisation that helps people with budgets. Check the addresses, or say "
            "that they act as themselves.",
            field="staff",
        )
    return found, min(in_common)


def _actions(
    authority: Authority, basis: LegalBasis, organisation_id: int | None, staff: Sequence[Actor]
) -> frozenset[MandateAction]:
    """What was chosen, as far as a mandate of that kind can hold it for at least one of those named."""
    if not authority.actions:
        raise DomainError("Choose at least one thing that they may do", field="actions")
    most: frozenset[MandateAction] = frozenset()
    for one in staff:
        roles = frozenset(m.role for m in one.memberships if m.organisation_id == organisation_id)
        most |= allowed(basis, organisation_id is not None, roles)
    possible = authority.actions & most
    if not possible:
        raise DomainError("People in that job may do none of these. Choose something else.", field="actions")
    return possible


def works_for(actor: Actor, organisation_id: int) -> bool:
    """Whether somebody is staff of an organisation in a job that a mandate can name."""
    return organisation_id in actor.organisation_ids(*STAFF_ROLES)


def _record(actor: Actor, mandate: MandateLine, action: str, reason: str | None = None) -> None:
    basis, limit = mandate.legal_basis.value, mandate.order_limit_pence
    record_act(actor, mandate, action, reason=reason, basis=basis, order_limit_pence=limit)


def can_end(actor: Actor, mandate: MandateLine) -> bool:
    """Whether `end` would do it: what a page asks before it shows the button."""
    if not mandate.is_open:
        return False
    is_named = mandate.names(actor) and actor.user_id in mandate.staff_ids
    is_agreed = mandate.person_user_id == actor.user_id and mandate.legal_basis is LegalBasis.AGREEMENT
    return is_named or is_agreed or is_officer(actor, mandate.council_id)


def can_confirm(actor: Actor, mandate: MandateLine) -> bool:
    """Whether `confirm` would do it."""
    return (
        mandate.state is MandateState.WAITING
        and mandate.council_id in actor.council_ids(Role.SOCIAL_WORKER)
        and actor.user_id != mandate.granted_by_user_id
        and actor.user_id not in mandate.everybody_named
    )


def check_officer(actor: Actor, mandate: MandateLine) -> None:
    """Raises NotFound unless the actor looks after mandates of the person's council."""
    if not is_officer(actor, mandate.council_id):
        raise NotFound


def state_sentence(mandate: MandateLine) -> str:
    """Where a mandate stands, as one sentence."""
    return {
        MandateState.WAITING: "Waiting for a second officer of the council to confirm it.",
        MandateState.NOT_STARTED: "Not started yet.",
        MandateState.LIVE: "In force now.",
        MandateState.SUSPENDED: "Paused by the council: nothing new can be ordered under it.",
        MandateState.OVER: "Over. It does not renew itself.",
        MandateState.ENDED: "Ended.",
    }[mandate.state] + (f" {possessive(mandate.person_name)} booked support goes on." if not mandate.is_open else "")
