"""What the frame of every page says: who is there, for whom they may act, and how much lies in their basket."""

from sqlalchemy import and_, bindparam, func, or_, select

from budgets.queries.access import names_user_now
from budgets.queries.people import person_id_of
from marketplace.accounts.ports import Frame
from marketplace.database import read_once, send, table_of
from marketplace.kernel import clock
from payments.models import Basket, BasketLine
from payments.queries.baskets import digest_of

_baskets, _lines = table_of(Basket), table_of(BasketLine)
_COUNT = select(func.count(_lines.c.id)).join(_baskets, _baskets.c.id == _lines.c.basket_id)
_OF_BROWSER = and_(_baskets.c.token_digest == bindparam("digest"), _baskets.c.user_id.is_(None))
_COUNT_OF_BROWSER = _COUNT.where(_OF_BROWSER)
_own = person_id_of(bindparam("user_id"))
_for_whom = func.coalesce(bindparam("person_id", type_=_baskets.c.person_id.type), _own)
_FRAME = select(
    _own.label("own_person_id"),
    names_user_now(bindparam("user_id"), bindparam("today")).label("manages_people"),
    _COUNT.where(
        or_(
            and_(_baskets.c.user_id == bindparam("user_id"), _baskets.c.person_id == _for_whom),
            and_(_for_whom.is_(None), _OF_BROWSER),
        )
    )
    .scalar_subquery()
    .label("in_basket"),
)


@read_once
def frame_of(user_id: int, person_id: int | None, token: str | None) -> Frame:
    """Of somebody who is signed in: the basket is for the person named, else for themself, else this browser's."""
    row = send(
        _FRAME,
        {
            "user_id": user_id,
            "person_id": person_id,
            "digest": digest_of(token) if token else None,
            "today": clock.today(),
        },
    ).one()
    has_basket = person_id is not None or row.own_person_id is not None or token is not None
    return Frame(
        is_person=row.own_person_id is not None,
        manages_people=row.manages_people,
        basket_count=row.in_basket if has_basket else None,
    )


@read_once
def count_lines(token: str) -> int:
    """How many things lie in the basket of a browser that has not signed in."""
    return int(send(_COUNT_OF_BROWSER, {"digest": digest_of(token)}).scalar_one())
