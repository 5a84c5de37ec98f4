"""Begin a checkout and keep its answers, so that a session that ends or a second tab loses none."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Text, bindparam, cast, exists, insert, select, update

from budgets.domain import MandateAction, OutcomeView, PersonAccess, PersonView, PotChoice
from budgets.domain.payees import Relationship
from budgets.errors import NotEnoughLeft
from budgets.queries.access import get_access, list_people
from budgets.services.payees import RELATION, declare, judge_payees
from budgets.words import day_words, no_holder_words
from marketplace.accounts.domain import Actor, Role
from marketplace.database import rows_changed, send, table_of, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.ids import new_token
from marketplace.kernel.money import format_pounds
from marketplace.kernel.rails import CARD_RAILS, Rail
from payments.errors import CannotPayByCard, CheckoutChanged
from payments.models import Basket, Checkout
from payments.queries.baskets import BasketPart, BasketView, Owner, get_basket
from payments.queries.checkouts import (
    DELIVERY_FIELDS,
    OWN_MONEY,
    CheckoutView,
    Plan,
    get_plan,
    plan_for,
)
from payments.queries.ordered_before import LastOrder, known_before
from payments.queries.outside import why_asked
from payments.queries.ways import LEAST_BY_CARD_PENCE, MOST_BY_CARD_PENCE, WITH_CARD, WayOfPaying

LONGEST_REASON = 500
_checkouts = table_of(Checkout)
_OPEN_ONE = (
    select(_checkouts.c.id)
    .where(
        _checkouts.c.user_id == bindparam("user_id"),
        _checkouts.c.person_id == bindparam("person_id"),
        _checkouts.c.basket_id == bindparam("basket_id"),
        _checkouts.c.placed_at.is_(None),
    )
    .order_by(_checkouts.c.id.desc())
    .limit(1)
)
_BEGUN_WITH = tuple(
    _checkouts.c[name]
    for name in (
        "key",
        "basket_id",
        "user_id",
        "person_id",
        "assisted_by_organisation_id",
        "answers",
        "rail",
        "pot_period_id",
        "created_at",
    )
)
_BEGIN = (
    insert(_checkouts)
    .from_select(
        _BEGUN_WITH,
        select(*(bindparam(column.key, type_=column.type) for column in _BEGUN_WITH)).where(~_OPEN_ONE.exists()),
        include_defaults=False,
    )
    .returning(_checkouts.c.id)
)
"""A new checkout, unless one is open: then nothing, and that one is gone on with."""


def begin(actor: Actor, person_id: int) -> int:
    """The checkout of the actor's basket for a person: the one begun before, else a new one with what is known already.

    Raises NotFound without a right to order, DomainError when there is nothing that can be ordered.
    """
    if actor.user_id is None:
        raise NotFound()
    basket = get_basket(Owner(actor.user_id, person_id))
    access = get_access(actor, person_id, MandateAction.ORDER)
    if basket.id is None or not basket.ready:
        raise DomainError("Look at your basket first: something in it has to be put right.")
    known: dict[str, Any] = {}
    before = known_before(person_id, actor.user_id)
    helps_nobody = not before.is_named and not actor.has(Role.ACCESS_POINT_WORKER)
    if helps_nobody or len(list_people(actor, MandateAction.ORDER)) == 1:
        known["who"] = True  # there is nobody else it could be for
    last = before.last
    delivery = last.delivery_to(access.person) if last is not None else {}
    if delivery.get("address"):
        known["delivery"] = {name: str(delivery.get(name) or "") for name in DELIVERY_FIELDS}
    way = _known_way(_new(actor.user_id, access.person, basket, known), access, basket, last)
    wanted = {
        "key": new_token(),
        "basket_id": basket.id,
        "user_id": actor.user_id,
        "person_id": person_id,
        "assisted_by_organisation_id": access.assisted_organisation_id,
        "answers": known,
        "rail": way.rail if way else None,
        "pot_period_id": _pot_id(way) if way else None,
        "created_at": clock.now(),
    }
    with transaction():
        for statement in (_BEGIN, _OPEN_ONE, _BEGIN):  # the open one may be placed between the two
            found: int | None = send(statement, wanted).scalar()
            if found is not None:
                return found
    raise CheckoutChanged()


def _new(user_id: int, person: PersonView, basket: BasketView, answers: dict[str, Any]) -> CheckoutView:
    """A checkout that is about to be written: no way of paying was chosen yet."""
    return CheckoutView(
        id=0,
        key="",
        basket_id=basket.id,
        user_id=user_id,
        person_id=person.id,
        rail=None,
        pot_period_id=None,
        answers=answers,
        stripe_session_id=None,
        stripe_payment_method_id=None,
        created_at=clock.now(),
        placed_at=None,
        person=person,
    )


def _known_way(
    checkout: CheckoutView, access: PersonAccess, basket: BasketView, last: LastOrder | None
) -> WayOfPaying | None:
    """The answer to "paid how" when there is one way only, or when the way of the last time still pays for all."""
    plan = plan_for(checkout, access, basket, for_ways_alone=True)
    whole = [way for way in plan.ways if not way.leaves and way.is_enough]
    before = [way for way in whole if last is not None and (way.rail, _pot_id(way)) == (last.rail, last.pot_period_id)]
    chosen = next(iter(before or (whole if len(plan.ways) == 1 else [])), None)
    return chosen if chosen is not None and _refusal(plan, chosen) is None else None


def say_who(actor: Actor, checkout_id: int) -> None:
    """The buyer has looked at the name of the person this is for."""
    plan = get_plan(actor, checkout_id)
    save(plan.checkout.id, answers={**plan.checkout.answers, "who": True})


def choose_way(actor: Actor, checkout_id: int, value: str) -> None:
    """Choose how to pay; a budget's way with WITH_CARD after it is topped up by a card, how far is asked next.

    Raises DomainError on the field `way` in words when that way cannot pay for it.
    """
    plan = get_plan(actor, checkout_id)
    topped_up = value.endswith(WITH_CARD)
    way = next((way for way in plan.ways if way.value == value.removesuffix(WITH_CARD)), None)
    if way is None or (topped_up and not way.can_be_topped_up):
        raise DomainError("Choose how to pay", field="way")
    refusal = _refusal(plan, way, topped_up=topped_up)
    if refusal is not None:
        refusal.field = "way"
        raise refusal
    answers = {name: said for name, said in plan.checkout.answers.items() if name != "top_up"}
    if topped_up:
        answers["top_up"] = plan.checkout.answers.get("top_up") or {}
    save(plan.checkout.id, rail=way.rail, pot_period_id=_pot_id(way), answers=answers)


def say_purpose(
    actor: Actor,
    checkout_id: int,
    *,
    outcomes: Mapping[int, int],
    delivery: Mapping[str, str | None],
    reasons: Mapping[int, str] | None = None,
    relationships: Mapping[int, Relationship] | None = None,
) -> None:
    """Keep where things go, which outcome each part serves, why where that is asked, and whom it pays.

    Raises DomainError on the field at fault: `outcome_<provider>`, `why_<provider>` for a reason that is missing, or
    the relationship. What was said of a relative is kept even where it is then refused.
    """
    plan = get_plan(actor, checkout_id)
    kept = {name: (delivery.get(name) or "").strip() for name in DELIVERY_FIELDS}
    answers = {**plan.checkout.answers, "delivery": kept}
    if plan.from_budget:
        known = {outcome.id: outcome for outcome in plan.outcomes}
        for part in plan.parts:
            if outcomes.get(part.organisation_id) not in known:
                raise DomainError(
                    f"Choose what the things from {part.provider_name} are for",
                    field=f"outcome_{part.organisation_id}",
                )
        answers["outcomes"] = {str(key): value for key, value in outcomes.items() if value in known}
        answers["reasons"] = _reasons(
            plan, {key: known[value] for key, value in outcomes.items() if value in known}, reasons
        )
    asked = {part.organisation_id: part.provider_name for part in plan.parts if part.asks_relationship}
    said = {key: value for key, value in (relationships or {}).items() if key in asked}
    payees = plan.payees or {}
    for organisation_id, provider in asked.items():
        if organisation_id not in said and not payees[organisation_id].is_declared:
            raise DomainError(f"Say whether anybody at {provider} is family", field=f"{RELATION}{organisation_id}")
    save(plan.checkout.id, answers=answers)
    if said:
        declare(actor, plan.checkout.person_id, said)
    if asked:
        judge_payees(plan.checkout.person_id, asked)


def _reasons(plan: Plan, outcomes: Mapping[int, OutcomeView], given: Mapping[int, str] | None) -> dict[str, str]:
    """The reason for each provider's part of which one is asked. Raises DomainError where one is missing."""
    kept = {}
    for part in plan.parts:
        organisation_id = part.organisation_id
        slugs = [line.offer.category_slug for line in part.lines if line.offer]
        outside = why_asked(outcomes.get(organisation_id), plan.way.pot if plan.way else None, slugs)
        if outside is None:
            continue
        reason = " ".join(((given or {}).get(organisation_id) or "").split())
        if not reason:
            raise DomainError(f"{outside} Say why it is right all the same", field=f"why_{organisation_id}")
        kept[str(organisation_id)] = reason[:LONGEST_REASON]
    return kept


def refuse_way(plan: Plan, way: WayOfPaying) -> None:
    """Raise what `choose_way` would, for the moment of placing."""
    refusal = _refusal(plan, way, topped_up=plan.top_up is not None)
    if refusal is not None:
        raise refusal


def _refusal(plan: Plan, way: WayOfPaying, *, topped_up: bool = False) -> DomainError | None:
    if way.rail in CARD_RAILS:
        for part, amount in _charges(plan, way):
            if 0 < amount < LEAST_BY_CARD_PENCE:
                return CannotPayByCard(
                    f"The part from {part.provider_name} comes to {amount}p, and a card cannot pay less than "
                    f"{LEAST_BY_CARD_PENCE}p. "
                    f"Add something else from {part.provider_name}, take it out, or pay another way."
                )
            if amount > MOST_BY_CARD_PENCE:
                return CannotPayByCard(
                    f"The part from {part.provider_name} comes to {format_pounds(amount)}, and a card cannot pay more "
                    f"than {format_pounds(MOST_BY_CARD_PENCE)} at once. Choose fewer, or pay another way."
                )
    if way.pot is None:
        return None
    if way.rail is Rail.ISF and way.pot.payer_organisation_id is None:
        return DomainError(no_holder_words(way.pot.words, "the council"))
    days = [line.wanted_on for line in way.pays_for if line.wanted_on]
    outside = [day for day in days if not _holds(way.pot_on(day), day)]
    if outside:
        return DomainError(
            f"{way.pot.words} is for {day_words(way.pot.starts_on)} to {day_words(way.pot.ends_on)}, and "
            f"{day_words(min(outside))} is outside that. Choose another day, or pay with your own money."
        )
    other_rail = [day for day in days if _is_paid_otherwise(way.pot_on(day), way, day)]
    if other_rail:
        return DomainError(
            f"{way.pot.words} is paid in another way for {day_words(min(other_rail))}. Order the days from "
            f"{day_words(min(other_rail))} on apart from those before."
        )
    if way.too_little is not None and not topped_up:
        pot, pence = way.too_little
        return NotEnoughLeft(
            asked_pence=pence,
            left_pence=pot.available_pence,
            pot_words=pot.words,
            until=pot.ends_on,
            until_words=day_words(pot.ends_on),
            pot_period_id=pot.pot_period_id,
            fewer=fewer_words(way),
        )
    return None


def _charges(plan: Plan, way: WayOfPaying) -> Iterator[tuple[BasketPart, int]]:
    """What the card would be asked for: one amount for each provider and period of the pot."""
    paid = {line.id for line in way.pays_for}
    for part in plan.basket.parts:
        amounts: Counter[int] = Counter()
        for line in part.lines:
            if line.id in paid:
                pot = way.pot_on(line.wanted_on)
                amounts[pot.pot_period_id if pot else 0] += line.amount_pence
        yield from ((part, amount) for amount in amounts.values())


def _is_paid_otherwise(pot: PotChoice | None, way: WayOfPaying, day: date) -> bool:
    """Whether the council pays for a day in another way than the one that was chosen."""
    return pot is not None and (pot.rail is not way.rail or (pot.changes_on is not None and day >= pot.changes_on))


def _holds(pot: PotChoice | None, day: date) -> bool:
    return pot is not None and pot.starts_on <= day <= pot.ends_on


def fewer_words(way: WayOfPaying) -> str:
    """What somebody could choose fewer of: `fewer hours`, or `fewer things` when units differ."""
    units = {line.offer.unit_words.many for line in way.pays_for if line.offer}
    return f"fewer {units.pop()}" if len(units) == 1 else "fewer things"


def _pot_id(way: WayOfPaying) -> int | None:
    return None if way.value == OWN_MONEY or way.pot is None else way.pot.pot_period_id


def save(checkout_id: int, **values: Any) -> None:
    """Keep answers of a checkout that was not placed yet. Raises CheckoutChanged when it was."""
    with transaction():
        kept = rows_changed(
            update(Checkout).where(Checkout.id == checkout_id, Checkout.placed_at.is_(None)).values(**values)
        )
        if not kept:
            raise CheckoutChanged("This was ordered already. Look at your orders.")


def forget_unfinished() -> int:
    """Take the address and whatever else was answered out of checkouts that nobody placed; answers how many."""
    before = clock.now() - keeping.UNFINISHED
    in_use = exists().where(Basket.id == Checkout.basket_id, Basket.touched_at >= before)
    with transaction():
        return rows_changed(
            update(Checkout)
            .where(
                Checkout.placed_at.is_(None),
                Checkout.created_at < before,
                cast(Checkout.answers, Text) != "{}",
                ~in_use,
            )
            .values(answers={})
        )


def is_open(checkout: CheckoutView) -> bool:
    """Whether answers can still change."""
    return checkout.placed_at is None
