"""What the frame of every page says: who is there, for whom they may act, and how much lies in their basket."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select

from budgets.domain import PersonView
from budgets.queries.access import names_user_now
from budgets.queries.people import PEOPLE, find_person, find_person_of_user, person_id_of
from marketplace.accounts.ports import Frame
from marketplace.database import read_once, send, table_of
from marketplace.kernel import clock
from payments.models import Basket, BasketLine
from payments.queries.baskets import digest_of

_baskets, _lines = table_of(Basket), table_of(BasketLine)
_COUNT = select(func.count(_lines.c.id)).join(_baskets, _baskets.c.id == _lines.c.basket_id)
_OF_BROWSER = and_(_baskets.c.token_digest == bindparam("browser"), _baskets.c.user_id.is_(None))
_COUNT_OF_BROWSER = _COUNT.where(_OF_BROWSER)
_own = person_id_of(bindparam("user_id"))


def _columns(user_id: Any, own_person_id: Any) -> tuple[ColumnElement[Any], ...]:
    """What the frame says of a user beside their own person: whether they act for others, and what is in the basket."""
    for_whom = func.coalesce(bindparam("person_id", type_=_baskets.c.person_id.type), own_person_id)
    whose = or_(
        and_(_baskets.c.user_id == user_id, _baskets.c.person_id == for_whom),
        and_(for_whom.is_(None), _OF_BROWSER),
    )
    return (
        names_user_now(user_id, bindparam("today")).label("manages_people"),
        _COUNT.where(whose).scalar_subquery().label("in_basket"),
    )


_FRAME = select(_own.label("own_person_id"), *_columns(bindparam("user_id"), _own))


@read_once
def frame_of(user_id: int, person_id: int | None, token: str | None) -> Frame:
    """Of somebody who is signed in: the basket is for the person named, else for themself, else this browser's."""
    row = send(_FRAME, {"user_id": user_id, **parameters_of(person_id, token)}).one()
    return _frame(row, row.own_person_id, person_id, token)


def parameters_of(person_id: int | None, token: str | None) -> dict[str, Any]:
    """What the statements of this module have to be told."""
    return {"person_id": person_id, "browser": digest_of(token) if token else None, "today": clock.today()}


def with_frame(users: Select[Any], user_id: ColumnElement[int]) -> Select[Any]:
    """A query of users that brings each with their own person and what a frame says: for `know_frame`."""
    return users.outerjoin(PEOPLE, PEOPLE.c.user_id == user_id).add_columns(
        *_columns(user_id, PEOPLE.c.id), *(column.label(f"own_{column.key}") for column in PEOPLE.c)
    )


def know_frame(user_id: int, row: Any, person_id: int | None, token: str | None) -> None:
    """Keep what a row of `with_frame` says: neither the frame nor the user's own person is asked for again."""
    own = PersonView(*row[-len(PEOPLE.c) :]) if row.own_id is not None else None
    find_person_of_user.know(own, user_id)
    if own is not None:
        find_person.know(own, own.id)
    frame_of.know(_frame(row, row.own_id, person_id, token), user_id, person_id, token)


def _frame(row: Any, own_person_id: int | None, person_id: int | None, token: str | None) -> Frame:
    has_basket = person_id is not None or own_person_id is not None or token is not None
    return Frame(
        is_person=own_person_id is not None,
        manages_people=row.manages_people,
        basket_count=row.in_basket if has_basket else None,
    )


@read_once
def count_lines(token: str) -> int:
    """How many things lie in the basket of a browser that has not signed in."""
    return int(send(_COUNT_OF_BROWSER, {"browser": digest_of(token)}).scalar_one())
