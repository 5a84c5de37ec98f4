"""Everything that the page My money shows, in a constant number of queries."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from budgets import ports
from budgets.domain import Balance, BudgetState, EntryKind, EntryView, Funder, PersonView
from budgets.domain.allocations import Later, Origin
from budgets.models import BudgetEntry
from budgets.queries.book import list_balances, recent_entries
from budgets.queries.explained import Explained, explained
from budgets.queries.merged import is_of
from budgets.queries.surplus import SurplusLine, surpluses_of
from budgets.words import day_words, pot_words
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds
from marketplace.kernel.rails import Rail

SIZE = 50
_LEAST_DAYS = 28  # before that a forecast would say more about one week than about a year

ENTRY_WORDS: dict[EntryKind, str] = {
    EntryKind.ALLOCATE: "Agreed by the council",
    EntryKind.HOLD: "Kept aside",
    EntryKind.RELEASE: "No longer kept aside",
    EntryKind.SPEND: "Spent",
    EntryKind.REFUND: "Money given back",
    EntryKind.RECLAIM: "Taken back by the council",
}


@dataclass(frozen=True)
class PotLine:
    """One pot and period as the page draws it."""

    balance: Balance
    title: str
    sentence: str
    forecast: str | None


@dataclass(frozen=True)
class EntryLine:
    """One entry with who did it and the order it belongs to."""

    entry: EntryView
    what: str
    by: str
    order_words: str | None
    order_href: str | None


@dataclass(frozen=True)
class MoneyPage:
    pots: list[PotLine]
    earlier: list[PotLine]
    explained: dict[int, Explained]
    surpluses: list[SurplusLine]
    entries: list[EntryLine]
    page: int
    pages: int


def money_page(person: PersonView, *, page: int = 1, to_the_person: bool = True) -> MoneyPage:
    """Pots that run or will run, those that are over, and the entries, newest first."""
    today = clock.today()
    balances = list_balances(person.id)
    count = int(
        db.session.scalar(select(func.count(BudgetEntry.id)).where(is_of(BudgetEntry.person_id, person.id))) or 0
    )
    pages = max(1, -(-count // SIZE))
    page = min(max(page, 1), pages)
    entries = recent_entries(person.id, limit=SIZE, offset=(page - 1) * SIZE)
    names = names_of(entry.actor_user_id for entry in entries)
    orders = ports.describe_orders({entry.order_id for entry in entries if entry.order_id is not None})
    running = [b for b in balances if b.ends_on >= today and b.state is not BudgetState.ENDED]
    found = explained(running, to_the_person=to_the_person)
    return MoneyPage(
        explained=found,
        surpluses=[line for line in surpluses_of(person.id) if line.above_pence],
        pots=[_pot(b, today, found[b.pot_period_id].explanation.later) for b in running],
        earlier=[_pot(b, today) for b in balances if b.ends_on < today or b.state is BudgetState.ENDED],
        entries=[_entry(entry, names, orders) for entry in entries],
        page=page,
        pages=pages,
    )


def _pot(balance: Balance, today: date, later: tuple[Later, ...] = ()) -> PotLine:
    words = pot_words(balance.person_name, balance.pot_name)
    to_come = "".join(f" {format_pounds(each.pence)} of it comes on {day_words(each.on)}." for each in later)
    return PotLine(balance, words, _sentence(balance, today) + to_come, forecast(balance, today, later))


def _sentence(balance: Balance, today: date) -> str:
    """From when until when, and whether it can be used now."""
    if balance.state is BudgetState.SUSPENDED:
        who = "NHS" if balance.funder is Funder.NHS else "council"
        return f"The {who} has paused this money. Support that is booked goes on."
    if balance.state is BudgetState.ENDED or balance.ends_on < today:
        return f"This money was for {day_words(balance.starts_on)} to {day_words(balance.ends_on)}. It has ended."
    if balance.rail is Rail.ISF and balance.isf_holder_organisation_id is None:
        return "No organisation holds this fund yet, so nothing can be ordered from it. The council has to name one."
    if balance.starts_on > today:
        return f"You can use this money from {day_words(balance.starts_on)} to {day_words(balance.ends_on)}."
    return f"You can use this money until {day_words(balance.ends_on)}."


def forecast(balance: Balance, today: date, later: tuple[Later, ...] = ()) -> str | None:
    """What the way of spending so far leads to, in one sentence or two; None where it is too early to say.

    The rule, as the page states it: the days to come cost as much as the days so far did, or what is kept aside for
    them where that is more. Nothing is said in the first four weeks, of a pot that is paused, or afterwards. A payment
    that comes `later` cannot be spent before its day.
    """
    days = (today - balance.starts_on).days + 1
    whole = (balance.ends_on - balance.starts_on).days + 1
    if days < _LEAST_DAYS or today > balance.ends_on or balance.state is not BudgetState.ACTIVE:
        return None
    if balance.left_pence < 0:
        return None
    spent, held = balance.net_spent_pence, balance.held_pence
    if spent + held == 0:
        return "Nothing is spent or booked yet."
    gap = _gap(balance, days, whole, later)
    at_the_end = balance.yours_pence - spent - max(held, spent * (whole - days) // days)
    lasts = whole if at_the_end >= 0 else balance.yours_pence * days // spent
    runs_out = balance.starts_on + timedelta(days=lasts)
    if runs_out >= balance.ends_on:
        about = max(0, at_the_end - at_the_end % 100)
        end = f"If you go on like this, about {format_pounds(about)} will be left on {day_words(balance.ends_on)}."
        return f"{gap} {end}" if gap else end
    return gap or f"At this rate the money ends on about {day_words(runs_out)}, before {day_words(balance.ends_on)}."


def _gap(balance: Balance, days: int, whole: int, later: tuple[Later, ...]) -> str | None:
    """That the money which is there ends before the next payment comes; None where it lasts until each of them."""
    spent, there = balance.net_spent_pence, balance.yours_pence - sum(each.pence for each in later)
    for each in later:
        lasts = min(max(there * days // spent, days), whole) if spent > 0 else whole
        runs_out = balance.starts_on + timedelta(days=lasts)
        if runs_out < each.on:
            return (
                f"At this rate the money that is there now ends on about {day_words(runs_out)}, before "
                f"{format_pounds(each.pence)} comes on {day_words(each.on)}."
            )
        there += each.pence
    return None


def what_happened(entry: EntryView) -> str:
    """An entry in words: whose money it is, and whether it was agreed anew or only moved between periods."""
    if entry.cause.startswith(f"{Origin.CARRIED}:"):
        return "Carried over from the period before" if entry.pence > 0 else "Carried over to the next period"
    words = ENTRY_WORDS[entry.kind]
    if entry.kind is EntryKind.ALLOCATE and entry.pence < 0:
        words = "Cut by the council"
    elif entry.cause.startswith(f"{Origin.ONE_OFF}:"):
        is_later = entry.counts_from is not None and entry.counts_from > clock.today()
        words = "To be paid once by the council" if is_later else "Paid once by the council"
    return words.replace("the council", "the NHS") if entry.funder is Funder.NHS else words


def _entry(entry: EntryView, names: dict[int | None, str], orders: dict[int, ports.OrderWords]) -> EntryLine:
    order = orders.get(entry.order_id) if entry.order_id is not None else None
    return EntryLine(
        entry,
        what_happened(entry),
        names.get(entry.actor_user_id, "Somebody"),
        order.words if order else None,
        order.href if order else None,
    )
