"""A Budget Manager buys above the limit for one of twelve; a colleague agrees, and only then the provider sees it."""

import re

from playwright.sync_api import expect

from tests.journeys.walker import Walker

PERSON = "Winifred Applebarrow"


def _prepare(walker: Walker) -> str:
    """26 lunches at £7.80 for one person; answers the order's reference."""
    walker.be("budget-manager")
    walker.menu("Caseload")
    expect(walker.page.locator("main .app-case")).to_have_count(12)
    walker.fill("Find somebody by name", "winifred")
    walker.click("Find", exact=True)
    walker.sees("1 person whose name begins with")
    walker.click(f"Shop for {PERSON}")
    walker.empty_basket()
    walker.find("Cooked lunch brought to you")
    walker.sees("You are acting for")
    walker.fill("How many meals to order", "26")
    walker.click("Add to basket")
    walker.heading(f"Basket for {PERSON}")
    walker.sees("£202.80")
    walker.click("Go on to order")
    walker.heading(f"Is this for {PERSON}?")
    walker.click("Yes, go on")
    walker.heading(f"Check and order for {PERSON}")
    walker.click(re.compile("^Change where it goes", re.IGNORECASE))
    walker.heading("What it is for, and where it goes")
    walker.choose("Eat something hot every day")
    walker.fill("Telephone number", "01632 960 411")
    walker.fill("Address", "14 Teasel Bank, Darlington")
    walker.click("Go on", exact=True)
    walker.heading(f"Check and order for {PERSON}")
    walker.sees("A second person has to agree first.")
    walker.sees(re.compile("nothing is ordered before that"))
    walker.click(f"Ask for agreement for {PERSON}")
    walker.heading(f"Prepared for {PERSON}, and waiting for a second person")
    return walker.reference("Nell Garthside Lunches")


def test_above_the_limit_a_colleague_agrees_before_the_provider_sees_it(walker: Walker) -> None:
    reference = _prepare(walker)
    walker.be("second-provider")
    walker.menu("My business")
    expect(walker.page.get_by_text(reference)).to_have_count(0)
    walker.be("second-budget-manager")
    walker.menu("Approvals")
    walker.open_item(f"£202.80 for {PERSON}")
    walker.heading(f"Do you agree to £202.80 for {PERSON}?")
    walker.sees("Priya Lanternlight")
    walker.choose("Yes, this may be ordered")
    walker.click("Send my answer")
    walker.sees("You agreed. The provider has been asked.")
    walker.be("second-provider")
    walker.menu("My business")
    walker.open_item(reference)
    walker.sees(PERSON)
    walker.sees("£202.80")
