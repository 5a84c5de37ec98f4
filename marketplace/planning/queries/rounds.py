"""Whom one thing can be bought for, and what became of a round. As many queries for ten people as for five hundred."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from budgets.domain import MandateAction, MandateView, OutcomeView, PotChoice, ProposedLine
from budgets.domain.restrictions import RestrictionKind, RestrictionView
from budgets.queries.access import list_mandates_of, widest_first
from budgets.queries.interests import interests_of
from budgets.queries.outcomes import outcome_words, outcomes_of
from budgets.queries.pots import pot_choices_of
from budgets.queries.restrictions import list_counting_of
from budgets.services.restrictions import refusal_of_purchase
from budgets.words import possessive
from catalogue.queries.listings import Offer
from marketplace.accounts.domain import Actor
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.money import format_pounds
from marketplace.planning.models import Round, RoundPart
from marketplace.planning.rounds import PartState, RoundKind, read
from payments.errors import PaysByCard
from payments.queries.orders import OrderSummary, list_of_checkouts
from payments.services.checkout.at_once import SeenLine, covered, left_out_words, pot_for


@dataclass(frozen=True)
class Candidate:
    """Somebody for whom the actor may order, and how it stands with this purchase before it is tried.

    `why_not` says in a sentence what stops it now, `asks` what a second person would be asked, `by_card` why a card has
    to pay: then it goes into the person's basket. All three may be None.
    """

    person_id: int
    name: str
    outcomes: tuple[OutcomeView, ...]
    outcome_id: int | None
    pot: PotChoice | None
    why_not: str | None
    asks: str | None
    by_card: str | None = None

    @property
    def is_ready(self) -> bool:
        """Nothing stops it, and it is clear which outcome it serves; the person's own money need serve none."""
        return self.why_not is None and (
            self.outcome_id is not None or (self.by_card is not None and not self.outcomes)
        )


def mandates_to_order(actor: Actor) -> dict[int, MandateView]:
    """The mandate with the widest limit that lets the actor order, by person and in the order of names. Two queries."""
    best: dict[int, MandateView] = {}
    for mandate in list_mandates_of(actor):
        if MandateAction.ORDER in mandate.actions:
            known = best.get(mandate.person_id, mandate)
            best[mandate.person_id] = min(known, mandate, key=widest_first)
    return best


def list_candidates(actor: Actor, offer: Offer, quantity: int, on: date | None) -> list[Candidate]:
    """Everybody for whom the actor may order, by name. Six queries."""
    mandates = mandates_to_order(actor)
    pots, outcomes = pot_choices_of(mandates, on or clock.today()), outcomes_of(mandates)
    gains = bool(interests_of(actor, {m.organisation_id for m in mandates.values()}, [offer.organisation_id]))
    total = quantity * (offer.price_pence or 0)
    rules = list_counting_of(mandates)
    return [
        _candidate(mandate, offer, total, pots[person_id], tuple(outcomes[person_id]), gains, rules.get(person_id, ()))
        for person_id, mandate in mandates.items()
    ]


def _candidate(
    mandate: MandateView,
    offer: Offer,
    total_pence: int,
    pots: list[PotChoice],
    outcomes: tuple[OutcomeView, ...],
    gains: bool,
    rules: Sequence[RestrictionView],
) -> Candidate:
    pot, why_not, by_card = None, None, None
    try:
        pot = pot_for(covered(pots, mandate, mandate.person_name), [offer], total_pence, mandate.person_name)
    except PaysByCard as card:
        if card.is_own_money and mandate.pot_ids:
            why_not = f"Your authority does not cover {possessive(mandate.person_name)} own money."
        else:
            by_card = card.message
    except DomainError as error:
        why_not = error.message
    if pot is not None and pot.available_pence < total_pence:
        why_not = f"{pot.words} has {format_pounds(max(pot.available_pence, 0))} left, and this is " + (
            f"{format_pounds(total_pence)}. {left_out_words(pots, mandate) or ''}".rstrip()
        )
    elif pot is not None and not outcomes:
        why_not = "No outcome is on the plan yet, and every purchase from a budget serves one."
    if why_not is None and rules:
        line = ProposedLine(total_pence, offer.category_slug, clock.today(), None, offer.organisation_id)
        why_not = refusal_of_purchase(rules, mandate.person_name, line)
    return Candidate(
        person_id=mandate.person_id,
        name=mandate.person_name,
        outcomes=outcomes,
        outcome_id=fitting_outcome(outcomes, offer.category_slug),
        pot=pot,
        why_not=why_not,
        by_card=by_card,
        asks=_asks(
            mandate,
            total_pence,
            gains=gains or mandate.organisation_id == offer.organisation_id,
            rule=any(rule.kind is RestrictionKind.SECOND_PERSON for rule in rules),
        ),
    )


def _asks(mandate: MandateView, total_pence: int, *, gains: bool, rule: bool) -> str | None:
    if gains:
        return "You have an interest in this provider, so a second person has to agree."
    if rule:
        return "A rule of the council asks that a second person agrees to each order."
    limit = mandate.order_limit_pence
    if limit is not None and total_pence > limit:
        return f"Above your limit of {format_pounds(limit)} an order, so a second person has to agree."
    return None


def fitting_outcome(outcomes: tuple[OutcomeView, ...], category_slug: str) -> int | None:
    """The outcome when there is only one, or only one of the listing's kind of help."""
    if len(outcomes) == 1:
        return outcomes[0].id
    fitting = [outcome.id for outcome in outcomes if outcome.category_slug == category_slug]
    return fitting[0] if len(fitting) == 1 else None


@dataclass(frozen=True)
class PartView:
    """One order of a round, as its page and its file show it."""

    id: int
    part_no: int
    person_id: int
    person_name: str
    provider_name: str
    lines: tuple[SeenLine, ...]
    total_pence: int
    outcome: str | None
    repeats_order_id: int | None
    state: PartState
    why: str | None
    orders: tuple[OrderSummary, ...]
    tried_at: datetime | None

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(sorted({line.wanted_on for line in self.lines if line.wanted_on}))


@dataclass(frozen=True)
class RoundView:
    """A round with its parts, by name."""

    id: int
    key: str
    user_id: int
    kind: RoundKind
    title: str
    listing_id: int | None
    created_at: datetime
    sent_at: datetime | None
    parts: tuple[PartView, ...]

    def of(self, *states: PartState) -> tuple[PartView, ...]:
        return tuple(part for part in self.parts if part.state in states)

    @property
    def total_pence(self) -> int:
        return sum(part.total_pence for part in self.parts)

    @property
    def people(self) -> int:
        return len({part.person_id for part in self.parts})


def get_round(actor: Actor, round_id: int) -> RoundView:
    """A round of the actor's own. Raises NotFound for anybody else's. Four queries."""
    row = db.session.execute(
        select(Round).where(Round.id == round_id, Round.user_id == actor.user_id)
    ).scalar_one_or_none()
    if row is None or actor.user_id is None:
        raise NotFound
    parts = (
        db.session.execute(
            select(RoundPart)
            .where(RoundPart.round_id == round_id)
            .order_by(RoundPart.person_name, RoundPart.person_id, RoundPart.part_no)
        )
        .scalars()
        .all()
    )
    orders = list_of_checkouts(part.checkout_id for part in parts if part.checkout_id is not None)
    words = outcome_words(part.outcome_id for part in parts)
    return RoundView(
        row.id,
        row.key,
        row.user_id,
        row.kind,
        row.title,
        row.listing_id,
        row.created_at,
        row.sent_at,
        tuple(_part(part, orders, words) for part in parts),
    )


def _part(row: Any, orders: dict[int, list[OrderSummary]], words: dict[int, str]) -> PartView:
    return PartView(
        id=row.id,
        part_no=row.part_no,
        person_id=row.person_id,
        person_name=row.person_name,
        provider_name=row.provider_name,
        lines=read(row.lines),
        total_pence=row.total_pence,
        outcome=words.get(row.outcome_id or 0),
        repeats_order_id=row.repeats_order_id,
        state=row.state,
        why=row.why,
        orders=tuple(orders.get(row.checkout_id or 0, ())),
        tried_at=row.tried_at,
    )


@dataclass(frozen=True)
class RoundLine:
    """A round in the list of them."""

    id: int
    title: str
    created_at: datetime
    sent_at: datetime | None
    counts: dict[PartState, int]


def list_rounds(actor: Actor, *, limit: int = 50) -> list[RoundLine]:
    """The actor's own rounds, newest first. Two queries."""
    rows = db.session.execute(
        select(Round.id, Round.title, Round.created_at, Round.sent_at)
        .where(Round.user_id == actor.user_id)
        .order_by(Round.id.desc())
        .limit(limit)
    ).all()
    counts: dict[int, Counter[PartState]] = {row.id: Counter() for row in rows}
    for round_id, state, count in db.session.execute(
        select(RoundPart.round_id, RoundPart.state, func.count(RoundPart.id))
        .where(RoundPart.round_id.in_(counts))
        .group_by(RoundPart.round_id, RoundPart.state)
    ):
        counts[round_id][state] = count
    return [RoundLine(row.id, row.title, row.created_at, row.sent_at, dict(counts[row.id])) for row in rows]
