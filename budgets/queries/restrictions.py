"""Read the rules that councils set for what one person's budget may buy."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from budgets.domain import EntryKind, PersonView
from budgets.domain.restrictions import OF_PROVIDERS, RestrictionView
from budgets.models import BudgetEntry, Person, Restriction, RestrictionQuestion
from budgets.queries.merged import is_of
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import organisations_by_id
from marketplace.database import db, in_transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound

OFFICERS = (Role.SOCIAL_WORKER, Role.COUNCIL_FINANCE)
READERS = (*OFFICERS, Role.AUDITOR)
PAGE = 50
_RULES: Any = select(*(getattr(Restriction, name) for name in RestrictionView.__dataclass_fields__))


def counting(on: date) -> ColumnElement[bool]:
    """Whether a rule counts on a day: agreed to, begun, not over, not ended."""
    return and_(
        Restriction.approved.is_(True),
        Restriction.ended_at.is_(None),
        Restriction.starts_on <= on,
        Restriction.ends_on >= on,
    )


def list_counting(person: PersonView) -> list[RestrictionView]:
    """The rules of a person's own council that count today, in the order of their kinds. Nothing is asked of the many
    who have none. In a transaction they are held until its end, so that two orders at once cannot both fit a month."""
    if not person.is_restricted:
        return []
    query = _RULES.where(
        Restriction.person_id == person.id, Restriction.council_id == person.council_id, counting(clock.today())
    ).order_by(Restriction.id)
    if in_transaction():
        query = query.with_for_update()
    return [_view(row) for row in db.session.execute(query)]


def list_counting_of(person_ids: Iterable[int]) -> dict[int, list[RestrictionView]]:
    """The rules that count today of many people, by person. One query."""
    found: dict[int, list[RestrictionView]] = {}
    query = (
        _RULES.join(Person, Person.id == Restriction.person_id)
        .where(
            Restriction.person_id.in_(list(person_ids)),
            Restriction.council_id == Person.council_id,
            counting(clock.today()),
        )
        .order_by(Restriction.id)
    )
    for row in db.session.execute(query):
        found.setdefault(row.person_id, []).append(_view(row))
    return found


def kept_in_month(person_id: int, on: date) -> int:
    """Pence that a person's orders kept aside in the London month of a day, less what was let go or given back."""
    begin, end = clock.month_bounds(on)
    in_month = and_(
        BudgetEntry.kind == EntryKind.HOLD,
        is_of(BudgetEntry.person_id, person_id),
        BudgetEntry.at >= begin,
        BudgetEntry.at < end,
    )
    back = and_(
        BudgetEntry.kind.in_((EntryKind.RELEASE, EntryKind.REFUND)),
        BudgetEntry.order_id.in_(select(BudgetEntry.order_id).where(in_month)),
    )
    signed = case((BudgetEntry.kind == EntryKind.HOLD, BudgetEntry.pence), else_=-BudgetEntry.pence)
    return int(db.session.execute(select(func.coalesce(func.sum(signed), 0)).where(or_(in_month, back))).scalar_one())


def list_of_person(person_id: int) -> list[RestrictionView]:
    """Every rule that was ever written down for a person, the newest first."""
    query = _RULES.where(Restriction.person_id == person_id).order_by(Restriction.id.desc())
    return [_view(row) for row in db.session.execute(query)]


def get_restriction(restriction_id: int) -> RestrictionView:
    """Raises NotFound. Says nothing of who may see it."""
    row = db.session.execute(_RULES.where(Restriction.id == restriction_id)).one_or_none()
    if row is None:
        raise NotFound
    return _view(row)


@dataclass(frozen=True)
class RestrictionLine:
    """A rule in the list of a council, with whom it is for and how many questions wait for an answer."""

    rule: RestrictionView
    person_name: str
    questions: int


def list_of_councils(council_ids: Collection[int], *, page: int = 1) -> tuple[list[RestrictionLine], int]:
    """Rules of these councils and how many there are: those that wait, then those whose review comes first, then what
    is over. Two queries."""
    today = clock.today()
    waits = (
        select(func.count(RestrictionQuestion.id))
        .where(RestrictionQuestion.restriction_id == Restriction.id, RestrictionQuestion.answered_at.is_(None))
        .scalar_subquery()
    )
    is_over = or_(Restriction.ended_at.is_not(None), Restriction.approved.is_(False), Restriction.ends_on < today)
    rows = db.session.execute(
        _RULES.add_columns(Person.name, waits.label("questions"))
        .join(Person, Person.id == Restriction.person_id)
        .where(Restriction.council_id.in_(council_ids))
        .order_by(
            case((is_over, 2), (Restriction.approved.is_(None), 0), else_=1),
            case((waits > 0, 0), else_=1),
            Restriction.review_on,
            Restriction.id.desc(),
        )
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    count = db.session.scalar(select(func.count(Restriction.id)).where(Restriction.council_id.in_(council_ids))) or 0
    return [RestrictionLine(_view(row), row.name, row.questions) for row in rows], count


@dataclass(frozen=True)
class RuleQuestion:
    """A question about a rule, and its answer."""

    id: int
    restriction_id: int
    words: str
    asked_by_user_id: int
    asked_at: datetime
    answer: str | None
    answered_by_user_id: int | None
    answered_at: datetime | None


_QUESTIONS: Any = select(*(getattr(RestrictionQuestion, name) for name in RuleQuestion.__dataclass_fields__))


def questions_of(restriction_ids: Iterable[int]) -> dict[int, list[RuleQuestion]]:
    """Questions by rule, oldest first. One query."""
    found: dict[int, list[RuleQuestion]] = {}
    query = _QUESTIONS.where(RestrictionQuestion.restriction_id.in_(list(restriction_ids)))
    for row in db.session.execute(query.order_by(RestrictionQuestion.id)):
        found.setdefault(row.restriction_id, []).append(RuleQuestion(*row))
    return found


def get_question(question_id: int) -> RuleQuestion:
    """Raises NotFound. Says nothing of who may see it."""
    row = db.session.execute(_QUESTIONS.where(RestrictionQuestion.id == question_id)).one_or_none()
    if row is None:
        raise NotFound
    return RuleQuestion(*row)


def is_officer(actor: Actor, council_id: int | None) -> bool:
    """Whether the actor sets rules for people of this council."""
    return council_id is not None and council_id in actor.council_ids(*OFFICERS)


def names_in(rules: Iterable[RestrictionView]) -> dict[int, str]:
    """The names of all providers that rules name. One query, and none where they name nobody."""
    ids = {int(each) for rule in rules if rule.kind in OF_PROVIDERS for each in rule.named}
    return {key: organisation.name for key, organisation in organisations_by_id(ids).items()} if ids else {}


def _view(row: Any) -> RestrictionView:
    values = dict(zip(RestrictionView.__dataclass_fields__, row, strict=False))
    values["named"] = tuple(values["named"])
    return RestrictionView(**values)
