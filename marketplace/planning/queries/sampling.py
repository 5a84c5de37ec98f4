"""Read samples: what could be picked, what was, and what came of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from budgets.queries.sampling import ends_of_periods, mandates_naming, people_of_user
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.planning.models import OrderEvidence, Sample, SampleAnswer, SampleItem
from marketplace.planning.sampling import EVIDENCE_DAYS, Answer, Count, Purchase, count_by_rule
from payments.queries.orders import OrderSummary, OrderView, get_order, list_by_ids
from payments.queries.sampling import list_purchases

READERS = (Role.COUNCIL_FINANCE, Role.AUDITOR)
PAGE = 50


@dataclass(frozen=True)
class SampleView:
    """A sample and how it was drawn."""

    id: int
    council_id: int
    starts_on: date
    ends_on: date
    risks: tuple[str, ...]
    large_pence: int
    per_rule: int
    share: int
    most_random: int
    seed: str
    population: int
    reason: str
    drawn_by_user_id: int
    drawn_at: datetime


@dataclass(frozen=True)
class Said:
    """What somebody said of a purchase."""

    answer: Answer
    words: str
    by: str
    at: datetime


@dataclass(frozen=True)
class ItemView:
    """A purchase of a sample, what picked it, and what was said of it, the last at the end."""

    id: int
    sample_id: int
    person_id: int
    picked_by: str
    risks: tuple[str, ...]
    looked_at: datetime | None
    looked_by: str | None
    order: OrderSummary
    said: tuple[Said, ...]

    @property
    def last(self) -> Said | None:
        return self.said[-1] if self.said else None


_SAMPLE = tuple(getattr(Sample, name) for name in SampleView.__dataclass_fields__)


def purchases_to_sample(actor: Actor, council_id: int, starts_on: date, ends_on: date) -> list[Purchase]:
    """What could be picked: orders from budgets, with whose they are as far as this actor is concerned. Six queries."""
    found = list_purchases(council_id, clock.start_of_day(starts_on), clock.start_of_day(ends_on + timedelta(days=1)))
    ends = ends_of_periods({each.pot_period_id for each in found if each.pot_period_id is not None})
    with_files = set(
        db.session.scalars(
            select(OrderEvidence.order_id)
            .where(OrderEvidence.upload_id.is_not(None), OrderEvidence.at >= clock.start_of_day(starts_on))
            .distinct()
        )
    )
    mine = _mine(actor)
    since = clock.now() - timedelta(days=EVIDENCE_DAYS)
    return [
        Purchase(
            each.order_id,
            each.person_id,
            each.total_pence,
            clock.london(each.ordered_at).date(),
            each.is_linked,
            each.is_outside,
            each.is_first,
            ends.get(each.pot_period_id or 0),
            each.confirmed_at is not None and each.confirmed_at <= since and each.order_id not in with_files,
            _whose(actor, mine, {each.buyer_user_id, each.approver_user_id}, each.person_id, each.mandate_id),
        )
        for each in found
    ]


def is_own(actor: Actor, order: OrderView) -> bool:
    """Whether an order is somebody's own: bought or agreed to by them, for them, or under a mandate that names them."""
    decided = order.approval.decided_by_user_id if order.approval is not None else None
    users = {order.buyer_user_id, decided, *(row.actor_user_id for row in order.history)}
    return actor.user_id in _whose(actor, _mine(actor), users, order.person_id, order.mandate_id)


def _mine(actor: Actor) -> tuple[frozenset[int], frozenset[int]]:
    user_id = actor.user_id or 0
    return people_of_user(user_id), mandates_naming(user_id)


def _whose(
    actor: Actor,
    mine: tuple[frozenset[int], frozenset[int]],
    users: Collection[int | None],
    person_id: int,
    mandate_id: int | None,
) -> frozenset[int]:
    people, mandates = mine
    whose = {user_id for user_id in users if user_id is not None}
    if actor.user_id is not None and (person_id in people or mandate_id in mandates):
        whose.add(actor.user_id)
    return frozenset(whose)


def get_sample(actor: Actor, sample_id: int) -> SampleView:
    """A sample of the actor's council, for its finance and its auditors. Raises NotFound for anybody else."""
    return _get_sample(sample_id, actor.council_ids(*READERS))


def _get_sample(sample_id: int, council_ids: Collection[int]) -> SampleView:
    row = db.session.execute(
        select(*_SAMPLE).where(Sample.id == sample_id, Sample.council_id.in_(list(council_ids)))
    ).one_or_none()
    if row is None:
        raise NotFound
    return _sample(row)


def _sample(row: Any) -> SampleView:
    values = dict(zip(SampleView.__dataclass_fields__, row, strict=True))
    return SampleView(**(values | {"risks": tuple(row.risks)}))


def list_samples(council_ids: Iterable[int], *, limit: int = 100) -> list[tuple[SampleView, Count, str]]:
    """Samples newest first, each with its counts in all and who drew it. Three queries."""
    rows = db.session.execute(
        select(*_SAMPLE).where(Sample.council_id.in_(list(council_ids))).order_by(Sample.id.desc()).limit(limit)
    ).all()
    told: dict[int, list[tuple[str, bool, Answer | None]]] = {row.id: [] for row in rows}
    for sample_id, by, looked, answer in _rows_to_count([row.id for row in rows]):
        told[sample_id].append((by, looked, answer))
    names = names_of(row.drawn_by_user_id for row in rows)
    return [
        (
            _sample(row),
            count_by_rule(told[row.id])[-1],
            names.get(row.drawn_by_user_id, "Somebody"),
        )
        for row in rows
    ]


def counts_of(sample_id: int) -> list[Count]:
    """How many were picked, looked at, answered and found by each rule, then in all. One query."""
    return count_by_rule((by, looked, answer) for _, by, looked, answer in _rows_to_count([sample_id]))


def _rows_to_count(sample_ids: Collection[int]) -> list[tuple[int, str, bool, Answer | None]]:
    last = select(func.max(SampleAnswer.id).label("id")).group_by(SampleAnswer.item_id).subquery()
    answers = select(SampleAnswer.item_id, SampleAnswer.answer).join(last, last.c.id == SampleAnswer.id).subquery()
    rows = db.session.execute(
        select(SampleItem.sample_id, SampleItem.picked_by, SampleItem.looked_at, answers.c.answer)
        .outerjoin(answers, answers.c.item_id == SampleItem.id)
        .where(SampleItem.sample_id.in_(list(sample_ids)))
        .order_by(SampleItem.id)
    )
    return [(row.sample_id, row.picked_by, row.looked_at is not None, row.answer) for row in rows]


def list_items(sample_id: int, *, page: int | None = None) -> list[ItemView]:
    """What a sample picked, in the order of its drawing; all of it, or one page. At most five queries."""
    query = select(SampleItem).where(SampleItem.sample_id == sample_id).order_by(SampleItem.id)
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    return _views(db.session.scalars(query).all())


def get_item(actor: Actor, item_id: int) -> ItemView:
    """One purchase of a sample. Raises NotFound for whoever may not read it."""
    row = db.session.get(SampleItem, item_id)
    if row is None:
        raise NotFound
    item = _views([row])[0]
    get_sample_of(actor, item)
    return item


def get_sample_of(actor: Actor, item: ItemView) -> SampleView:
    """The sample of a purchase, also for the safeguarding lead to whom this purchase was ever passed on."""
    council_ids = set(actor.council_ids(*READERS))
    if any(said.answer is Answer.SAFEGUARDING for said in item.said):
        council_ids |= set(actor.council_ids(Role.SAFEGUARDING_LEAD))
    return _get_sample(item.sample_id, council_ids)


def get_order_of(item: ItemView) -> OrderView:
    """All of the order that was picked."""
    return get_order(item.order.id)


def _views(rows: Collection[SampleItem]) -> list[ItemView]:
    said: dict[int, list[SampleAnswer]] = {}
    for answer in db.session.scalars(
        select(SampleAnswer).where(SampleAnswer.item_id.in_([row.id for row in rows])).order_by(SampleAnswer.id)
    ):
        said.setdefault(answer.item_id, []).append(answer)
    orders = list_by_ids({row.order_id for row in rows})
    names = names_of(
        [row.looked_by_user_id for row in rows] + [each.by_user_id for answers in said.values() for each in answers]
    )
    return [
        ItemView(
            row.id,
            row.sample_id,
            row.person_id,
            row.picked_by,
            tuple(row.risks),
            row.looked_at,
            names.get(row.looked_by_user_id) if row.looked_by_user_id else None,
            orders[row.order_id],
            tuple(
                Said(each.answer, each.words, names.get(each.by_user_id, "Somebody"), each.at)
                for each in said.get(row.id, ())
            ),
        )
        for row in rows
    ]
