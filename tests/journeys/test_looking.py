"""Somebody looks for help without an account: finds it, reads about it, compares, and prints."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.walker import Walker


def _look_and_print(walker: Walker) -> None:
    walker.start()
    walker.fill("What would help?", "gardning")
    walker.fill("Where?", "dl3 7tx")
    walker.click("Find help")
    walker.sees("Showing results for")
    walker.click("Gardening by the hour")
    walker.heading("Gardening by the hour")
    walker.sees("Fern and Furrow")
    walker.sees("£19.50")
    walker.click(re.compile("Print"))
    walker.heading("Gardening by the hour")


def test_somebody_finds_and_prints_without_an_account(walker: Walker) -> None:
    _look_and_print(walker)


@pytest.mark.no_javascript
def test_somebody_finds_and_prints_without_scripts(walker: Walker) -> None:
    _look_and_print(walker)


def test_words_that_find_nothing_say_what_to_try(walker: Walker) -> None:
    walker.start()
    walker.fill("What would help?", "zzyzx flugelhorn")
    walker.fill("Where?", "DL3 7TX")
    walker.click("Find help")
    walker.sees(re.compile("We found nothing"))
    walker.sees(re.compile("[Tt]ell us what you could not find"))


def test_a_postcode_that_is_none_is_told_beside_the_field_and_the_words_stay(walker: Walker) -> None:
    walker.start()
    walker.fill("What would help?", "lunch")
    walker.fill("Where?", "not a postcode")
    walker.click("Find help")
    walker.sees(re.compile("like DL3 7TX"))
    expect(walker.page.get_by_label("What would help?").first).to_have_value("lunch")
    expect(walker.page.get_by_label("Where?").first).to_have_value("not a postcode")
