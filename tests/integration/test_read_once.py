"""What several parts of a page read is asked once, and never kept past the read that asked."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import text

from marketplace.database import db, read_once, transaction


def counting() -> tuple[list[int], Callable[[int], int]]:
    asked: list[int] = []

    @read_once
    def double(number: int) -> int:
        asked.append(number)
        return int(db.session.execute(text("SELECT :number * 2"), {"number": number}).scalar_one())

    return asked, double


def test_one_read_asks_once_for_each_argument(app: Flask) -> None:
    asked, double = counting()
    assert [double(1), double(1), double(2), double(1)] == [2, 2, 4, 2]
    assert asked == [1, 2]


def test_the_next_read_asks_again(app: Flask) -> None:
    asked, double = counting()
    double(1)
    db.session.rollback()
    double(1)
    assert asked == [1, 1]


def test_nothing_is_kept_where_something_is_written(app: Flask) -> None:
    asked, double = counting()
    double(1)
    with transaction():
        double(1)
        double(1)
    double(1)
    assert asked == [1, 1, 1, 1]


def test_two_functions_of_one_name_are_two(app: Flask) -> None:
    (first, one), (second, other) = counting(), counting()
    assert one(1) == other(1) == 2
    assert (first, second) == ([1], [1])


def test_what_another_statement_read_along_is_not_asked_for_again_in_that_read(app: Flask) -> None:
    asked, double = counting()
    double(1)
    double.know(8, 4)  # type: ignore[attr-defined]
    assert (double(4), asked) == (8, [1])
    with transaction():
        double.know(100, 5)  # type: ignore[attr-defined]
        assert double(5) == 10
    assert double(4) == 8
    assert asked == [1, 5, 4]
