"""Consents: off by default, on and off with one press, and every beginning and end kept."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import insert, select, update

from budgets.domain import ConsentHow, ConsentKind, PersonView
from budgets.models import Consent
from budgets.queries.access import find_assistance, is_their_social_worker
from budgets.queries.people import get_person
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.uploads.services import store


def share_purchases(actor: Actor, person_id: int, *, on: bool) -> None:
    """The person alone agrees to show their own-money purchases, without a name, in their council's reports, or stops.

    Twice the same changes nothing. Taken back, it counts for nothing from then on, past purchases included.
    Raises NotFound for anybody else.
    """
    person = get_person(person_id)
    if actor.user_id is None or person.user_id != actor.user_id:
        raise NotFound
    with transaction():
        _share(actor, person_id, on, ConsentHow.ONLINE)


@dataclass(frozen=True)
class OnPaper:
    """What somebody who is not online said: how, on which day, who read it to them, and the paper with its name."""

    on: bool
    how: ConsentHow
    given_on: date
    read_by: str
    paper: tuple[bytes, str] | None = None


def share_on_paper(actor: Actor, person_id: int, said: OnPaper) -> None:
    """Write down what a person without a sign-in says about sharing what they buy with their own money.

    By an access point's worker who orders with them today, or a social worker of their council. Raises NotFound for
    anybody else, DomainError on the field at fault.
    """
    may_write_down(actor, person_id)
    if said.how is ConsentHow.ONLINE:
        raise DomainError("Say how they said it: on paper, or spoken.", field="how")
    if said.given_on > clock.today():
        raise DomainError("The day on which they said it cannot be in the future.", field="given_on")
    read_by = said.read_by.strip()
    if not read_by:
        raise DomainError("Say who read it to them, or saw that they read it themselves", field="read_by")
    with transaction():
        upload_id = None
        if said.paper is not None:
            upload_id = store(*said.paper, user_id=actor.user_id)
        _share(actor, person_id, said.on, said.how, given_on=said.given_on, read_by=read_by, upload_id=upload_id)


def may_write_down(actor: Actor, person_id: int) -> PersonView:
    """The person, for whoever may write down what they say; NotFound for anybody else, and where they sign in."""
    person = get_person(person_id)
    if person.user_id is not None or not (is_their_social_worker(actor, person) or find_assistance(actor, person_id)):
        raise NotFound
    return person


def _share(actor: Actor, person_id: int, on: bool, how: ConsentHow, **given: object) -> None:
    standing = (
        Consent.person_id == person_id,
        Consent.kind == ConsentKind.SHARE_PURCHASES,
        Consent.withdrawn_at.is_(None),
    )
    is_on = db.session.scalar(select(Consent.id).where(*standing).limit(1)) is not None
    if is_on is on:
        return
    if on:
        _give(person_id, ConsentKind.SHARE_PURCHASES, how, actor, None, **given)
    else:
        db.session.execute(update(Consent).where(*standing).values(withdrawn_at=clock.now()))
    _record(actor, person_id, "consent.share" if on else "consent.stop_sharing", None)


def agree_to_assisted_order(actor: Actor, person_id: int, organisation_id: int, *, how: ConsentHow) -> int:
    """An access point's worker writes down that a person here agreed to order with them; answers the consent's id.

    `how` is on paper or spoken. It ends when the day ends in London. The same again today answers the first.
    Raises NotFound unless the actor works at that access point, DomainError on `how`, and on `person` for somebody who
    has died.
    """
    if organisation_id not in actor.organisation_ids(Role.ACCESS_POINT_WORKER):
        raise NotFound
    if how is ConsentHow.ONLINE:
        raise DomainError("Say how the person agreed: on paper, or spoken.", field="how")
    person = get_person(person_id)
    if person.died_on is not None:
        raise DomainError(
            f"{person.name} is written down as having died, so nothing can be ordered. If that is wrong, ask their "
            "council to put it right.",
            field="person",
        )
    with transaction():
        standing = db.session.scalar(
            select(Consent.id)
            .where(
                Consent.person_id == person_id,
                Consent.kind == ConsentKind.ASSISTED_ORDER,
                Consent.organisation_id == organisation_id,
                Consent.withdrawn_at.is_(None),
                Consent.ends_at > clock.now(),
            )
            .order_by(Consent.id)
            .limit(1)
        )
        if standing is not None:
            return standing
        today = {"given_on": clock.today(), "read_by": actor.name}
        consent_id = _give(person_id, ConsentKind.ASSISTED_ORDER, how, actor, organisation_id, **today)
        _record(actor, person_id, "consent.assisted_order", organisation_id)
        return consent_id


def end_assisted_order(actor: Actor, person_id: int) -> None:
    """The person has left, or changed their mind: the worker's right to order with them ends now. Twice is once.

    Raises NotFound for who works at no access point.
    """
    organisation_ids = actor.organisation_ids(Role.ACCESS_POINT_WORKER)
    if not organisation_ids:
        raise NotFound
    with transaction():
        ended = rows_changed(
            update(Consent)
            .where(
                Consent.person_id == person_id,
                Consent.kind == ConsentKind.ASSISTED_ORDER,
                Consent.organisation_id.in_(organisation_ids),
                Consent.withdrawn_at.is_(None),
                Consent.ends_at > clock.now(),
            )
            .values(withdrawn_at=clock.now())
        )
        if not ended:
            raise NotFound
        _record(actor, person_id, "consent.end_assisted_order", organisation_ids[0])


def _give(
    person_id: int, kind: ConsentKind, how: ConsentHow, actor: Actor, organisation_id: int | None, **given: object
) -> int:
    now = clock.now()
    ends_at = None
    if kind is ConsentKind.ASSISTED_ORDER:
        ends_at = clock.start_of_day(clock.london(now).date() + timedelta(days=1))
    consent_id: int = db.session.execute(
        insert(Consent)
        .values(
            person_id=person_id,
            kind=kind,
            how=how,
            organisation_id=organisation_id,
            recorded_by_user_id=actor.user_id,
            given_at=now,
            ends_at=ends_at,
            **given,
        )
        .returning(Consent.id)
    ).scalar_one()
    return consent_id


def _record(actor: Actor, person_id: int, action: str, organisation_id: int | None) -> None:
    record(
        action,
        "consent",
        None,
        actor_user_id=actor.user_id,
        person_id=person_id,
        organisation_id=organisation_id,
        council_id=get_person(person_id).council_id,
    )
