"""Balances with where they come from, as the pages show them: a table, and a drawing of the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from budgets.domain import Balance, Funder
from budgets.domain.allocations import Origin
from budgets.domain.explained import Explanation, Step, explain
from budgets.queries.amounts import Allocated, allocated, regular_amounts
from budgets.words import contribution_words, day_words, paid_in_words, short_name
from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds
from marketplace.ui.charts import Bar, bar_chart, for_all_windows


@dataclass(frozen=True)
class Row:
    words: str
    so_far_pence: int
    whole_pence: int


@dataclass(frozen=True)
class Explained:
    """What a page says of one pot and period: rows of a table whose columns sum to what is left, and its drawing."""

    explanation: Explanation
    rows: list[Row]
    until: str
    contribution: str | None
    sentence: str
    title: str
    chart: Markup


def explained(balances: Sequence[Balance], *, to_the_person: bool) -> dict[int, Explained]:
    """Each of these balances explained, by its period. Two queries however many there are."""
    found = allocated(balance.pot_period_id for balance in balances)
    regulars = regular_amounts(balance.pot_id for balance in balances)
    today = clock.today()
    return {
        balance.pot_period_id: _explained(
            explain(balance, has.origins, regulars.get(balance.pot_id, []), today, has.later),
            to_the_person=to_the_person,
        )
        for balance in balances
        for has in (found.get(balance.pot_period_id, Allocated({})),)
    }


def _explained(found: Explanation, *, to_the_person: bool) -> Explained:
    balance = found.balance
    until = day_words(balance.ends_on)
    name = None if to_the_person else short_name(balance.person_name)
    return Explained(
        found,
        [Row(_words(step, found), step.so_far_pence, step.whole_pence) for step in found.steps],
        until,
        _contribution(found, name),
        _sentence(found, until),
        _title(found),
        for_all_windows(bar_chart, _title(found), _bars(found, until)),
    )


def _words(step: Step, found: Explanation) -> str:
    funder = "the NHS" if found.balance.funder is Funder.NHS else "the council"
    if step.origin is Origin.REGULAR:
        now = f": {paid_in_words(found.regular)} now" if found.regular else ""
        return f"Paid in by {funder} regularly{now}"
    to_come = "".join(f", {format_pounds(each.pence)} of it on {day_words(each.on)}" for each in found.later)
    return {
        Origin.SUM: f"Agreed by {funder} for these dates",
        Origin.ONE_OFF: f"One-off payments{to_come}",
        Origin.CARRIED: "Carried over between periods",
        "reclaimed": f"Taken back by {funder}",
        "held": "Kept aside for what is ordered",
        "spent": "Spent",
        "given_back": "Given back",
    }[step.origin]


def _contribution(found: Explanation, name: str | None) -> str | None:
    words = contribution_words(found.regular, name) if found.regular else None
    if words is None:
        return None
    so_far, whole = found.agreed_so_far.contribution_pence, found.agreed.contribution_pence
    weeks = f"{found.weeks_so_far} week" + ("" if found.weeks_so_far == 1 else "s")
    return (
        f"{words} Up to today that is {format_pounds(so_far)} for {weeks} and the days since, and by "
        f"{day_words(found.balance.ends_on)} {format_pounds(whole)}."
    )


def _sentence(found: Explanation, until: str) -> str:
    so_far, whole = found.left_so_far_pence, found.left_pence
    if whole < 0:
        return f"{format_pounds(-whole)} more is booked and spent than is agreed until {until}."
    if so_far < 0:
        return (
            f"{format_pounds(-so_far)} more is booked and spent than belongs to the days up to today. What comes in "
            f"until {until} covers that, and leaves {format_pounds(whole)}."
        )
    return f"Of the money up to today {format_pounds(so_far)} is left, and {format_pounds(whole)} by {until}."


def _title(found: Explanation) -> str:
    used = found.balance.net_spent_pence + found.balance.held_pence
    return f"{format_pounds(used)} is spent or kept aside of {format_pounds(found.agreed_so_far_pence)} agreed so far"


def _bars(found: Explanation, until: str) -> list[Bar]:
    balance = found.balance
    figures = (
        ("Agreed so far", found.agreed_so_far_pence),
        ("Kept aside", balance.held_pence),
        ("Spent", balance.spent_pence),
        ("Given back", balance.refunded_pence),
        ("Available up to today", found.left_so_far_pence),
        (f"Available by {until}", found.left_pence),
    )
    return [Bar(label, max(0, pence)) for label, pence in figures]
