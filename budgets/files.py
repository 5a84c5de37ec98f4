"""CSV files about budgets, for whoever keeps a council's books."""

from collections.abc import Iterable, Sequence

from budgets.domain import Balance
from budgets.queries.surplus import SHOWS, SurplusLine
from budgets.words import RAIL_WORDS, STATE_WORDS
from marketplace.kernel.clock import london
from marketplace.kernel.money import plain_pounds
from marketplace.kernel.spreadsheets import csv_of, harmless

BUDGETS = (
    "person",
    "reference",
    "what_for",
    "paid_by",
    "state",
    "from",
    "until",
    "for_the_year",
    "kept_aside",
    "spent",
    "left",
    "more_booked_than_agreed",
)

SURPLUSES = (
    "person",
    "reference",
    "what_for",
    "ended_on",
    "left_then",
    "may_be_kept",
    "left_now",
    "above_the_rule",
    "warned_on",
    "not_before",
    "where_it_stands",
    "to_be_taken_back",
)


def budgets_csv(balances: Sequence[Balance]) -> str:
    """Pots in the order of their list, with the sums as the last row."""
    rows: list[Sequence[object]] = [
        (
            harmless(each.person_name),
            harmless(each.reference),
            harmless(each.pot_name),
            RAIL_WORDS[each.rail],
            STATE_WORDS[each.state],
            each.starts_on.isoformat(),
            each.ends_on.isoformat(),
            *map(plain_pounds, _amounts(each)),
            "yes" if each.overcommitted else "no",
        )
        for each in balances
    ]
    sums = [sum(column) for column in zip(*map(_amounts, balances), strict=True)] or [0, 0, 0, 0]
    rows.append(("sum", "", "", "", "", "", "", *map(plain_pounds, sums), ""))
    return csv_of(BUDGETS, rows)


def surpluses_csv(lines: Iterable[SurplusLine]) -> str:
    """What is left of periods that are over, in the order of its list."""
    rows = (
        (
            harmless(line.person_name),
            harmless(line.reference),
            harmless(line.pot_name),
            line.ends_on.isoformat(),
            plain_pounds(line.found_pence),
            plain_pounds(line.kept_pence),
            plain_pounds(line.left_now_pence),
            plain_pounds(line.above_pence),
            london(line.warned_at).date().isoformat(),
            line.not_before.isoformat(),
            SHOWS[line.stands],
            plain_pounds(line.reclaim_pence) if line.reclaim_pence is not None else "",
        )
        for line in lines
    )
    return csv_of(SURPLUSES, rows)


def _amounts(balance: Balance) -> tuple[int, int, int, int]:
    return balance.yours_pence, balance.held_pence, balance.net_spent_pence, balance.left_pence
