"""Read a checkout: its answers, and the plan of what pressing "Place order" would order now."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, select

from budgets.domain import MandateAction, MandateView, OutcomeView, PersonAccess, PersonView, PotChoice
from budgets.domain.payees import PayeeStanding
from budgets.queries.access import get_access_begun
from budgets.queries.outcomes import list_ended, list_outcomes
from budgets.queries.payees import payee_standings
from budgets.queries.people import PEOPLE, find_person
from budgets.queries.pots import get_pot_choice, list_pot_choices
from marketplace.accounts.domain import Actor
from marketplace.database import read_once, send, table_of
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import BUDGET_RAILS, CARD_RAILS, SETTLED_RAILS, Rail
from payments.models import Basket, Checkout
from payments.parts import budget_shares
from payments.queries.baskets import BasketLineView, BasketPart, BasketView, parts_of
from payments.queries.likely_outcomes import only_outcome, remembered_outcome
from payments.queries.outside import why_asked
from payments.queries.ways import WITH_CARD, TopUpChoice, WayOfPaying

OWN_MONEY = "own_money"
DELIVERY_FIELDS = ("name", "phone", "address", "postcode", "notes")


@dataclass(frozen=True)
class CheckoutView:
    """One passage from a basket to orders, with what was answered so far."""

    id: int
    key: str
    basket_id: int | None
    user_id: int
    person_id: int
    rail: Rail | None
    pot_period_id: int | None
    answers: dict[str, Any]
    stripe_session_id: str | None
    stripe_payment_method_id: str | None
    created_at: datetime
    placed_at: datetime | None
    person: PersonView

    @property
    def way(self) -> str | None:
        """The way of paying as the form spells it."""
        if self.rail is None:
            return None
        return OWN_MONEY if self.pot_period_id is None else f"pot:{self.pot_period_id}"

    @property
    def chosen(self) -> str | None:
        """What was chosen on the page of ways: the way, and whether a card is to pay a part."""
        return f"{self.way}{WITH_CARD}" if self.way and self.top_up else self.way

    @property
    def top_up(self) -> TopUpChoice | None:
        """What a card is to pay beside the budget; None where one alone pays."""
        said = self.answers.get("top_up")
        return None if said is None else TopUpChoice(**said)

    @property
    def delivery(self) -> dict[str, str]:
        return dict(self.answers.get("delivery") or {})

    @property
    def outcomes(self) -> dict[int, int]:
        """The outcome that each provider's part serves."""
        return {int(key): value for key, value in (self.answers.get("outcomes") or {}).items()}

    @property
    def reasons(self) -> dict[int, str]:
        """Why each provider's part is right although it is outside the plan, where that was asked."""
        return {int(key): value for key, value in (self.answers.get("reasons") or {}).items()}

    @property
    def has_card(self) -> bool:
        return self.stripe_payment_method_id is not None


_checkouts, _baskets = table_of(Checkout), table_of(Basket)
_NAMES = tuple(name for name in CheckoutView.__dataclass_fields__ if name != "person")
_CHECKOUT = (
    select(*(_checkouts.c[name] for name in _NAMES), *(column.label(f"of_{column.key}") for column in PEOPLE.c))
    .join(PEOPLE, PEOPLE.c.id == _checkouts.c.person_id)
    .where(_checkouts.c.id == bindparam("checkout_id"), _checkouts.c.user_id == bindparam("user_id"))
)
_LOCKED = _CHECKOUT.with_for_update(of=_checkouts)
_LOCKED_WITH_BASKET = _CHECKOUT.join(_baskets, _baskets.c.id == _checkouts.c.basket_id).with_for_update(
    of=[_checkouts, _baskets]
)


@dataclass(frozen=True)
class PlanPart:
    """What would be one order: the lines of one provider in one period of the pot, and the outcome they serve.

    `outside` says in which way it is outside the plan or the pot, None when it is not; `reason` why that is right.
    """

    organisation_id: int
    provider_name: str
    lines: tuple[BasketLineView, ...]
    outcome_id: int | None
    pot: PotChoice | None = None
    outside: str | None = None
    reason: str | None = None
    payee: PayeeStanding | None = None  # from a direct payment: what was said of the provider's people
    card_pence: int = 0  # what a card pays beside the budget

    @property
    def asks_relationship(self) -> bool:
        """Whether a direct payment pays this, so that it has to be said whether the provider's people are family."""
        return self.payee is not None and self.total_pence > 0

    @property
    def total_pence(self) -> int:
        return sum(line.amount_pence for line in self.lines)

    @property
    def lacks_reason(self) -> bool:
        return self.outside is not None and not self.reason


@dataclass(frozen=True)
class Plan:
    """Everything that the checkout's pages show, and a digest of what would be ordered.

    `outcomes` are those on the plan, and those off it for which something was chosen before they ended.
    """

    checkout: CheckoutView
    access: PersonAccess
    basket: BasketView
    ways: tuple[WayOfPaying, ...]
    way: WayOfPaying | None
    parts: tuple[PlanPart, ...]
    outcomes: tuple[OutcomeView, ...]

    @property
    def total_pence(self) -> int:
        return sum(part.total_pence for part in self.parts)

    @property
    def from_budget(self) -> bool:
        return self.way is not None and self.way.rail in BUDGET_RAILS

    @property
    def top_up(self) -> TopUpChoice | None:
        return self.checkout.top_up

    @property
    def card_pence(self) -> int:
        """What a card pays beside the budget."""
        return sum(part.card_pence for part in self.parts)

    @property
    def needs_card(self) -> bool:
        """Whether the buyer has to give a card before the order can be placed."""
        if self.top_up is not None:
            return not self.top_up.by_another and self.card_pence > 0
        return self.way is not None and self.way.rail in CARD_RAILS and self.total_pence > 0

    @property
    def lacks_top_up(self) -> bool:
        """Whether a part by card was wanted and nobody has said yet how much, or it does not fit what there is now."""
        if self.top_up is None:
            return False
        budget = self.top_up.budget_pence
        return self.way is None or not self.way.can_be_topped_up or not budget or not 0 < budget < self.total_pence

    @property
    def payees(self) -> dict[int, PayeeStanding] | None:
        """What was said of each provider's people, where a direct payment pays."""
        return {part.organisation_id: part.payee for part in self.parts if part.payee is not None} or None

    @property
    def who_is_known(self) -> bool:
        return bool(self.checkout.answers.get("who"))

    @property
    def purpose_is_known(self) -> bool:
        """Whether it was said where things go, from a budget what each part serves and why, and who is paid."""
        if "delivery" not in self.checkout.answers:
            return False
        if any(part.asks_relationship and part.payee and not part.payee.is_declared for part in self.parts):
            return False
        known = {outcome.id for outcome in self.outcomes}
        return not self.from_budget or all(part.outcome_id in known and not part.lacks_reason for part in self.parts)

    @property
    def digest(self) -> str:
        """A fingerprint of all that would be ordered: pressing the button orders what was seen, or nothing."""
        content = [
            self.checkout.key,
            self.checkout.person_id,
            self.checkout.way,
            self.checkout.answers.get("top_up"),
            sorted(self.checkout.delivery.items()),
            [
                [
                    part.organisation_id,
                    part.outcome_id,
                    part.reason,
                    part.pot.pot_period_id if part.pot else None,
                    part.card_pence,
                    [_spelled(line) for line in part.lines],
                ]
                for part in self.parts
            ],
        ]
        return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def _spelled(line: BasketLineView) -> list[object]:
    return [line.id, line.listing_id, line.title, line.quantity, line.price_pence, str(line.wanted_on), line.note]


@read_once
def get_checkout(actor: Actor, checkout_id: int) -> CheckoutView:
    """A checkout of the actor's own with the person it is for. Raises NotFound for anybody else's."""
    checkout = _find(_CHECKOUT, actor, checkout_id)
    if checkout is None:
        raise NotFound()
    find_person.know(checkout.person, checkout.person_id)
    return checkout


def lock_checkout(actor: Actor, checkout_id: int) -> CheckoutView:
    """As `get_checkout`, the checkout and its basket held until the commit.

    Two checkouts of one basket wait for each other here; the second finds it empty.
    """
    checkout = _find(_LOCKED_WITH_BASKET, actor, checkout_id) or _find(_LOCKED, actor, checkout_id)
    if checkout is None:
        raise NotFound()
    return checkout


def _find(query: Select[Any], actor: Actor, checkout_id: int) -> CheckoutView | None:
    row = send(query, {"checkout_id": checkout_id, "user_id": actor.user_id}).one_or_none()
    if row is None:
        return None
    own: dict[str, Any] = dict(zip(_NAMES, row, strict=False))
    return CheckoutView(**own, person=PersonView(*row[len(_NAMES) :]))


def get_plan(actor: Actor, checkout_id: int) -> Plan:
    """What the checkout would order now. Raises NotFound for a stranger, AuthorityEnded once the right has ended."""
    return plan_of(actor, get_checkout(actor, checkout_id))


def plan_of(actor: Actor, checkout: CheckoutView) -> Plan:
    """What a checkout that was just read would order now. Raises as `get_plan`."""
    access = get_access_begun(actor, checkout.person, MandateAction.ORDER)
    parts = parts_of(checkout.basket_id) if checkout.basket_id is not None else ()
    return plan_for(checkout, access, BasketView(checkout.basket_id, checkout.person_id, parts))


def plan_for(checkout: CheckoutView, access: PersonAccess, basket: BasketView, *, for_ways_alone: bool = False) -> Plan:
    """What a checkout would order by a right and from a basket that the caller has read.

    `for_ways_alone` leaves out what it is for, which no way of paying depends on: then no outcome is read.
    """
    ways = _ways(basket, checkout, access.mandate)
    way = next((way for way in ways if way.value == checkout.way), None)
    outcomes = () if for_ways_alone else _outcomes(checkout, basket)
    parts_ = _topped_up(checkout, way, _plan_parts(checkout, basket, way, outcomes))
    return Plan(checkout, access, basket, ways, way, parts_, outcomes)


def _topped_up(checkout: CheckoutView, way: WayOfPaying | None, parts: tuple[PlanPart, ...]) -> tuple[PlanPart, ...]:
    """The parts with what a card pays of each, in proportion to their prices."""
    wanted, total = checkout.top_up, sum(part.total_pence for part in parts)
    if wanted is None or not wanted.budget_pence or way is None or wanted.budget_pence > total:
        return parts
    shares = budget_shares([part.total_pence for part in parts], wanted.budget_pence)
    return tuple(replace(part, card_pence=part.total_pence - share) for part, share in zip(parts, shares, strict=True))


def _outcomes(checkout: CheckoutView, basket: BasketView) -> tuple[OutcomeView, ...]:
    live = list_outcomes(checkout.person_id)
    chosen = {line.outcome_id for line in basket.lines} | set(checkout.outcomes.values())
    return (*live, *list_ended(checkout.person_id, chosen - {outcome.id for outcome in live}))


def _ways(basket: BasketView, checkout: CheckoutView, mandate: MandateView | None) -> tuple[WayOfPaying, ...]:
    days = [line.wanted_on for line in basket.lines if line.wanted_on]
    found = list_pot_choices(checkout.person_id, min(days, default=clock.today()))
    pots = [pot for pot in found if mandate is None or mandate.covers(pot.pot_id)]
    others = _other_periods(checkout, pots, days)
    may_card = mandate is None or not mandate.pot_ids
    ways = [_way(f"pot:{pot.pot_period_id}", pot.rail, pot, basket, others, may_card=may_card) for pot in pots]
    if checkout.pot_period_id is not None and all(pot.pot_period_id != checkout.pot_period_id for pot in pots):
        # Chosen before and not open any more, such as one that ended yesterday: the refusal has to name it.
        pot = get_pot_choice(checkout.pot_period_id)
        if pot.person_id == checkout.person_id and (mandate is None or mandate.covers(pot.pot_id)):
            ways.append(_way(f"pot:{pot.pot_period_id}", pot.rail, pot, basket))
    if may_card:
        ways.append(_way(OWN_MONEY, Rail.OWN_MONEY, None, basket))
    return tuple(way for way in ways if way.pays_for)


def _other_periods(checkout: CheckoutView, pots: list[PotChoice], days: list[date]) -> list[PotChoice]:
    """Periods of these pots in which other days of the basket lie, when it reaches beyond the first day's."""
    last = max(days, default=date.min)
    if all(last <= pot.ends_on for pot in pots):
        return []
    known = {pot.pot_period_id for pot in pots}
    found = list_pot_choices(checkout.person_id, min(days), until=last)
    return [pot for pot in found if pot.pot_period_id not in known]


def _way(
    value: str,
    rail: Rail,
    pot: PotChoice | None,
    basket: BasketView,
    others: Sequence[PotChoice] = (),
    *,
    may_card: bool = False,
) -> WayOfPaying:
    accepted = [(part, line) for part in basket.parts for line in part.lines if _accepts(part, line, rail)]
    pays_for = tuple(line for _, line in accepted)
    paid = {line.id for line in pays_for}
    leaves = tuple(line for line in basket.lines if line.id not in paid)
    other_periods = tuple(other for other in others if pot is not None and other.pot_id == pot.pot_id)
    topped_up = may_card and rail in SETTLED_RAILS and any(line.amount_pence for line in pays_for)
    topped_up = topped_up and all(_accepts(part, line, Rail.OWN_MONEY) for part, line in accepted)
    return WayOfPaying(value, rail, pot, pays_for, leaves, other_periods, topped_up)


def _accepts(part: BasketPart, line: BasketLineView, rail: Rail) -> bool:
    if not line.can_be_bought or line.offer is None or rail not in line.offer.rails:
        return False
    return rail not in CARD_RAILS or part.takes_cards or line.amount_pence == 0


def _plan_parts(
    checkout: CheckoutView, basket: BasketView, way: WayOfPaying | None, outcomes: tuple[OutcomeView, ...]
) -> tuple[PlanPart, ...]:
    paid = {line.id for line in way.pays_for} if way else {line.id for line in basket.lines if line.can_be_bought}
    from_budget = way is not None and way.rail in BUDGET_RAILS
    standings: dict[int, PayeeStanding] | None = None
    if way is not None and way.rail is Rail.DIRECT_PAYMENT:
        standings = payee_standings(checkout.person_id, {part.organisation_id for part in basket.parts})
    known = {outcome.id: outcome for outcome in outcomes}
    parts: list[PlanPart] = []
    for part in basket.parts:
        lines = tuple(line for line in part.lines if line.id in paid)
        if lines:
            chosen = (
                checkout.outcomes.get(part.organisation_id)
                or remembered_outcome(lines, outcomes)
                or only_outcome(lines, outcomes)
            )
            payee = None if standings is None else standings.get(part.organisation_id, PayeeStanding())
            outcome = known.get(chosen or 0) if from_budget else None
            from_pot = way.pot if way is not None and from_budget else None
            outside = why_asked(outcome, from_pot, [line.offer.category_slug for line in lines if line.offer])
            parts.extend(
                PlanPart(
                    part.organisation_id,
                    part.provider_name,
                    tuple(in_period),
                    outcome.id if outcome else None,
                    pot,
                    outside,
                    checkout.reasons.get(part.organisation_id) if outside else None,
                    payee,
                )
                for pot, in_period in _by_period(way, lines)
            )
    return tuple(parts)


def _by_period(
    way: WayOfPaying | None, lines: tuple[BasketLineView, ...]
) -> list[tuple[PotChoice | None, list[BasketLineView]]]:
    """Lines by the pot's period that pays for their day: an order never has days of two periods."""
    periods: dict[int | None, tuple[PotChoice | None, list[BasketLineView]]] = {}
    for line in lines:
        pot = way.pot_on(line.wanted_on) if way is not None else None
        periods.setdefault(pot.pot_period_id if pot else None, (pot, []))[1].append(line)
    return sorted(periods.values(), key=lambda each: each[0].starts_on if each[0] else date.min)
