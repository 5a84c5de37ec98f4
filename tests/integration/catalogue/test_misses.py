"""What was looked for and not found is counted without saying who looked."""

import pytest
from flask import Flask
from sqlalchemy import select

from catalogue.models import SearchMiss
from catalogue.services.misses import note_miss
from marketplace.database import db


def kept() -> list[tuple[str, str, int]]:
    rows = db.session.execute(select(SearchMiss.words, SearchMiss.outcode, SearchMiss.times).order_by(SearchMiss.words))
    return [(row.words, row.outcode, row.times) for row in rows]


def test_same_words_of_a_day_and_outcode_are_counted_in_one_row(app: Flask) -> None:
    note_miss("Bagpipe Lessons!", "DL3 7TX")
    note_miss(" bagpipe   lessons", "dl3")
    note_miss("bagpipe lessons")
    assert sorted(kept()) == [("bagpipe lessons", "", 1), ("bagpipe lessons", "DL3", 2)]


@pytest.mark.parametrize("words", ["mary@example.org", "ring 01325 555 0100", "", "!!!", "07700900123"])
def test_what_may_name_somebody_is_not_kept(app: Flask, words: str) -> None:
    assert not note_miss(words, "DL3 7TX")
    assert kept() == []


def test_words_are_cut_and_only_letters_and_digits_stay(app: Flask) -> None:
    note_miss("<script>" + "x" * 200 + " " + "word " * 50, "not a place")
    ((words, outcode, _),) = kept()
    assert len(words) <= 60
    assert outcode == ""
    assert words.replace(" ", "").isalnum()
