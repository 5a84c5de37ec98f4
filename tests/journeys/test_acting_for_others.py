"""A daughter orders for her father on a phone; somebody ends an authority while an order is prepared under it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Site
from tests.journeys.walker import Walker

pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True, scope="session")
"""What differs between the databases is tested without a browser."""
PHONE = {"width": 375, "height": 740}
FATHER, HELPER = "Albert Oakenfold", "priya@demo.example"


@pytest.fixture
def other(browser: Browser, site: Site) -> Iterator[Walker]:
    """Another browser, of somebody else, at the same moment."""
    context = browser.new_context(base_url=site.url, locale="en-GB")
    context.set_default_timeout(30_000)
    walking = Walker(context.new_page(), site.url, measures=False)
    yield walking
    walking.finish()
    context.close()


def test_a_daughter_orders_for_her_father_on_a_phone(walker: Walker) -> None:
    walker.page.set_viewport_size(PHONE)
    walker.be("nominated-person")
    walker.click(f"Shop for {FATHER}")
    walker.empty_basket()
    walker.find("House cleaning")
    walker.sees("You are acting for")
    walker.fill("How many hours to order", "2")
    walker.click("Add to basket")
    walker.heading(f"Basket for {FATHER}")
    walker.click("Go on to order")
    if walker.page.get_by_role("button", name="Yes, go on").count():
        walker.click("Yes, go on")
    walker.heading(f"Check and order for {FATHER}")
    walker.sees(re.compile("of the budget is kept aside now"))
    walker.click("Go on to the card")
    walker.pay_card("4242424242424242")
    walker.click(f"Place order for {FATHER}")
    walker.heading(f"Ordered for {FATHER}")
    walker.click(re.compile("^Look at this order"))
    walker.sees("Grace Oakenfold")
    walker.sees(re.compile("Waiting for Spindle and Suds to say yes"))
    assert walker.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def _let_somebody_act(walker: Walker) -> None:
    """Edith lets a broker order for her, up to £5.00 without anybody else."""
    walker.go("/mandates/new")
    walker.choose("Staff of an organisation")
    walker.fill("Their email address", HELPER)
    walker.fill("Most for one order", "5.00")
    walker.click("Let them act for me")
    walker.sees("Priya Lanternlight")


def test_an_authority_that_ends_while_an_order_is_prepared_stops_it_in_words(walker: Walker, other: Walker) -> None:
    walker.be("self-funder")
    _let_somebody_act(walker)

    other.be("budget-manager")
    other.menu("Caseload")
    other.click("Shop for Edith Fairweather")
    other.empty_basket()
    other.find("Gardening by the hour")
    other.fill("How many hours to order", "2")
    other.click("Add to basket")
    other.click("Go on to order")
    if other.page.get_by_role("button", name="Yes, go on").count():
        other.click("Yes, go on")
    if other.page.get_by_label("Telephone number").count():
        other.fill("Telephone number", "01632 960 418")
        other.fill("Address", "3 Larkspur Row, Darlington")
        other.click("Go on", exact=True)
    other.heading("Check and order for Edith")

    walker.click("End this now")
    walker.sees(re.compile("Ended"))

    other.page.get_by_role("button", name="Go on to the card").or_(
        other.page.get_by_role("link", name="Go on to the card")
    ).first.click()
    other.sees("Your right to order for Edith Fairweather has ended or is paused, so nothing was ordered")
    other.console.clear()  # the browser itself notes that the answer was a refusal
    other.menu("Caseload")
    expect(other.page.get_by_text("Edith Fairweather")).to_have_count(0)
