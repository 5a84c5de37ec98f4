"""What was ordered in a month, and what it would be once more: today's prices, and what cannot be had again and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import select

from budgets.domain import MandateAction, MandateView, OutcomeView, PotChoice
from budgets.queries.access import get_access
from budgets.queries.outcomes import outcomes_of
from budgets.queries.pots import pot_choices_of
from budgets.words import possessive
from catalogue.queries.listings import Offer, offer_for
from marketplace.accounts.domain import Actor
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.money import format_pounds
from marketplace.kernel.rails import CARD_RAILS, Rail
from marketplace.planning.models import RoundPart
from marketplace.planning.queries.rounds import fitting_outcome, mandates_to_order
from marketplace.planning.rounds import PartState, again_on
from payments.queries.baskets import quantity_words, why_not
from payments.queries.orders import OrderSummary, list_of_checkouts
from payments.queries.orders.of_people import NEVER_WAS, BoughtLine, list_lines_placed
from payments.services.checkout.at_once import SeenLine, covered, left_out_words, pot_for
from payments.words import units


@dataclass(frozen=True)
class RepeatLine:
    """A line as it was, and as it would be; `wanted` None when it cannot be had any more, and `problem` says why."""

    title: str
    how_much: str
    was_pence: int
    was_on: date | None
    wanted: SeenLine | None
    problem: str | None

    @property
    def change_pence(self) -> int:
        """By how much it costs more (or less) than then."""
        return self.wanted.amount_pence - self.was_pence if self.wanted else 0


@dataclass(frozen=True)
class Repeat:
    """An order of the month, and how it would be repeated. `stopped` says in a sentence why it cannot be; or None.

    `short` warns of money that is not there as things stand; `repeated` is the order that repeats it already, and
    `by_card` that it was paid by card: then it goes into the person's basket.
    """

    order_id: int
    reference: str
    person_id: int
    person_name: str
    provider_name: str
    placed_at: datetime
    lines: tuple[RepeatLine, ...]
    outcome_id: int | None
    stopped: str | None
    short: str | None
    repeated: OrderSummary | None
    by_card: bool = False

    @property
    def was_pence(self) -> int:
        return sum(line.was_pence for line in self.lines)

    @property
    def total_pence(self) -> int:
        return sum(line.wanted.amount_pence for line in self.lines if line.wanted)

    @property
    def change_pence(self) -> int:
        return sum(line.change_pence for line in self.lines)


def list_repeats(actor: Actor, month: date, *, person_id: int | None = None) -> list[Repeat]:
    """Orders of a London month for everybody for whom the actor may order, or for one of them, by name.

    Nine queries however many people there are. Raises NotFound for somebody for whom they may not.
    """
    mandates, names = whom_to_order_for(actor, person_id)
    begin, end = clock.month_bounds(month)
    bought = list_lines_placed(names, begin, end)
    people = {line.person_id for line in bought}
    today = clock.today()
    days = [day for line in bought if (day := again_on(line.wanted_on, today)) is not None]
    pots = pot_choices_of(people, today, max(days, default=today))
    outcomes = outcomes_of(people)
    offers = offer_for(line.listing_id for line in bought)
    repeats = find_repeats({line.order_id for line in bought})
    left = {pot.pot_period_id: pot.available_pence for choices in pots.values() for pot in choices}
    by_name = sorted(bought, key=lambda line: (names[line.person_id].casefold(), line.person_id))
    return [
        _repeat(
            names[lines[0].person_id],
            lines,
            offers,
            pots[lines[0].person_id],
            mandates[lines[0].person_id],
            left,
            tuple(outcomes[lines[0].person_id]),
            repeats.get(order_id),
        )
        for order_id, found in groupby(by_name, key=lambda line: line.order_id)
        for lines in [list(found)]
    ]


def whom_to_order_for(actor: Actor, person_id: int | None) -> tuple[Mapping[int, MandateView | None], dict[int, str]]:
    """The mandate to order under and the name, by person: of a caseload, or of that one, who may be the actor themself
    and needs none. Raises NotFound."""
    if person_id is not None:
        access = get_access(actor, person_id, MandateAction.ORDER)
        return {person_id: access.mandate}, {person_id: access.person.name}
    mandates = mandates_to_order(actor)
    return mandates, {mandate.person_id: mandate.person_name for mandate in mandates.values()}


def find_repeats(order_ids: Iterable[int]) -> dict[int, OrderSummary]:
    """The order that repeats each of these, where one was made in a round and stands. Three queries."""
    made = {
        row.checkout_id: row.repeats_order_id
        for row in db.session.execute(
            select(RoundPart.repeats_order_id, RoundPart.checkout_id)
            .where(
                RoundPart.repeats_order_id.in_(list(order_ids)),
                RoundPart.state.in_((PartState.ORDERED, PartState.ASKED)),
            )
            .order_by(RoundPart.id)
        )
    }
    return {
        made[checkout_id]: order
        for checkout_id, orders in list_of_checkouts(made).items()
        for order in orders
        if order.state not in NEVER_WAS
    }


def _repeat(
    name: str,
    bought: list[BoughtLine],
    offers: dict[int, Offer],
    pots: list[PotChoice],
    mandate: MandateView | None,
    left: dict[int, int],
    outcomes: tuple[OutcomeView, ...],
    repeated: OrderSummary | None,
) -> Repeat:
    first = bought[0]
    lines = tuple(_line(line, offers.get(line.listing_id)) for line in bought)
    outcome_id = _outcome(first, offers, outcomes)
    stopped = next((f"{line.title}: {line.problem}" for line in lines if line.problem), None)
    short = None
    if repeated is not None:
        stopped = f"Repeated already: order {repeated.reference}."
    elif first.rail in CARD_RAILS:
        if stopped is None and first.rail is Rail.OWN_MONEY and mandate is not None and mandate.pot_ids:
            stopped = f"Your authority does not cover {possessive(name)} own money."
    elif stopped is None and outcome_id is None:
        stopped = "The outcome it was for is off the plan. Order it anew and choose what it is for."
    elif stopped is None:
        wanted = [line.wanted for line in lines if line.wanted]
        try:
            short = _pay(wanted, [offers[line.listing_id] for line in wanted], pots, mandate, left, name)
        except DomainError as error:
            stopped = error.message
    return Repeat(
        first.order_id,
        first.reference,
        first.person_id,
        name,
        first.provider_name,
        first.placed_at,
        lines,
        outcome_id,
        stopped,
        short,
        repeated,
        first.rail in CARD_RAILS,
    )


def _line(bought: BoughtLine, offer: Offer | None) -> RepeatLine:
    problem = why_not(offer)
    if offer is not None and problem is None and not offer.min_quantity <= bought.quantity <= offer.max_quantity:
        problem = f"It is sold by {quantity_words(offer)} now."
    wanted = None
    if offer is not None and problem is None:
        wanted = SeenLine(
            bought.listing_id,
            bought.quantity,
            offer.title,
            offer.price_pence or 0,
            again_on(bought.wanted_on, clock.today()),
            bought.note,
        )
    return RepeatLine(
        title=bought.title,
        how_much=units(bought.unit, bought.quantity),
        was_pence=bought.quantity * bought.unit_price_pence,
        was_on=bought.wanted_on,
        wanted=wanted,
        problem=problem,
    )


def _outcome(first: BoughtLine, offers: dict[int, Offer], outcomes: tuple[OutcomeView, ...]) -> int | None:
    """The outcome of then while it is on the plan, else the one that fits."""
    if first.outcome_id in {outcome.id for outcome in outcomes}:
        return first.outcome_id
    offer = offers.get(first.listing_id)
    return fitting_outcome(outcomes, offer.category_slug if offer else "")


def _pay(
    lines: list[SeenLine],
    offers: list[Offer],
    pots: list[PotChoice],
    mandate: MandateView | None,
    left: dict[int, int],
    name: str,
) -> str | None:
    """Count an order against what is left after those above it; answers the warning when it does not reach."""
    total = sum(line.amount_pence for line in lines)
    day = min((line.wanted_on for line in lines if line.wanted_on), default=clock.today())
    of_the_day = [pot for pot in pots if pot.starts_on <= day <= pot.ends_on]
    as_left = [replace(pot, available_pence=left[pot.pot_period_id]) for pot in covered(of_the_day, mandate, name)]
    pot = pot_for(as_left, offers, total, name)
    if pot.available_pence < total:
        left_out = left_out_words(of_the_day, mandate) or ""
        return f"{pot.words} has {format_pounds(max(pot.available_pence, 0))} left for this. {left_out}".rstrip()
    left[pot.pot_period_id] -= total
    return None
