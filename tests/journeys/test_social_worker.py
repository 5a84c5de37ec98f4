"""A social worker with a tablet: from an outcome of a person to help that fits, ordered together, seen on the plan."""

import re

from playwright.sync_api import expect

from tests.journeys.walker import Walker

PERSON = "Josiah Nettlebank"
OUTCOME = "Get out and do something I enjoy"
WHAT = "Day on the care farm"


def _order_together(walker: Walker) -> str:
    """From the caseload to a placed order, all of it for one outcome; answers its reference."""
    walker.menu("Caseload")
    walker.click(PERSON, exact=True)
    walker.heading(PERSON)
    walker.click(re.compile(f"^Find help for this.*{OUTCOME}"))
    walker.heading(OUTCOME)
    walker.sees(re.compile("Josiah.s support money: £[0-9,.]+ left until"))
    walker.open(WHAT)
    walker.sees("You are acting for")
    walker.fill("How many days each time", "2")
    walker.click("Work it out")
    walker.sees("£104.00")
    walker.click("Add to basket")
    walker.heading(f"Basket for {PERSON}")
    walker.click("Go on to order")
    walker.heading(f"Is this for {PERSON}?")
    walker.click("Yes, go on")
    walker.heading(f"Check and order for {PERSON}")
    walker.sees(f"For: {OUTCOME}")
    walker.click(f"Place order for {PERSON}")
    walker.heading(f"Ordered for {PERSON}")
    return walker.reference("Farmyard Friday")


def test_an_outcome_leads_to_an_order_that_the_plan_then_shows(walker: Walker) -> None:
    walker.page.set_viewport_size({"width": 768, "height": 1024})
    walker.be("social-worker")
    reference = _order_together(walker)
    walker.click(re.compile("^Look at this order.*Farmyard Friday"))
    walker.sees(reference)
    walker.sees(re.compile(f"For: {OUTCOME}"))
    walker.sees("Waiting for Farmyard Friday to say yes")
    walker.menu("Caseload")
    walker.click(PERSON, exact=True)
    walker.click("Plan", exact=True)
    part = walker.page.locator("main li").filter(has=walker.page.get_by_role("heading", name=OUTCOME))
    newest = part.get_by_role("listitem").filter(has_text=WHAT).first
    expect(newest).to_contain_text("Waiting for Farmyard Friday to say yes")
    newest.get_by_role("link").click()
    walker.look()
    walker.sees(reference)
