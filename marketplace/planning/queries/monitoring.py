"""What stands out among the people of a council, by its own rules; who does not is only counted.

As many queries for ten people as for ten thousand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import exists, or_, select

from budgets.queries.monitoring import (
    PeriodUse,
    large_spending,
    list_period_use,
    orders_after_mandate,
    orders_outside_plan,
)
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds
from marketplace.planning.models import MonitoringAnswer, MonitoringLook, MonitoringRule, OrderEvidence
from marketplace.planning.monitoring import (
    CASH_WORDS,
    LOOK_BACK_DAYS,
    RECEIPT_DAYS,
    Found,
    Rule,
    Sign,
    above_plan,
    is_cash_like,
    usual_rules,
)
from marketplace.planning.queries.evidence import list_open_asked
from marketplace.ui.filters import short_date
from payments.queries.monitoring import lines_named, orders_said_outside, orders_to_undeclared


@dataclass(frozen=True)
class StandsOut:
    """Somebody of a council about whom something stands out, the most pressing sign first."""

    person_id: int
    name: str
    council_reference: str | None
    found: tuple[Found, ...]

    @property
    def signs(self) -> tuple[Sign, ...]:
        return tuple(dict.fromkeys(each.sign for each in self.found))


@dataclass(frozen=True)
class Monitoring:
    """Who stands out in a council, and how many do not."""

    people: tuple[StandsOut, ...] = ()
    unremarkable: int = 0
    explained: int = 0
    counts: dict[Sign, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleRow:
    """A rule as it was set: by whom, why, from when, and whether a second officer agreed."""

    id: int
    rule: Rule
    starts_on: date
    reason: str
    set_by_user_id: int
    set_by: str
    agreed_by: str | None


@dataclass(frozen=True)
class LookRow:
    """One officer's look at a person, with the reason that was given."""

    at: str
    by: str
    reason: str


def rules_of(council_id: int, on: date | None = None) -> dict[Sign, Rule]:
    """What a council calls standing out on a day (today): the last that was agreed and has begun. One query."""
    rules = usual_rules()
    rows = db.session.execute(
        select(MonitoringRule.sign, MonitoringRule.is_on, MonitoringRule.measure, MonitoringRule.starts_on)
        .where(
            MonitoringRule.council_id == council_id,
            MonitoringRule.agreed_at.is_not(None),
            MonitoringRule.starts_on <= (on or clock.today()),
        )
        .order_by(MonitoringRule.starts_on, MonitoringRule.id)
    )
    for sign, is_on, measure, starts_on in rows:
        rules[sign] = Rule(sign, is_on, measure, starts_on)
    return rules


def list_rules(council_id: int, *, waiting: bool | None = None) -> list[RuleRow]:
    """Rules as they were set, newest first; `waiting` only those that a second officer has to agree to yet."""
    query = select(MonitoringRule).where(MonitoringRule.council_id == council_id)
    if waiting is not None:
        agreed = MonitoringRule.agreed_at.is_(None)
        query = query.where(agreed if waiting else ~agreed)
    rows = db.session.scalars(query.order_by(MonitoringRule.id.desc()).limit(100)).all()
    names = names_of([*(row.set_by_user_id for row in rows), *(row.agreed_by_user_id for row in rows)])
    return [
        RuleRow(
            row.id,
            Rule(row.sign, row.is_on, row.measure, row.starts_on),
            row.starts_on,
            row.reason,
            row.set_by_user_id,
            names.get(row.set_by_user_id, "Somebody"),
            names.get(row.agreed_by_user_id) if row.agreed_by_user_id else None,
        )
        for row in rows
    ]


def get_monitoring(council_id: int) -> Monitoring:
    """Everybody of a council about whom something stands out today, by sign and name."""
    uses = list_period_use(council_id)
    people: dict[int, PeriodUse] = {}
    for use in uses:
        people.setdefault(use.person_id, use)
    explained, found = 0, dict[int, list[Found]]()
    answers = _answers(council_id)
    for each in _find(council_id, uses, None):
        if each.person_id not in people:
            continue  # the budget is over or stands still: what was bought before is for the audit
        if _is_explained(each, answers):
            explained += 1
        else:
            found.setdefault(each.person_id, []).append(each)
    order = list(Sign)
    stands_out = [
        StandsOut(
            person_id,
            people[person_id].name,
            people[person_id].council_reference,
            tuple(sorted(signs, key=lambda each: (order.index(each.sign), each.order_id or 0))),
        )
        for person_id, signs in found.items()
    ]
    stands_out.sort(key=lambda each: (order.index(each.found[0].sign), each.name.casefold(), each.person_id))
    counts = {sign: sum(sign in each.signs for each in stands_out) for sign in Sign}
    return Monitoring(
        tuple(stands_out), len(people) - len(stands_out), explained, {s: n for s, n in counts.items() if n}
    )


def get_person_monitored(council_id: int, person_id: int) -> StandsOut | None:
    """What stands out about one person of a council today; None when no budget of that council runs for them."""
    uses = list_period_use(council_id, person_id=person_id)
    if not uses:
        return None
    answers = _answers(council_id, person_id)
    found = [each for each in _find(council_id, uses, person_id) if not _is_explained(each, answers)]
    order = list(Sign)
    found.sort(key=lambda each: (order.index(each.sign), each.order_id or 0))
    return StandsOut(person_id, uses[0].name, uses[0].council_reference, tuple(found))


def list_monitoring_looks(person_id: int, *, limit: int = 20) -> list[LookRow]:
    """Which officers looked at one person and why, newest first."""
    rows = db.session.scalars(
        select(MonitoringLook)
        .where(MonitoringLook.person_id == person_id)
        .order_by(MonitoringLook.id.desc())
        .limit(limit)
    ).all()
    names = names_of(row.user_id for row in rows)
    return [LookRow(short_date(row.at), names.get(row.user_id, "Somebody"), row.reason) for row in rows]


def _find(council_id: int, uses: list[PeriodUse], person_id: int | None) -> Iterator[Found]:
    """Everything that stands out by the rules of today, explained or not."""
    rules = {sign: rule for sign, rule in rules_of(council_id).items() if rule.is_on}
    since = clock.start_of_day(clock.today() - timedelta(days=LOOK_BACK_DAYS))
    yield from _about_people(rules, uses)
    if Sign.AFTER_MANDATE in rules:
        for order in orders_after_mandate(council_id, since, person_id=person_id):
            yield Found(order.person_id, Sign.AFTER_MANDATE, format_pounds(order.pence), order.order_id)
    if Sign.OUTSIDE_PLAN in rules:
        said = orders_said_outside(council_id, since, person_id=person_id)
        for each in said:
            words = f"{format_pounds(each.pence)}. {each.words}"
            yield Found(each.person_id, Sign.OUTSIDE_PLAN, words, each.order_id)
        known = {each.order_id for each in said}
        for order in orders_outside_plan(council_id, since, person_id=person_id):
            if order.order_id not in known:
                yield Found(order.person_id, Sign.OUTSIDE_PLAN, format_pounds(order.pence), order.order_id)
    if Sign.NO_RECEIPT in rules:
        until = clock.start_of_day(clock.today() - timedelta(days=RECEIPT_DAYS))
        large = large_spending(council_id, rules[Sign.NO_RECEIPT].measure, since, until).subquery()
        shown = exists().where(OrderEvidence.order_id == large.c.order_id, OrderEvidence.taken_back_at.is_(None))
        query = select(large.c.person_id, large.c.order_id, large.c.pence).where(~shown)
        if person_id is not None:
            query = query.where(large.c.person_id == person_id)
        for row in db.session.execute(query.order_by(large.c.order_id)):
            yield Found(row.person_id, Sign.NO_RECEIPT, format_pounds(int(row.pence)), row.order_id)
    if Sign.CASH_LIKE in rules:
        least = rules[Sign.CASH_LIKE].measure
        for line in lines_named(council_id, CASH_WORDS, since, least_pence=least, person_id=person_id):
            if is_cash_like(line.title):
                yield Found(line.person_id, Sign.CASH_LIKE, format_pounds(line.pence), line.order_id)
    if Sign.HOUSEHOLD in rules:
        for person, order_id, pence in orders_to_undeclared(council_id, since, person_id=person_id):
            yield Found(person, Sign.HOUSEHOLD, format_pounds(pence), order_id)
    if Sign.NOT_ANSWERED in rules:
        for asked in list_open_asked(council_id=council_id, person_id=person_id):
            if asked.is_late(clock.today()):
                words = f"Asked for by {short_date(asked.due_on)}"
                yield Found(asked.person_id, Sign.NOT_ANSWERED, words, asked.order_id)


def _about_people(rules: dict[Sign, Rule], uses: list[PeriodUse]) -> Iterator[Found]:
    today = clock.today()
    by_person: dict[int, list[PeriodUse]] = {}
    for use in uses:
        by_person.setdefault(use.person_id, []).append(use)
        if Sign.OVERCOMMITTED in rules and use.left_pence < 0:
            words = f"{use.pot_name}: {format_pounds(-use.left_pence)} too much"
            yield Found(use.person_id, Sign.OVERCOMMITTED, words)
        if Sign.ABOVE_PLAN in rules:
            more = above_plan(
                rules[Sign.ABOVE_PLAN],
                yours_pence=use.yours_pence,
                used_pence=use.held_pence + use.spent_pence,
                starts_on=use.starts_on,
                ends_on=use.ends_on,
                today=today,
            )
            if more is not None:
                yield Found(use.person_id, Sign.ABOVE_PLAN, f"{use.pot_name}: {more}% more")
    if Sign.QUIET in rules:
        quiet_since = today - timedelta(weeks=rules[Sign.QUIET].measure)
        for person_id, mine in by_person.items():
            last = max((use.last_used_at for use in mine if use.last_used_at is not None), default=None)
            used_on = clock.london(last).date() if last is not None else None
            began = min(use.starts_on for use in mine)
            left = sum(use.left_pence for use in mine)
            if left > 0 and (used_on or began) <= quiet_since and began <= quiet_since:
                words = f"Last on {short_date(used_on)}" if used_on else "Nothing yet"
                yield Found(person_id, Sign.QUIET, f"{words}, {format_pounds(left)} is left")


def _answers(council_id: int, person_id: int | None = None) -> set[tuple[int, Sign, int | None]]:
    query = select(MonitoringAnswer.person_id, MonitoringAnswer.sign, MonitoringAnswer.order_id).where(
        MonitoringAnswer.council_id == council_id,
        or_(MonitoringAnswer.until.is_(None), MonitoringAnswer.until >= clock.today()),
    )
    if person_id is not None:
        query = query.where(MonitoringAnswer.person_id == person_id)
    return {(row.person_id, row.sign, row.order_id) for row in db.session.execute(query)}


def _is_explained(found: Found, answers: set[tuple[int, Sign, int | None]]) -> bool:
    return (found.person_id, found.sign, found.order_id) in answers
