"""Hand a mandate over to somebody else, for good or for some days: asked by who is named, answered by who may give it.

The yes writes a mandate with the limits of the old one, no longer and no wider. Where it rests on the person's
agreement and they sign in, their one button does it; else an officer of the council writes down what was given, and a
second one confirms. One that is for good ends the old mandate in the transaction in which the new one begins to count.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, select

from budgets.constraints import named_constraints
from budgets.domain import ConsentHow, LegalBasis
from budgets.models import HandOver, Mandate, MandatePot
from budgets.queries.hand_overs import Answers, HandOverView, get_hand_over_for
from budgets.queries.mandates import MandateLine, MandateState, get_mandate, list_pots
from budgets.queries.people import get_person
from budgets.services import mandate_letters as letters
from budgets.services.mandate_record import record_act
from budgets.services.mandates import STAFF_ROLES, Authority, check_given, write
from budgets.services.taking_over import take_over
from budgets.words import day_words
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import actor_of, find_user
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound

PERSONAL = frozenset({LegalBasis.DEPUTY, LegalBasis.ATTORNEY})
"""Whoever appointed these appointed them: no other name takes their place by being asked."""


@dataclass(frozen=True)
class Along:
    """What the person agrees to let go along: notes that the team kept for itself, and what lies in the basket."""

    notes: bool = False
    basket: bool = False


@dataclass(frozen=True)
class Given:
    """How a yes was given that was not given by the person's own button."""

    how: ConsentHow
    evidence: str
    given_on: date | None = None
    read_by: str | None = None


def ask(actor: Actor, mandate: MandateLine, to_user_id: int, words: str, away: tuple[date, date] | None = None) -> int:
    """Ask that somebody else may act under this mandate's limits; answers the hand-over's id. Gives nothing.

    By somebody named in it for good. Raises NotFound for anybody else, DomainError on the field to change.
    """
    if not mandate.names(actor) or actor.user_id not in mandate.staff_ids or mandate.state is not MandateState.LIVE:
        raise NotFound
    if mandate.legal_basis in PERSONAL:
        who = "A deputy" if mandate.legal_basis is LegalBasis.DEPUTY else "An attorney"
        raise DomainError(f"{who} cannot name somebody else. Call the council, which can tell you the way.")
    if to_user_id in (actor.user_id, mandate.person_user_id):
        raise DomainError("Name somebody else: nobody hands over to themself", field="email")
    if away is not None:
        _check_days(mandate, away)
    with transaction(), named_constraints():
        if _waits_already(mandate.id, to_user_id, away):
            raise DomainError("You asked for this already, and it waits for an answer", field="email")
        hand_over_id: int = db.session.execute(
            insert(HandOver)
            .values(
                mandate_id=mandate.id,
                to_user_id=to_user_id,
                words=words,
                starts_on=away[0] if away else None,
                ends_on=away[1] if away else None,
                asked_by_user_id=actor.user_id,
                asked_at=clock.now(),
            )
            .returning(HandOver.id)
        ).scalar_one()
        action = "mandate.ask_stand_in" if away else "mandate.ask_hand_over"
        record_act(actor, mandate, action, hand_over_id=hand_over_id, to_user_id=to_user_id)
        return hand_over_id


def _waits_already(mandate_id: int, to_user_id: int, away: tuple[date, date] | None) -> bool:
    """Whether the same was asked and nobody has answered: a second press asks nobody twice. Others wait meanwhile."""
    db.session.execute(select(Mandate.id).where(Mandate.id == mandate_id).with_for_update())
    starts_on, ends_on = away or (None, None)
    same = select(HandOver.id).filter_by(mandate_id=mandate_id, to_user_id=to_user_id, agreed=None)
    return db.session.scalar(same.filter_by(starts_on=starts_on, ends_on=ends_on)) is not None


def agree(actor: Actor, hand_over_id: int, along: Along) -> int:
    """The person says yes: the new mandate counts at once, or from its first day. Answers its id.

    Raises NotFound unless it is theirs to answer, NotAllowed for one that waits for nobody.
    """
    found = _to_answer(actor, hand_over_id, Answers.BY_BUTTON)
    with transaction(), named_constraints():
        new_id = _write(actor, found, along, ConsentHow.ONLINE, None, confirmed=True)
        take_over(actor, new_id)
        letters.granted(get_mandate(new_id))
        return new_id


def record_given(actor: Actor, hand_over_id: int, along: Along, given: Given) -> int:
    """An officer writes down what was given on paper or in words; answers the new mandate's id.

    It counts, and the old one ends, when a second officer has confirmed it. Raises as `agree`, and DomainError on the
    field to change.
    """
    found = _to_answer(actor, hand_over_id, Answers.ON_PAPER)
    if not given.evidence.strip():
        raise DomainError("Say what you have seen, such as the signed form and its date.", field="evidence")
    check_given(found.mandate.legal_basis, given.given_on, given.read_by)
    with transaction(), named_constraints():
        return _write(actor, found, along, given.how, given, confirmed=False)


def refuse(actor: Actor, hand_over_id: int) -> None:
    """No: everything stays as it is. Whoever asked is told. Raises as `agree`."""
    found = get_hand_over_for(actor, hand_over_id)
    found = _to_answer(actor, hand_over_id, found.answers(actor))
    with transaction(), named_constraints():
        row = _locked(hand_over_id)
        row.agreed, row.answered_at, row.answered_by_user_id = False, clock.now(), actor.user_id
        db.session.flush()
        record_act(
            actor, found.mandate, "mandate.refuse_hand_over", hand_over_id=hand_over_id, to_user_id=found.to_user_id
        )
        letters.stays(found.mandate, found.asked_by_user_id, found.to_name)


def _write(
    actor: Actor, found: HandOverView, along: Along, how: ConsentHow, given: Given | None, *, confirmed: bool
) -> int:
    row = _locked(found.id)
    new_id = write(
        actor,
        get_person(found.mandate.person_id),
        _authority(found),
        found.mandate.legal_basis,
        how,
        given.evidence.strip() if given else None,
        confirmed=confirmed,
        given_on=given.given_on if given else None,
        read_by=(given.read_by or "").strip() or None if given else None,
    )
    row.agreed, row.answered_at, row.answered_by_user_id = True, clock.now(), actor.user_id
    row.with_notes, row.with_basket = along.notes, along.basket and found.is_for_good
    row.new_mandate_id = new_id
    db.session.flush()
    return new_id


def _authority(found: HandOverView) -> Authority:
    """What the old mandate allows, for somebody else: as their organisation's staff where they are staff of one."""
    old = found.mandate
    user = find_user(found.to_user_id)
    if user is None:
        raise NotAllowed("Their account is closed. Somebody else has to be asked.")
    pots = frozenset(db.session.scalars(select(MandatePot.pot_id).where(MandatePot.mandate_id == old.id)))
    open_pots = pots & {pot.id for pot in list_pots(old.person_id)}
    if pots and not open_pots:
        raise NotAllowed("The money that this authority was for has ended, so there is nothing to hand over.")
    return Authority(
        person_id=old.person_id,
        staff_emails=(user.email,),
        actions=old.actions,
        starts_on=max(found.starts_on or clock.today(), clock.today()),
        ends_on=min(found.ends_on or old.ends_on, old.ends_on),
        order_limit_pence=old.order_limit_pence,
        month_limit_pence=old.month_limit_pence,
        for_organisation=bool(actor_of(user.id).organisation_ids(*STAFF_ROLES)),
        no_order_limit=old.order_limit_pence is None,
        pot_ids=open_pots,
    )


def _to_answer(actor: Actor, hand_over_id: int, answers: Answers) -> HandOverView:
    found = get_hand_over_for(actor, hand_over_id)
    if found.answers(actor) is not answers or answers is Answers.NOT:
        if not found.waits:
            raise NotAllowed("This waits for nobody any more. Look at the page again to see where it stands.")
        raise NotFound
    return found


def _locked(hand_over_id: int) -> HandOver:
    """The row, held until the commit and still unanswered: two yeses at once are one."""
    row = db.session.execute(
        select(HandOver).where(HandOver.id == hand_over_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    if row.agreed is not None:
        raise NotAllowed("This was answered already. Look at the page again to see where it stands.")
    return row


def _check_days(mandate: MandateLine, away: tuple[date, date]) -> None:
    if away[0] < clock.today():
        raise DomainError("Choose a first day from today on", field="first")
    if away[1] < away[0]:
        raise DomainError("The last day must be on or after the first day", field="last")
    if away[1] > mandate.ends_on:
        raise DomainError(
            f"Your own authority ends on {day_words(mandate.ends_on)}. Choose a day until then", field="last"
        )
