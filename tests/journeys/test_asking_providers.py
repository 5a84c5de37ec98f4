"""A social worker asks providers without saying for whom; what they offer stands side by side, and one is ordered."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from marketplace.kernel import clock
from tests.journeys.walker import Walker

pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True, scope="session")
"""What differs between the databases is tested without a browser."""
PERSON = "Zebedee Marshmallow"
WORDS = "A cooked lunch, for somebody who likes it hot and eats slowly"
LISTING = "Cooked lunch brought to you"


def _day(walker: Walker, legend: str, days: int) -> None:
    """Fill in the three boxes of a day."""
    day = clock.today() + timedelta(days)
    boxes = walker.page.get_by_role("group", name=legend)
    for label, number in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        boxes.get_by_label(label).fill(str(number))


def test_providers_answer_without_knowing_who_it_is_and_one_is_ordered(walker: Walker) -> None:
    walker.be("social-worker")
    walker.menu("Caseload")
    walker.click(PERSON, exact=True)
    walker.click("Ask providers for help")
    walker.click("Ask providers for help")
    walker.select("What is it for?", "Eat something hot every day")
    walker.select("Kind of help", "Meals and food: Meals brought to you")
    walker.fill("What would help?", f"{WORDS}. Ask for Zebedee")
    walker.fill("When, and how often?", "Monday to Friday, at noon")
    _day(walker, "From which day?", 14)
    walker.click("Go on", exact=True)
    walker.sees(re.compile("Take out “Zebedee”"))
    expect(walker.page.get_by_label("When, and how often?")).to_have_value("Monday to Friday, at noon")
    walker.fill("What would help?", WORDS)
    walker.click("Go on", exact=True)
    walker.heading("Whom to ask")
    walker.choose("Nell Garthside Lunches")
    walker.click("Ask these providers")
    walker.sees("Providers are asked.")
    address = walker.page.url.removeprefix(walker.home)

    walker.be("second-provider")
    walker.menu("My business")
    walker.click("Requests for help")
    walker.click(re.compile(WORDS))
    walker.heading("Can you help?")
    expect(walker.page.get_by_text("Zebedee")).to_have_count(0)
    walker.fill("How many to begin with?", "5")
    walker.fill("Anything else that they should know", "I bring it in a warm box, and have time to sit.")
    walker.click("Send this offer")
    walker.sees("Your offer is sent.")

    walker.be("social-worker")
    walker.go(address)
    walker.sees("I bring it in a warm box, and have time to sit.")
    walker.sees("£39.00")
    walker.click(re.compile("^Choose Nell Garthside"))
    walker.heading(f"Is this for {PERSON}?")
    walker.click("Yes, go on")
    if walker.page.get_by_label("Telephone number").count():
        walker.fill("Telephone number", "01632 960 433")
        walker.fill("Address", "9 Pinfold Green, Darlington")
        walker.click("Go on", exact=True)
    walker.heading(f"Check and order for {PERSON}")
    walker.click(f"Place order for {PERSON}")
    walker.heading(f"Ordered for {PERSON}")
    walker.go(address)
    walker.sees("One was chosen and ordered.")


def test_offers_stand_side_by_side_and_one_is_chosen_by_keyboard_alone(walker: Walker) -> None:
    walker.be("social-worker")
    walker.menu("Caseload")
    walker.click("Josiah Nettlebank", exact=True)
    walker.click("Ask providers for help")
    walker.click(re.compile("dressing and breakfast"))
    walker.sees("Side by side, the lowest cost first")
    walker.sees("Cannot help this time")
    choose = walker.page.get_by_role("button", name=re.compile("^Choose")).first
    for _ in range(60):
        walker.page.keyboard.press("Tab")
        if choose.evaluate("button => button === document.activeElement"):
            break
    walker.page.keyboard.press("Enter")
    walker.look()
    walker.heading("Is this for Josiah Nettlebank?")
