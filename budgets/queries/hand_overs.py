"""Read hand-overs: what somebody asks, who may answer it, and whose notes went along."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from budgets.domain import LegalBasis
from budgets.models import HandOver, Mandate, Person
from budgets.queries.mandates import MandateLine, MandateState, get_mandate
from marketplace.accounts.decisions import Decision
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound

GROUP = "Somebody asks to hand over"


class Answers(StrEnum):
    """What a reader of a hand-over may do about it."""

    BY_BUTTON = "by_button"  # the person themself, whose agreement it is
    ON_PAPER = "on_paper"  # an officer of the council writes down what was given; a second one confirms
    NOT = "not"


@dataclass(frozen=True)
class HandOverView:
    """Who is asked to act instead, for good or on some days, and what became of it."""

    id: int
    mandate: MandateLine
    to_user_id: int
    to_name: str
    words: str
    starts_on: date | None
    ends_on: date | None
    asked_by_user_id: int
    asked_by: str
    asked_at: datetime
    agreed: bool | None
    answered_at: datetime | None
    with_notes: bool
    with_basket: bool
    new_mandate_id: int | None

    @property
    def is_for_good(self) -> bool:
        return self.starts_on is None

    @property
    def waits(self) -> bool:
        """Whether it can still be answered: nobody has, and there is something left to hand over."""
        return self.agreed is None and self.mandate.state is MandateState.LIVE

    def answers(self, actor: Actor) -> Answers:
        """How this reader may answer it."""
        if not self.waits or actor.user_id in (None, self.asked_by_user_id, self.to_user_id):
            return Answers.NOT
        if is_by_person(self.mandate):
            return Answers.BY_BUTTON if actor.user_id == self.mandate.person_user_id else Answers.NOT
        may_record = self.mandate.council_id in actor.council_ids(Role.SOCIAL_WORKER)
        return Answers.ON_PAPER if may_record else Answers.NOT


def is_by_person(mandate: MandateLine) -> bool:
    """Whether the person answers by themself: it rests on their agreement, and they sign in."""
    return mandate.legal_basis is LegalBasis.AGREEMENT and mandate.person_user_id is not None


def get_hand_over_for(actor: Actor, hand_over_id: int) -> HandOverView:
    """For who asked, the person, and social workers of the person's council. Raises NotFound for anybody else."""
    row = db.session.execute(select(HandOver).where(HandOver.id == hand_over_id)).scalar_one_or_none()
    if row is None or actor.user_id is None:
        raise NotFound
    found = _view(row)
    mine = actor.user_id in (found.asked_by_user_id, found.mandate.person_user_id)
    if not mine and found.mandate.council_id not in actor.council_ids(Role.SOCIAL_WORKER):
        raise NotFound
    return found


def _view(row: Any) -> HandOverView:
    names = names_of((row.to_user_id, row.asked_by_user_id))
    return HandOverView(
        row.id,
        get_mandate(row.mandate_id),
        row.to_user_id,
        names.get(row.to_user_id, "Somebody"),
        row.words,
        row.starts_on,
        row.ends_on,
        row.asked_by_user_id,
        names.get(row.asked_by_user_id, "Somebody"),
        row.asked_at,
        row.agreed,
        row.answered_at,
        row.with_notes,
        row.with_basket,
        row.new_mandate_id,
    )


def list_for(actor: Actor) -> list[Decision]:
    """What waits for this person's own yes, or for an officer to write down what was given; oldest first."""
    if actor.user_id is None:
        return []
    councils = actor.council_ids(Role.SOCIAL_WORKER)
    by_person = (Mandate.legal_basis == LegalBasis.AGREEMENT) & Person.user_id.is_not(None)
    mine = by_person & (Person.user_id == actor.user_id)
    rows = db.session.execute(
        select(HandOver.id, HandOver.to_user_id, HandOver.asked_by_user_id, HandOver.asked_at, Person.name)
        .join(Mandate, Mandate.id == HandOver.mandate_id)
        .join(Person, Person.id == Mandate.person_id)
        .where(
            HandOver.agreed.is_(None),
            Mandate.ended_at.is_(None),
            Mandate.suspended_at.is_(None),
            Mandate.ends_on >= clock.today(),
            HandOver.asked_by_user_id != actor.user_id,
            HandOver.to_user_id != actor.user_id,
            (mine | (~by_person & Person.council_id.in_(councils))) if councils else mine,
        )
        .order_by(HandOver.asked_at, HandOver.id)
    ).all()
    names = names_of(row.to_user_id for row in rows)
    return [
        Decision(
            GROUP,
            f"{names.get(row.to_user_id, 'Somebody')} for {row.name}",
            f"/hand-overs/{row.id}",
            row.asked_by_user_id,
            row.asked_at,
        )
        for row in rows
    ]


def organisations_before(mandate_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Person and organisation of each team that handed over to one of these mandates, with its notes, as was agreed."""
    found: set[tuple[int, int]] = set()
    wanted = set(mandate_ids)
    while wanted:
        rows = db.session.execute(
            select(Mandate.id, Mandate.person_id, Mandate.organisation_id)
            .join(HandOver, HandOver.mandate_id == Mandate.id)
            .where(HandOver.new_mandate_id.in_(wanted), HandOver.agreed.is_(True), HandOver.with_notes.is_(True))
        ).all()
        found |= {(row.person_id, row.organisation_id) for row in rows if row.organisation_id is not None}
        wanted = {row.id for row in rows}
    return found
