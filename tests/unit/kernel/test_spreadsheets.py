"""Cells of a CSV file stay words, whatever somebody typed into them."""

import csv
import io

import pytest

from marketplace.kernel.spreadsheets import csv_of, harmless


@pytest.mark.parametrize("text", ["=SUM(A1)", "+1", "-1", "@x", "\t=1", "\rx"])
def test_words_are_no_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Dales Home Care", "Help = care", " =1", ""])
def test_other_words_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_nothing_is_an_empty_cell() -> None:
    assert harmless(None) == ""


def test_rows_come_back_as_they_went_in() -> None:
    text = csv_of(("name", "amount"), [("Dales, and “Co”\nLtd", "12.50"), ("", 3)])
    assert text.startswith("name,amount\r\n")
    assert [*csv.reader(io.StringIO(text, newline=""))] == [
        ["name", "amount"],
        ["Dales, and “Co”\nLtd", "12.50"],
        ["", "3"],
    ]
