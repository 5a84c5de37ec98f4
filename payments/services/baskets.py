"""Fill, change and move baskets. One per buyer and person; before sign-in one per browser, known by a secret token."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from budgets.domain import MandateAction
from budgets.queries.access import get_access
from budgets.queries.outcomes import list_outcomes
from budgets.queries.people import find_person_of_user
from budgets.services.people import ensure_person_for_user
from catalogue.queries.listings import Offer, offer_for
from marketplace.accounts.domain import Actor
from marketplace.database import Id, db, for_each_dialect, rows_changed, send, table_of, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.filters import pounds
from payments.errors import NotForBasket, PriceChangedAgain, WrongQuantity
from payments.models import Basket, BasketLine, BasketPress
from payments.queries.baskets import Owner, digest_of, owned_by, quantity_words, why_not

MOST_LINES = 60
LONGEST_NOTE = 500
FURTHEST_AHEAD = timedelta(days=366)
_baskets, _lines = table_of(Basket), table_of(BasketLine)


def _begin_or_touch(by: Sequence[str]) -> Callable[[], Any]:
    """A new basket, or the one that is there, touched and held until the commit; answers its id."""
    return for_each_dialect(
        lambda insert: (
            (begin := insert(_baskets))
            .on_conflict_do_update(index_elements=by, set_={"touched_at": begin.excluded.touched_at})
            .returning(_baskets.c.id)
        )
    )


_BEGIN_OF_BUYER, _BEGIN_OF_BROWSER = _begin_or_touch(["user_id", "person_id"]), _begin_or_touch(["token_digest"])
_LINE = tuple(
    _lines.c[name]
    for name in (
        "basket_id",
        "listing_id",
        "quantity",
        "wanted_on",
        "note",
        "outcome_id",
        "title_seen",
        "price_seen_pence",
        "added_at",
    )
)
_of_basket = _lines.c.basket_id == bindparam("basket_id")
_SAME = (
    select(_lines.c.id, _lines.c.quantity)
    .where(
        _of_basket,
        _lines.c.listing_id == bindparam("listing_id"),
        _lines.c.wanted_on.is_not_distinct_from(bindparam("wanted_on", type_=_lines.c.wanted_on.type)),
        _lines.c.note.is_not_distinct_from(bindparam("note", type_=_lines.c.note.type)),
        _lines.c.price_seen_pence == bindparam("price_seen_pence"),
    )
    .order_by(_lines.c.id)
    .limit(1)
)
_PUT_IN = insert(_lines).from_select(
    _LINE,
    select(*(bindparam(column.key, type_=column.type) for column in _LINE)).where(
        ~_SAME.exists(),
        select(func.count(_lines.c.id)).where(_of_basket).scalar_subquery() < MOST_LINES,
    ),
    include_defaults=False,
)
"""Another line, unless the same is there already or the basket is full: then nothing."""
_MORE = (
    update(_lines)
    .where(_lines.c.id == bindparam("line_id"))
    .values(
        quantity=bindparam("quantity"), outcome_id=func.coalesce(bindparam("outcome", type_=Id), _lines.c.outcome_id)
    )
)
_presses = table_of(BasketPress)
_PRESS = for_each_dialect(lambda insert: insert(_presses).on_conflict_do_nothing().returning(_presses.c.key))


@dataclass(frozen=True)
class LineWanted:
    """What somebody wants of one listing. `outcome_id` is the outcome it was found for, if it was."""

    listing_id: int
    quantity: int
    wanted_on: date | None = None
    note: str | None = None
    outcome_id: int | None = None
    key: str | None = None
    """Of the form in which it was asked for: the same form sent again asks for nothing more."""


def owner_for(actor: Actor, person_id: int | None, token: str | None) -> Owner:
    """Whose basket the actor means: a person's for whom they may order, their own, or this browser's.

    Raises NotFound for a person for whom they may not order.
    """
    if actor.user_id is None:
        return Owner(token=token)
    if person_id is not None:
        get_access(actor, person_id, MandateAction.ORDER)
        return Owner(actor.user_id, person_id, token)
    own = find_person_of_user(actor.user_id)
    return Owner(actor.user_id, own.id if own else None, token)


def add(owner: Owner, wanted: LineWanted) -> bool:
    """Put something into a basket; the same listing for the same day and with the same note adds up.

    Answers whether it was put in, and not before by the same form. Raises DomainError on the field to change.
    """
    offer = offer_for([wanted.listing_id]).get(wanted.listing_id)
    check_wanted(offer, wanted)
    assert offer is not None and offer.price_pence is not None
    with transaction():
        basket_id = _ensure(owner)
        if wanted.key and not _is_first_press(wanted.key):
            return False
        line = _line_of(basket_id, offer, wanted, _outcome_id(owner, wanted))
        if not send(_PUT_IN, line).rowcount:
            same = send(_SAME, line).one_or_none()
            if same is None:
                raise DomainError(
                    f"Your basket holds {MOST_LINES} different things, which is as many as it can. Order them first."
                )
            quantity = same.quantity + wanted.quantity
            _check_quantity(offer, quantity, had=same.quantity)
            send(_MORE, {"line_id": same.id, "quantity": quantity, "outcome": line["outcome_id"]})
        return True


def change(owner: Owner, line_id: int, *, quantity: int, wanted_on: date | None, note: str | None) -> None:
    """Change how many, the day and the note of one line. Raises NotFound for a line of another basket."""
    with transaction():
        line = _line(owner, line_id)
        offer = offer_for([line.listing_id]).get(line.listing_id)
        check_wanted(offer, LineWanted(line.listing_id, quantity, wanted_on, note))
        line.quantity, line.wanted_on, line.note = quantity, wanted_on, note or None
        _touch(line.basket_id)


def change_quantity(owner: Owner, line_id: int, quantity: int) -> None:
    """Change how many of one line. Raises NotForBasket, DomainError on `quantity`, NotFound for another's line."""
    with transaction():
        line = _line(owner, line_id)
        offer = offer_for([line.listing_id]).get(line.listing_id)
        if offer is None:
            raise NotForBasket(why_not(offer) or "")
        _check_quantity(offer, quantity)
        line.quantity = quantity
        _touch(line.basket_id)


def remove(owner: Owner, line_id: int) -> None:
    """Take one line out. Doing so twice is harmless."""
    with transaction():
        basket_id = _find(owner)
        if basket_id is None:
            return
        db.session.execute(delete(BasketLine).where(BasketLine.id == line_id, BasketLine.basket_id == basket_id))
        _touch(basket_id)


def accept_price(owner: Owner, line_id: int, price_pence: int) -> None:
    """Take a price that changed since the line was put in.

    Raises PriceChangedAgain when it is not that any more, NotForBasket, NotFound for a line that is not theirs.
    """
    with transaction():
        line = _line(owner, line_id)
        offer = offer_for([line.listing_id]).get(line.listing_id)
        if offer is None or offer.why_not is not None:
            raise NotForBasket(why_not(offer) or "")
        if offer.price_pence != price_pence:
            raise PriceChangedAgain(offer.title, pounds(offer.price_pence))
        line.price_seen_pence = price_pence
        line.title_seen = offer.title
        _touch(line.basket_id)


def merge_anonymous(user_id: int, token: str) -> bool:
    """After signing in, what a browser's basket holds goes to the user's own. Answers whether anything was moved.

    Somebody who has no person of their own (staff who act for others) keeps it until they say whom it is for.
    """
    own = find_person_of_user(user_id)
    if own is None:
        return False
    return _move(Owner(token=token), Owner(user_id, own.id))


def move_to_person(actor: Actor, source: Owner, person_id: int | None) -> Owner:
    """Say whom a basket is for: its lines go to that person's basket; None is the actor themself.

    Raises NotFound for a person for whom the actor may not order.
    """
    if actor.user_id is None:
        raise NotFound()
    if person_id is None:
        person_id = ensure_person_for_user(actor.user_id)
    get_access(actor, person_id, MandateAction.ORDER)
    target = Owner(actor.user_id, person_id)
    if (source.user_id, source.person_id) != (target.user_id, target.person_id):
        _move(source, target)
    return target


def hand_on(person_id: int, from_user_ids: Iterable[int], to_user_id: int) -> None:
    """What some users chose for a person lies in the basket of whoever takes over, with what they had there already."""
    for user_id in sorted(set(from_user_ids) - {to_user_id}):
        _move(Owner(user_id, person_id), Owner(to_user_id, person_id))


def drop_old() -> int:
    """Take away baskets that nobody touched for 30 days. Answers how many. For the worker."""
    with transaction():
        old = select(Basket.id).where(Basket.touched_at < clock.now() - keeping.UNFINISHED)
        db.session.execute(delete(BasketLine).where(BasketLine.basket_id.in_(old)))
        db.session.execute(delete(BasketPress).where(BasketPress.pressed_at < clock.now() - keeping.UNFINISHED))
        return rows_changed(delete(Basket).where(Basket.touched_at < clock.now() - keeping.UNFINISHED))


def check_wanted(offer: Offer | None, wanted: LineWanted) -> None:
    """Whether this can be put into a basket. Raises NotForBasket, or DomainError on the field to change."""
    reason = why_not(offer)
    if offer is None or reason is not None:
        raise NotForBasket(reason or "")
    _check_quantity(offer, wanted.quantity)
    if wanted.wanted_on is not None:
        today = clock.today()
        if wanted.wanted_on < today:
            raise DomainError("Choose a day from today on", field="wanted_on")
        if wanted.wanted_on > today + FURTHEST_AHEAD:
            raise DomainError("Choose a day within a year from now", field="wanted_on")
    if wanted.note and len(wanted.note) > LONGEST_NOTE:
        raise DomainError(f"Use {LONGEST_NOTE} characters or fewer", field="note")


def _check_quantity(offer: Offer, quantity: int, *, had: int = 0) -> None:
    if offer.min_quantity <= quantity <= offer.max_quantity:
        return
    already = f" You have {offer.unit_words.counted(had)} in your basket already." if had else ""
    raise WrongQuantity(f"Choose {quantity_words(offer)}.{already}")


def _is_first_press(key: str) -> bool:
    """Write down that a form was sent. Two of the same at once wait for each other; a refusal forgets it again."""
    digest = digest_of(key)
    return send(_PRESS(), {"key": digest, "pressed_at": clock.now()}).scalar() is not None


def _find(owner: Owner) -> int | None:
    return db.session.scalar(select(Basket.id).where(*owned_by(owner)))


def _ensure(owner: Owner) -> int:
    """The basket's id, its row touched and held until the commit; a new one when there is none.

    Somebody who signs in and has no person of their own fills their browser's basket until they say whom it is for.
    """
    is_for_person = owner.user_id is not None and owner.person_id is not None
    if not is_for_person and not owner.token:
        raise RuntimeError("a basket needs a buyer and a person, or a browser's token")
    now = clock.now()
    values = {
        "user_id": owner.user_id if is_for_person else None,
        "person_id": owner.person_id,
        "token_digest": None if is_for_person else digest_of(owner.token or ""),
        "created_at": now,
        "touched_at": now,
    }
    begin = _BEGIN_OF_BUYER if is_for_person else _BEGIN_OF_BROWSER
    return int(send(begin(), values).scalar_one())


def _line(owner: Owner, line_id: int) -> BasketLine:
    line = db.session.execute(
        select(BasketLine)
        .join(Basket, Basket.id == BasketLine.basket_id)
        .where(BasketLine.id == line_id, *owned_by(owner))
        .with_for_update()
    ).scalar_one_or_none()
    if line is None:
        raise NotFound()
    return line


def _outcome_id(owner: Owner, wanted: LineWanted) -> int | None:
    """The outcome named, if it is a live one of the person this is for: it only fills in an answer of the checkout."""
    if wanted.outcome_id is None or owner.person_id is None:
        return None
    live = {outcome.id for outcome in list_outcomes(owner.person_id)}
    return wanted.outcome_id if wanted.outcome_id in live else None


def _line_of(basket_id: int, offer: Offer, wanted: LineWanted, outcome_id: int | None) -> dict[str, Any]:
    return {
        "basket_id": basket_id,
        "listing_id": wanted.listing_id,
        "quantity": wanted.quantity,
        "wanted_on": wanted.wanted_on,
        "note": wanted.note or None,
        "outcome_id": outcome_id,
        "title_seen": offer.title,
        "price_seen_pence": offer.price_pence,
        "added_at": clock.now(),
    }


def _touch(basket_id: int) -> None:
    db.session.execute(update(Basket).where(Basket.id == basket_id).values(touched_at=clock.now()))


def _move(source: Owner, target: Owner) -> bool:
    """Move every line of one basket to another, as far as there is room, and drop the empty one."""
    with transaction():
        source_id = db.session.scalar(select(Basket.id).where(*owned_by(source)).with_for_update())
        if source_id is None:
            return False
        target_id = _ensure(target)
        if target_id == source_id:
            return False
        lines = (
            db.session.execute(select(BasketLine).where(BasketLine.basket_id == source_id).order_by(BasketLine.id))
            .scalars()
            .all()
        )
        known = {
            (line.listing_id, line.wanted_on, line.note, line.price_seen_pence): line
            for line in db.session.execute(select(BasketLine).where(BasketLine.basket_id == target_id)).scalars()
        }
        for line in lines:
            same = known.get((line.listing_id, line.wanted_on, line.note, line.price_seen_pence))
            if same is None:
                line.basket_id = target_id
            else:
                # The larger number, not the sum: somebody who fills the basket again at home means the same thing.
                same.quantity = max(same.quantity, line.quantity)
                db.session.delete(line)
        db.session.flush()
        db.session.execute(delete(Basket).where(Basket.id == source_id))
        return bool(lines)
