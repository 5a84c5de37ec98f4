"""A self-funder buys from two providers: one card is declined, another works; one says no, the other delivers."""

import re

import pytest

from tests.journeys.walker import Walker

WORDS = "Hot, on time and a kind word with it. The crumble was the best part."


def _buy_from_two(walker: Walker) -> None:
    walker.be("self-funder")
    walker.empty_basket()
    walker.find("Gardening by the hour")
    walker.click("Add to basket")
    walker.find("Cooked lunch brought to you")
    walker.click("Add to basket")
    walker.heading("Your basket")
    walker.sees("£27.30")
    walker.click("Go on to order")
    walker.sees("What happens next")
    walker.click("Go on to the card")
    walker.pay_card("4000000000000002")
    walker.sees(re.compile("declined"))
    walker.pay_card("4242424242424242")
    walker.click("Place order")
    walker.heading("Ordered")


def _answer(walker: Walker, role: str, reference: str, *, yes: bool) -> None:
    walker.be(role)
    walker.menu("My business")
    walker.open_item(reference)
    if yes:
        walker.click("Say yes")
        return
    walker.click("Say no, and why")
    walker.fill(re.compile("[Ww]hy"), "I am away that week.")
    walker.click("Say no to this order")


def test_two_providers_two_cards_one_no_and_one_review(walker: Walker) -> None:
    _buy_from_two(walker)
    lunch = walker.address_of("Look at this order from Nell Garthside Lunches")
    garden = walker.address_of("Look at this order from Fern and Furrow")
    references = {name: walker.reference(name) for name in ("Fern and Furrow", "Nell Garthside Lunches")}
    _answer(walker, "provider", references["Fern and Furrow"], yes=False)
    _answer(walker, "second-provider", references["Nell Garthside Lunches"], yes=True)
    walker.until("Paid by card.")
    walker.click("Yes, it is done")
    walker.be("self-funder")
    walker.go(lunch)
    walker.click("Yes, it was done")
    walker.sees("Paid")
    walker.click("Write a review")
    walker.choose(re.compile("5 out of 5"))
    walker.fill(re.compile("What would you tell"), WORDS)
    walker.click("Publish this review")
    walker.find("Cooked lunch brought to you")
    walker.sees(WORDS)
    walker.go(garden)
    walker.sees(re.compile("I am away that week"))


@pytest.mark.no_javascript
def test_two_providers_and_two_cards_without_scripts(walker: Walker) -> None:
    _buy_from_two(walker)
