"""CSV files about budgets, for whoever keeps a council's books."""

from collections.abc import Sequence

from budgets.domain import Balance
from budgets.words import RAIL_WORDS, STATE_WORDS
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


def _amounts(balance: Balance) -> tuple[int, int, int, int]:
    return balance.yours_pence, balance.held_pence, balance.net_spent_pence, balance.left_pence
