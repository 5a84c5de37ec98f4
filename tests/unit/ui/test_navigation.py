"""The page of a list that an address asks for."""

import pytest
from flask import Flask

from marketplace.ui.navigation import page_asked


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("3", 3),
        ("", 1),
        ("0", 1),
        ("-4", 1),
        ("two", 1),
        ("²", 1),
        ("1.5", 1),
        ("000000001" + "9" * 40, 10_000),
        ("000000001" + "9" * 9_000, 1),
    ],
)
def test_every_address_asks_for_a_page_that_a_database_can_count(ui_app: Flask, text: str, page: int) -> None:
    with ui_app.test_request_context("/", query_string={"page": text}):
        assert page_asked() == page


def test_a_page_behind_the_last_is_the_last(ui_app: Flask) -> None:
    with ui_app.test_request_context("/?page=12"):
        assert page_asked(last=7) == 7
