"""Order for many people in one go: each person's order in a transaction of its own, once, whatever happens between."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from budgets.queries.outcomes import outcomes_of
from budgets.words import possessive, short_name
from catalogue.queries.listings import offer_for
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import actor_of
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.ids import new_token
from marketplace.kernel.rails import CARD_RAILS
from marketplace.outbox.services import enqueue
from marketplace.planning.models import Round, RoundPart
from marketplace.planning.queries.repeating import Repeat, find_repeats, list_repeats
from marketplace.planning.queries.rounds import mandates_to_order
from marketplace.planning.rounds import MOST_PARTS, NewPart, PartState, RoundKind, read, spell
from marketplace.ui.filters import month_name
from payments.domain import OrderState
from payments.errors import PaysByCard
from payments.queries.orders import list_by_ids
from payments.services import baskets
from payments.services.baskets import LineWanted, check_wanted
from payments.services.checkout.at_once import AtOnce, SeenLine, order_at_once
from payments.services.moves import lock_order

TOPIC = "planning.round"
AT_ONCE = 25
"""So many are ordered while the buyer waits; the worker orders the others."""


def prepare_same(actor: Actor, wanted: LineWanted, outcomes: Mapping[int, int | None]) -> int:
    """Write down a round of one listing for the people that `outcomes` names, each with the outcome it serves.

    Nothing is ordered yet. Answers the round's id. Raises NotFound for somebody for whom the actor may not order,
    DomainError on the field to change.
    """
    offer = offer_for([wanted.listing_id]).get(wanted.listing_id)
    check_wanted(offer, wanted)
    assert offer is not None and offer.price_pence is not None
    mandates = mandates_to_order(actor)
    if not outcomes:
        raise DomainError("Choose at least one person", field="people")
    if set(outcomes) - set(mandates):
        raise NotFound
    live = outcomes_of(outcomes)
    line = SeenLine(
        wanted.listing_id, wanted.quantity, offer.title, offer.price_pence, wanted.wanted_on, wanted.note or None
    )
    parts = []
    for person_id, mandate in mandates.items():
        if person_id not in outcomes:
            continue
        outcome_id = outcomes[person_id]
        if live[person_id] and outcome_id not in {outcome.id for outcome in live[person_id]}:
            raise DomainError(f"Choose what this is for, for {mandate.person_name}", field=f"outcome_{person_id}")
        parts.append(NewPart(person_id, mandate.person_name, offer.provider_name, (line,), outcome_id))
    title = f"{offer.title} from {offer.provider_name}, {offer.unit_words.counted(wanted.quantity)} each"
    return prepare(actor, RoundKind.SAME_THING, title, parts, listing_id=wanted.listing_id)


def prepare_repeat(actor: Actor, month: date, order_ids: Collection[int], *, person_id: int | None = None) -> int:
    """Write down a round of orders of a month, wanted again at today's prices; answers its id.

    Raises NotFound for an order that is not on the actor's list, DomainError for none, or for one that cannot be
    repeated.
    """
    known = {repeat.order_id: repeat for repeat in list_repeats(actor, month, person_id=person_id)}
    if set(order_ids) - set(known):
        raise NotFound
    chosen: list[Repeat] = [repeat for repeat in known.values() if repeat.order_id in set(order_ids)]
    for repeat in chosen:
        if repeat.stopped is not None:
            raise DomainError(f"{repeat.person_name}, {repeat.reference}: {repeat.stopped}", field="orders")
    parts = [
        NewPart(
            repeat.person_id,
            repeat.person_name,
            repeat.provider_name,
            tuple(line.wanted for line in repeat.lines if line.wanted is not None),
            repeat.outcome_id,
            repeat.order_id,
        )
        for repeat in chosen
    ]
    whose = f" for {chosen[0].person_name}" if person_id is not None and chosen else ""
    return prepare(actor, RoundKind.REPEAT, f"What was ordered in {month_name(month)}, once more{whose}", parts)


def prepare(
    actor: Actor, kind: RoundKind, title: str, parts: Sequence[NewPart], *, listing_id: int | None = None
) -> int:
    """Write down a round to be looked at before anything is ordered; answers its id."""
    if not parts:
        raise DomainError("Choose at least one", field="people")
    if len(parts) > MOST_PARTS:
        raise DomainError(f"Choose {MOST_PARTS} or fewer at a time", field="people")
    with transaction():
        round_id: int = db.session.execute(
            insert(Round)
            .values(
                key=new_token(),
                user_id=actor.user_id,
                kind=kind,
                title=title[:200],
                listing_id=listing_id,
                created_at=clock.now(),
            )
            .returning(Round.id)
        ).scalar_one()
        db.session.execute(
            insert(RoundPart),
            [
                {
                    "round_id": round_id,
                    "part_no": number,
                    "person_id": part.person_id,
                    "person_name": part.person_name,
                    "provider_name": part.provider_name,
                    "lines": spell(part.lines),
                    "total_pence": part.total_pence,
                    "outcome_id": part.outcome_id,
                    "repeats_order_id": part.repeats_order_id,
                    "state": PartState.WAITING,
                }
                for number, part in enumerate(parts, start=1)
            ],
        )
        return round_id


def send(actor: Actor, round_id: int, *, key: str) -> None:
    """Order what waits in a round. Pressed again, or twice at once, nobody gets anything twice.

    Raises NotFound for anybody else's round and for another key.
    """
    with transaction():
        begun = db.session.execute(
            select(Round.sent_at).where(Round.id == round_id, Round.user_id == actor.user_id, Round.key == key)
        ).one_or_none()
        if begun is None or actor.user_id is None:
            raise NotFound
        first = rows_changed(
            update(Round).where(Round.id == round_id, Round.sent_at.is_(None)).values(sent_at=clock.now())
        )
        waiting = _waiting(round_id)
        if first:
            record("round.send", "round", round_id, actor_user_id=actor.user_id, parts=len(waiting))
            if len(waiting) > AT_ONCE:
                enqueue(TOPIC, {"round_id": round_id}, key=f"round:{round_id}")
    for part_id in waiting[:AT_ONCE]:
        order_part(actor, part_id)


def send_rest(payload: dict[str, Any]) -> None:
    """What the worker does for a long round: every order that waits, by the rights its buyer has at that moment."""
    user_id = db.session.scalar(select(Round.user_id).where(Round.id == payload["round_id"]))
    if user_id is None:
        return
    for part_id in _waiting(payload["round_id"]):
        order_part(actor_of(user_id), part_id)


def _waiting(round_id: int) -> list[int]:
    return list(
        db.session.scalars(
            select(RoundPart.id)
            .where(RoundPart.round_id == round_id, RoundPart.state == PartState.WAITING)
            .order_by(RoundPart.part_no)
        )
    )


def _lock_part(part_id: int) -> RoundPart:
    query = select(RoundPart).where(RoundPart.id == part_id).with_for_update()
    return db.session.execute(query.execution_options(populate_existing=True)).scalar_one()


def order_part(actor: Actor, part_id: int) -> PartState:
    """Try one order of a round, in a transaction of its own; answers what became of it, now or before."""
    try:
        with transaction():
            part = _lock_part(part_id)
            if part.state is not PartState.WAITING:
                return part.state
            name = short_name(part.person_name)
            if part.repeats_order_id is not None:
                _not_repeated_yet(part.repeats_order_id)
                if list_by_ids([part.repeats_order_id])[part.repeats_order_id].rail in CARD_RAILS:
                    raise PaysByCard("It was paid by card the last time.")
            placed = order_at_once(actor, _wanted(part))
            part.checkout_id = placed.checkout_id
            asks = any(order.state is OrderState.AWAITING_APPROVAL for order in list_by_ids(placed.order_ids).values())
            part.state = PartState.ASKED if asks else PartState.ORDERED
            part.tried_at = clock.now()
            return part.state
    except PaysByCard as card:
        return _put_into_basket(actor, part_id, card.message)
    except NotFound:
        why = f"You may not order for {name} any more: your authority has ended or was changed. Nothing was ordered."
    except DomainError as error:
        why = error.message
    return _refuse(part_id, why)


def _refuse(part_id: int, why: str) -> PartState:
    with transaction():
        db.session.execute(
            update(RoundPart)
            .where(RoundPart.id == part_id, RoundPart.state == PartState.WAITING)
            .values(state=PartState.REFUSED, why=why, tried_at=clock.now())
        )
    return PartState.REFUSED


def _put_into_basket(actor: Actor, part_id: int, why: str) -> PartState:
    """Where the buyer can give the card: one more transaction, in which nothing else of the part is done."""
    try:
        with transaction():
            part = _lock_part(part_id)
            if part.state is not PartState.WAITING:
                return part.state
            owner = baskets.owner_for(actor, part.person_id, None)
            if part.repeats_order_id is not None:
                _not_in_basket_yet(part.repeats_order_id, part.person_name)
            for line in read(part.lines):
                baskets.add(
                    owner, LineWanted(line.listing_id, line.quantity, line.wanted_on, line.note, part.outcome_id)
                )
            part.state, part.why, part.tried_at = PartState.IN_BASKET, why, clock.now()
            return part.state
    except NotFound:
        why = "You may not order for them any more: your authority has ended or was changed. Nothing was put anywhere."
    except DomainError as error:
        why = error.message
    return _refuse(part_id, why)


def _not_in_basket_yet(order_id: int, person_name: str) -> None:
    """The same order of last month is put into a basket once within a week, so that two tabs do not double it."""
    lately = clock.now() - timedelta(days=7)
    again = select(RoundPart.id).where(
        RoundPart.repeats_order_id == order_id, RoundPart.state == PartState.IN_BASKET, RoundPart.tried_at > lately
    )
    if db.session.scalar(again.limit(1)) is not None:
        raise DomainError(f"It was put into {possessive(person_name)} basket already.")


def _wanted(part: RoundPart) -> AtOnce:
    key = db.session.scalar(select(Round.key).where(Round.id == part.round_id))
    return AtOnce(f"{key}:{part.part_no}", part.person_id, read(part.lines), part.outcome_id)


def _not_repeated_yet(order_id: int) -> None:
    """An order is repeated once: two tabs with the same list wait for each other here, and the second is told."""
    lock_order(order_id)
    again = find_repeats([order_id]).get(order_id)
    if again is not None:
        raise DomainError(f"This was repeated already: it is order {again.reference}.")


def try_again(actor: Actor, round_id: int, *, key: str) -> None:
    """Put what was refused back to waiting, and order it: after money came, or an outcome was added."""
    with transaction():
        mine = select(Round.id).where(
            Round.id == round_id, Round.user_id == actor.user_id, Round.key == key, Round.sent_at.is_not(None)
        )
        if db.session.scalar(mine) is None:
            raise NotFound
        db.session.execute(
            update(RoundPart)
            .where(RoundPart.round_id == round_id, RoundPart.state == PartState.REFUSED)
            .values(state=PartState.WAITING, why=None, tried_at=None)
        )
    send(actor, round_id, key=key)
