"""The levy's rate for a council and a kind of funding. The rule itself is in `payments.levy`."""

from datetime import date

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.audit.services import record
from marketplace.database import db, look_up, table_of, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.rails import Rail
from payments.levy import DEFAULT_RATE_BP, MOST_BP
from payments.models import LevyRate
from payments.queries.levy_rates import may_set_rates

_rates = table_of(LevyRate)
_RATE = (
    select(_rates.c.rate_bp)
    .where(
        _rates.c.council_id == bindparam("council_id"),
        _rates.c.rail == bindparam("rail"),
        _rates.c.starts_on <= bindparam("on"),
        or_(_rates.c.set_by_user_id.is_(None), _rates.c.approved_by_user_id.is_not(None)),
    )
    .order_by(_rates.c.starts_on.desc())
    .limit(1)
)


def rate_for(council_id: int | None, rail: Rail, on: date) -> int:
    """The rate in basis points that an order bought `on` freezes: the council's latest for that rail, else 250.

    A rate that somebody set counts only once a second person has approved it.
    """
    if council_id is None:
        return DEFAULT_RATE_BP
    rate: int | None = look_up(_RATE, {"council_id": council_id, "rail": rail, "on": on}).scalar()
    return DEFAULT_RATE_BP if rate is None else rate


_TAKEN = "There is a levy from that day already. Choose another day."


def propose_rate(actor: Actor, council_id: int, rail: Rail, rate_bp: int, starts_on: date) -> int:
    """Write a rate that begins on a day after today and waits for a second person. Answers its id.

    Raises NotFound for whoever may not set it, DomainError on `rate` (0 to 1,000 basis points) or `starts_on`.
    """
    _require_right(actor, council_id)
    if not 0 <= rate_bp <= MOST_BP:
        raise DomainError("Enter a levy from 0% to 10%.", field="rate")
    if starts_on <= clock.today():
        raise DomainError("Choose a day after today: what was bought before keeps its levy.", field="starts_on")
    with transaction():
        taken = select(LevyRate.id).where(
            LevyRate.council_id == council_id, LevyRate.rail == rail, LevyRate.starts_on == starts_on
        )
        if db.session.scalar(taken) is not None:
            raise DomainError(_TAKEN, field="starts_on")
        row = LevyRate(
            council_id=council_id,
            rail=rail,
            rate_bp=rate_bp,
            starts_on=starts_on,
            set_by_user_id=actor.user_id,
            created_at=clock.now(),
        )
        db.session.add(row)
        try:
            db.session.flush()
        except IntegrityError:  # somebody else proposed one for that day at the same moment
            raise DomainError(_TAKEN, field="starts_on") from None
        record("levy.propose", "levy_rate", row.id, actor_user_id=actor.user_id, council_id=council_id, rate_bp=rate_bp)
        return row.id


def approve_rate(actor: Actor, council_id: int, rate_id: int) -> None:
    """Let a proposed rate count. Never by the person who proposed it; one of the two is an operator. Twice is once.

    Raises NotFound for whoever may not set it, DomainError for their own proposal, for a council's finance team alone
    and for a day that has passed.
    """
    with transaction():
        row = _lock(actor, council_id, rate_id)
        if row.set_by_user_id == actor.user_id:
            raise DomainError("You proposed this levy. Ask a colleague to agree.")
        if row.approved_by_user_id is not None:
            return
        if not actor.has(Role.OPERATOR) and not actor_of(row.set_by_user_id or 0).has(Role.OPERATOR):
            raise DomainError("Your council proposed this levy. The operator of this site has to agree.")
        if row.starts_on <= clock.today():
            raise DomainError("The day on which this levy would have begun has passed. Propose it again.")
        row.approved_by_user_id = actor.user_id
        record(
            "levy.approve",
            "levy_rate",
            row.id,
            actor_user_id=actor.user_id,
            council_id=row.council_id,
            rate_bp=row.rate_bp,
        )


def drop_rate(actor: Actor, council_id: int, rate_id: int) -> None:
    """Take back a proposed rate that nobody has agreed to, so that another can be proposed for its day.

    Raises NotFound for whoever may not set it and when it is gone, DomainError when it was agreed to.
    """
    with transaction():
        row = _lock(actor, council_id, rate_id)
        if row.set_by_user_id is None or row.approved_by_user_id is not None:
            raise DomainError("This levy was agreed to. Propose another for a later day.")
        db.session.execute(delete(LevyRate).where(LevyRate.id == rate_id))
        record(
            "levy.drop", "levy_rate", rate_id, actor_user_id=actor.user_id, council_id=council_id, rate_bp=row.rate_bp
        )


def _lock(actor: Actor, council_id: int, rate_id: int) -> LevyRate:
    _require_right(actor, council_id)
    row = db.session.execute(
        select(LevyRate)
        .where(LevyRate.id == rate_id, LevyRate.council_id == council_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound()
    return row


def _require_right(actor: Actor, council_id: int) -> None:
    if not may_set_rates(actor, council_id):
        raise NotFound()
