"""A statement on paper: the whole of it with every line, and one that is easy to read, with pictures and few words."""

from datetime import date

from budgets.domain import EntryKind
from budgets.words import short_name
from catalogue.words import SHORT_RAILS
from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds
from marketplace.planning.domain import Position
from marketplace.planning.queries.plan import PlanRow
from marketplace.planning.queries.statements import Line, PotStatement, Statement
from marketplace.planning.queries.together import Chosen
from marketplace.planning.words import ENTRY_WORDS
from marketplace.ui.filters import plural, short_date
from marketplace.ui.pdf import Address, Column, EasyPaper, EasyRow, Paper, Sheet

_COLUMNS = (
    Column("Date"),
    Column("What, and what for", wide=True),
    Column("Money"),
    Column("Amount", money=True),
    Column("Left now", money=True),
)
MOST_THINGS = 8
"""Purchases that an easy paper names one by one; the others are counted."""


def statement_paper(statement: Statement, name: str, author: str, phone: str) -> Paper:
    """Every pot with its opening, its lines and its closing, and all of them together."""
    title = f"Statement for {name}, {statement.period}"
    open_words = ("This period has not ended. What happens later is added to it.",) if statement.is_open else ()
    nothing = () if statement.pots else ("No money was agreed for this time, and nothing was spent from a budget.",)
    end = "Left now" if statement.is_open else "Left at the end"
    return Paper(
        title=title,
        author=author,
        addresses=(Address("For", (name,)),),
        facts=(("From", short_date(statement.month)), ("To", short_date(statement.last_day))),
        opening=open_words + nothing,
        tables=tuple(_sheet(statement, pot) for pot in statement.pots),
        totals=(
            ("Left at the beginning", format_pounds(statement.opening.left_pence)),
            ("Agreed in this time", format_pounds(statement.sum_of(EntryKind.ALLOCATE))),
            ("Kept aside", format_pounds(statement.sum_of(EntryKind.HOLD))),
            ("Kept aside before, free again", format_pounds(statement.sum_of(EntryKind.RELEASE))),
            ("Spent", format_pounds(statement.sum_of(EntryKind.SPEND))),
            ("Given back", format_pounds(statement.sum_of(EntryKind.REFUND))),
            ("Taken back by the council", format_pounds(statement.sum_of(EntryKind.RECLAIM))),
            (end, format_pounds(statement.closing.left_pence)),
            *_with_what_comes(statement),
        )
        if statement.pots
        else (),
        sections=(("Still to come, and not in the figures above", _to_come(statement)),) if statement.to_come else (),
        closing=(
            "What is spent was kept aside before, so spending does not change what is left: keeping aside did.",
            f"Is something wrong, or not clear? Call {phone}.",
        ),
        footer=title,
    )


def _with_what_comes(statement: Statement) -> tuple[tuple[str, str], ...]:
    if not statement.to_come:
        return ()
    return (("Left with what is still to come", format_pounds(statement.left_with_that_pence)),)


def _to_come(statement: Statement) -> tuple[str, ...]:
    return tuple(
        f"{format_pounds(each.pence)} on {short_date(each.on)}. {each.reason or ''}".rstrip()
        for each in statement.to_come
    )


def _sheet(statement: Statement, pot: PotStatement) -> Sheet:
    opening, closing = pot.opening, pot.closing
    begin = f"{format_pounds(opening.held_pence)} kept aside, {format_pounds(opening.spent_pence)} spent before"
    end = f"{format_pounds(closing.held_pence)} kept aside, {format_pounds(closing.spent_pence)} spent"
    return Sheet(
        f"{pot.name[:1].upper()}{pot.name[1:]}: {SHORT_RAILS[pot.rail].lower()}, reference {pot.reference}",
        _COLUMNS,
        (
            (_day(statement.month), begin, "At the beginning", "", format_pounds(opening.left_pence)),
            *(
                (
                    _day(clock.london(line.at).date()),
                    _what(line),
                    ENTRY_WORDS[line.kind],
                    format_pounds(line.pence),
                    format_pounds(line.left_after_pence),
                )
                for line in pot.lines
            ),
        ),
        (
            _day(statement.last_day),
            end,
            "Up to now" if statement.is_open else "At the end",
            "",
            format_pounds(closing.left_pence),
        ),
    )


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"


def _what(line: Line) -> str:
    """What was bought, from whom, for what, and how many receipts stand beside it."""
    parts = [f"{line.what}, {line.provider}, order {line.reference}" if line.what else (line.reason or "–")]
    if line.outcome:
        parts.append(f"For: {line.outcome}")
    if line.asked_why:
        parts.append(f"Asked why: {line.asked_why}")
    if line.evidence:
        parts.append(f"Beside it: {', '.join(file.title.lower() for file in line.evidence)}")
    return ". ".join(part.rstrip(".") for part in parts)


def easy_paper(statement: Statement, name: str, author: str, phone: str) -> EasyPaper:
    """The same money in few words, each with a picture. What it had, plus and minus, is what there is."""
    opening, closing = statement.opening, statement.closing
    had, have = _unspent(opening), _unspent(closing)
    rows = [
        EasyRow("calendar", (f"This is about {statement.period}.",), "A calendar"),
        EasyRow("purse", (f"At the start you had {format_pounds(had)}.",), "A purse with coins"),
    ]
    given, taken = statement.sum_of(EntryKind.ALLOCATE), statement.sum_of(EntryKind.RECLAIM)
    if given > 0:
        rows.append(EasyRow("more", (f"The council gave you {format_pounds(given)}.",), "A coin with a plus sign"))
    elif given < 0:
        rows.append(EasyRow("less", (f"The council took away {format_pounds(-given)}.",), "A coin with a minus sign"))
    spent = statement.sum_of(EntryKind.SPEND)
    rows.append(
        EasyRow("paid", (f"You spent {format_pounds(spent)}." if spent else "You spent nothing.",), "A hand that pays")
    )
    rows += _things(statement)
    back = statement.sum_of(EntryKind.REFUND)
    if back:
        rows.append(EasyRow("back", (f"You got {format_pounds(back)} back.",), "A coin that comes back"))
    if taken:
        rows.append(EasyRow("less", (f"The council took back {format_pounds(taken)}.",), "A coin with a minus sign"))
    now = "Now you have" if statement.is_open else "At the end you had"
    rows.append(EasyRow("wallet", (f"{now} {format_pounds(have)}.",), "A wallet with money"))
    if closing.held_pence:
        kept = f"{format_pounds(closing.held_pence)} of this is for things you ordered."
        coming = sum(each.pence for each in statement.to_come)
        use = f"You can use {format_pounds(closing.left_pence)}."
        if closing.left_pence < 0:
            use = "More money comes for it later." if closing.left_pence + coming >= 0 else "This is too much."
        rows.append(EasyRow("jar", (kept, use), "A jar with coins, put aside"))
    for each in statement.to_come:
        words = (f"{format_pounds(each.pence)} more comes on {each.on:%-d %B %Y}.",)
        rows.append(EasyRow("calendar", words, "A calendar"))
    rows.append(EasyRow("ask", ("Do you have a question?", f"Call {phone}."), "A telephone and a question mark"))
    return EasyPaper(
        title="Your money",
        author=author,
        name=f"For {name}" if name == short_name(name) else f"For {short_name(name)}",
        whole_name=name,
        rows=tuple(rows),
        footer=f"Your money, {statement.period}, {name}",
    )


def _unspent(position: Position) -> int:
    """All that is not spent: what is left, and what is kept aside."""
    return position.left_pence + position.held_pence


def _things(statement: Statement) -> list[EasyRow]:
    bought = [
        line for pot in statement.pots for line in pot.lines if line.kind is EntryKind.SPEND and line.what is not None
    ]
    bought.sort(key=lambda line: line.at)
    rows = [
        EasyRow("bag", (f"{line.what}", f"{format_pounds(line.pence)}", f"{line.provider}"), "A shopping bag")
        for line in bought[:MOST_THINGS]
    ]
    more = bought[MOST_THINGS:]
    if more:
        pence = format_pounds(sum(line.pence for line in more))
        rows.append(EasyRow("bag", (f"And {plural(len(more), 'more thing')}", pence), "A shopping bag"))
    return rows


def together_paper(chosen: Chosen, name: str, with_whom: str, author: str, phone: str, *, large: bool) -> Paper:
    """What a person and somebody planned and chose together: each outcome in the person's own words, and what helps."""
    today = short_date(clock.today())
    title = f"What we planned together on {today}"
    waiting = [f"{line.title}, {format_pounds(line.amount_pence)}" for line in chosen.basket.lines]
    ordered = [
        f"{order.what}, from {order.provider_name}, {format_pounds(order.total_pence)}. {order.words_for_buyer}. "
        f"Order {order.reference}."
        for order in chosen.orders
    ]
    return Paper(
        title=title,
        author=author,
        addresses=(Address("For", (name,)),),
        facts=(("Planned with", with_whom), ("On", today)),
        sections=(
            *((f"“{row.outcome.words}”", _what_helps(row)) for row in chosen.plan.rows),
            ("What we ordered", tuple(ordered) or ("We ordered nothing yet.",)),
            *((("In the basket, and not ordered", tuple(waiting)),) if waiting else ()),
        ),
        closing=(f"Is something wrong, or not as you want it? Call {phone}.",),
        footer=f"{title}, {name}",
        large=large,
    )


def _what_helps(row: PlanRow) -> tuple[str, ...]:
    free = [solution.words for solution in row.solutions]
    free += [f"{note.card.title}, {note.card.provider_name}" for note in row.noted if note.card]
    bought = [f"{item.title}, from {item.provider_name}" for item in row.bought]
    lines = (f"Costs nothing: {'; '.join(free)}." if free else "", f"Bought: {'; '.join(bought)}." if bought else "")
    return tuple(line for line in lines if line) or ("Nothing stands beside this yet.",)
