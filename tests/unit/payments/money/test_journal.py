"""The journal of a run: the payer's own columns and codes, both sides equal, a map that lacks something refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.errors import DomainError
from payments.journal import FIELDS, NOTHING, Creditor, JournalLine, JournalMap, columns_of, rows

CODES = JournalMap(care="C1", providers="P1", operator="O1", returned="R1", by_category={"meals": "C2"})


def line(pence: int, *, split: dict[str, int] | None = None, credit: bool = False, again: bool = False) -> JournalLine:
    return JournalLine("K7QM-4TXR", "Fern", 12, pence, credit, again, split or {})


def test_each_kind_of_help_is_booked_to_its_code_and_both_sides_are_equal() -> None:
    lines = [
        line(6_000, split={"meals": 2_000, "gardening": 4_000}),
        line(-1_000, split={"meals": -1_000}, credit=True),
        line(500, again=True),
    ]
    booked = list(rows(CODES, "SR-1", "2026-11-22", lines, [Creditor("Fern", 12, 5_375), Creditor("Levy", None, 125)]))
    assert [(row["line"], row["account"], row["pence"]) for row in booked] == [
        (1, "C1", 4_000),
        (2, "C2", 2_000),
        (3, "C2", -1_000),
        (4, "R1", 500),
        (5, "P1", -5_375),
        (6, "O1", -125),
    ]
    assert sum(int(str(row["pence"])) for row in booked) == 0


def test_a_map_is_the_same_after_it_was_stored() -> None:
    assert JournalMap.from_json(CODES.as_json()) == CODES
    assert JournalMap.from_json({}) == JournalMap()


def test_columns_stand_in_the_order_and_under_the_headings_that_were_chosen() -> None:
    chosen = [("amount", " Net  amount "), (NOTHING, "left out"), ("account", "GL code"), ("run", "")]
    assert columns_of(chosen) == (("amount", "Net amount"), ("account", "GL code"), ("run", "run"))


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ([], "cost code"),
        ([("amount", "Amount")], "cost code"),
        ([("account", "Code")], "amount, or one for debit and one for credit"),
        ([("account", "Code"), ("debit", "Debit")], "amount, or one for debit and one for credit"),
        ([("account", "Code"), ("amount", "code")], "own heading"),
        ([("account", "Code"), ("amount", "A" * 61)], "60 letters"),
        ([("account", "Code"), ("amount", "A"), ("person", "Name")], "from the list"),
    ],
)
def test_a_map_that_lacks_something_is_refused_in_one_sentence(chosen: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(DomainError, match=words) as refused:
        columns_of(chosen)
    assert refused.value.field == "columns"


@given(st.permutations(sorted(FIELDS)))
def test_any_order_of_all_columns_is_taken(names: list[str]) -> None:
    assert [name for name, _ in columns_of([(name, "") for name in names])] == names
