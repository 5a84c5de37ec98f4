"""Three sentences that say what matters, and titles that say what a chart found.

They are made of what the tables show and say nothing else: a hidden figure is not hinted at.
"""

from collections.abc import Iterable
from datetime import date

from marketplace.kernel.money import format_pounds
from marketplace.reports.domain import Comparison, Dimension, Figure, Period, Table
from marketplace.reports.queries import CouncilReport, Names
from marketplace.ui.filters import month_name, plural

TOO_SMALL = "fewer than 5 or protected"
"""What stands in place of a figure that is not shown."""
PROTECTED = "to protect groups of fewer than 5 people"
"""Why a sentence does not name a figure."""


def period_words(period: Period) -> str:
    """`November 2026`, or `April 2026 to March 2027`."""
    if period.month is not None:
        return month_name(period.first_day)
    return f"{month_name(period.months[0])} to {month_name(period.months[11])}"


def three_sentences(loaded: CouncilReport, today: date) -> list[str]:
    """What was spent, what changed or weighed most, and what people miss or pay."""
    return [_what_was_spent(loaded, today), _what_matters_most(loaded, today), _what_is_missing(loaded)]


def _this_month(period: Period, today: date) -> int | None:
    """The number of today's month in the period's year; None in a year that is over, or where one month was chosen."""
    if period.month is not None or not period.first_day <= today <= period.last_day:
        return None
    return (today.month - 4) % 12


def _what_was_spent(loaded: CouncilReport, today: date) -> str:
    period, whole = loaded.asked.period, loaded.report.whole
    number = _this_month(period, today)
    table = loaded.report.tables.get(Dimension.MONTH)
    if number is None or table is None or table.is_closed:
        words = period_words(period)
        if whole.pence is None:
            return f"What was spent in {words} is not shown, {PROTECTED}."
        return f"{format_pounds(whole.pence)} was spent in {words}, for {plural(whole.people or 0, 'person')}."
    months = {figure.value: figure for figure in table.figures}
    now, before = months.get(number), months.get(number - 1)
    name, name_before = month_name(period.months[number]), month_name(period.months[number - 1])
    if now is None:
        after = f" {name_before} came to {format_pounds(before.pence)}." if before and before.pence is not None else ""
        return f"Nothing has been agreed to in {name} yet.{after}"
    if now.pence is None:
        return f"What was spent in {name} is not shown yet, {PROTECTED}."
    words = f"{format_pounds(now.pence)} was spent so far in {name}, for {plural(now.people or 0, 'person')}."
    return f"{words} All of {name_before} came to {format_pounds(before.pence)}." if before and before.pence else words


def _what_matters_most(loaded: CouncilReport, today: date) -> str:
    number = _this_month(loaded.asked.period, today)
    if number is not None and number >= 2:
        found = _largest_change(loaded, number - 1)  # the last month that is over, with the one before
        if found is not None:
            return found
    for dimension in (Dimension.CATEGORY, Dimension.AREA, Dimension.PROVIDER):
        found = _took_most(loaded, dimension)
        if found is not None:
            return found
    return "The groups are too small to say on what most was spent."


def _largest_change(loaded: CouncilReport, number: int) -> str | None:
    """The category that changed most since the month before, of those whose two months are shown."""
    cells = loaded.report.months_of_categories
    changes = [
        (pence, cells[category, number - 1], category)
        for (category, month), pence in cells.items()
        if month == number and (category, number - 1) in cells
    ]
    if not changes:
        return None
    now, before, category = max(changes, key=lambda change: (abs(change[0] - change[1]), change[2]))
    if now == before:
        return None
    months, name = loaded.asked.period.months, loaded.names.of(Dimension.CATEGORY, category)
    sentence = (
        f"{name} changed most: {format_pounds(now)} in {month_name(months[number])} "
        f"after {format_pounds(before)} in {month_name(months[number - 1])}."
    )
    hides_none = _shows_all_of(loaded, number) and _shows_all_of(loaded, number - 1)
    return sentence if hides_none else _of_what_is_shown(sentence)


def _shows_all_of(loaded: CouncilReport, number: int) -> bool:
    """Whether the categories that are shown in a month are all that was bought in it."""
    shown = sum(pence for (_, month), pence in loaded.report.months_of_categories.items() if month == number)
    return shown == {figure.value: figure.pence for figure in loaded.report.tables[Dimension.MONTH].figures}.get(number)


def _took_most(loaded: CouncilReport, dimension: Dimension) -> str | None:
    table, whole = loaded.report.tables.get(dimension), loaded.report.whole
    most = _most(table.figures) if table else None
    if most is None or most.pence is None or not whole.pence:
        return None
    pennies = (200 * most.pence + whole.pence) // (2 * whole.pence)
    sentence = f"{_took(loaded.names, dimension, most)}, {pennies}p of each pound."
    is_sure = table is None or _is_surely_most(most.pence, table, whole)
    return sentence if is_sure else _of_what_is_shown(sentence)


def _took(names: Names, dimension: Dimension, figure: Figure) -> str:
    """`Gardening took the most, £54.00`, as fits the dimension."""
    name, pounds = names.of(dimension, figure.value), format_pounds(figure.pence or 0)
    match dimension:
        case Dimension.MONTH:
            return f"Most was spent in {name}, {pounds}"
        case Dimension.AREA:
            return f"Most was spent for people in {name}, {pounds}" if figure.value else f"Most, {pounds}, has no area"
        case Dimension.PROVIDER:
            return f"{name} sold the most, {pounds}"
        case Dimension.RAIL:
            return f"Most was paid with: {name.lower()}, {pounds}"
        case Dimension.CATEGORY:
            return f"Most was spent on {name[:1].lower()}{name[1:]}, {pounds}"


def _most(figures: Iterable[Figure]) -> Figure | None:
    shown = [figure for figure in figures if figure.pence is not None]
    return max(shown, key=lambda figure: (figure.pence or 0, str(figure.value))) if shown else None


def _what_is_missing(loaded: CouncilReport) -> str:
    if loaded.missed:
        most = loaded.missed[0]
        return f"“{most.words}” was looked for {plural(most.times, 'time')} near here and not found."
    if loaded.report.comparisons:
        return _paid_otherwise(max(loaded.report.comparisons, key=lambda each: abs(each.own_more_pence)), loaded.names)
    found = _took_most(loaded, Dimension.RAIL)
    return found or "Nobody looked for the same thing five times without finding it."


def _paid_otherwise(comparison: Comparison, names: Names) -> str:
    what, per = names.of(Dimension.CATEGORY, comparison.category), names.per(comparison.unit)
    more = comparison.own_more_pence
    if more == 0:
        return f"{what}: people paid as much {per} with their own money as budgets did."
    word = "more" if more > 0 else "less"
    return f"{what}: people paid {format_pounds(abs(more))} {word} {per} with their own money than budgets did."


def chart_title(table: Table, names: Names, whole: Figure) -> str:
    """What a chart of this table found."""
    most = _most(table.figures)
    if most is None or most.pence is None:
        return "Every figure is about too few people to be shown"
    found = _took(names, table.dimension, most)
    return found if _is_surely_most(most.pence, table, whole) else _of_what_is_shown(found)


def _is_surely_most(pence: int, table: Table, whole: Figure) -> bool:
    """Whether nothing that is hidden can be more: all of it together is no more than this."""
    if not table.hides_some:
        return True
    if whole.pence is None:
        return False
    return whole.pence - sum(figure.pence or 0 for figure in table.figures) <= pence


def _of_what_is_shown(sentence: str) -> str:
    """The same sentence about less: it claims nothing about what is hidden."""
    return f"Of what is shown, {sentence.replace('Most', 'most', 1)}"
