"""A budget pays a part and a daughter the rest, by a link that shows her part alone."""

import re

from playwright.sync_api import expect

from tests.journeys.walker import Walker

PERSON = "Bartholomew Quillfeather"
WHAT = "Cooked lunch brought to you"


def _ask_the_daughter(walker: Walker) -> str:
    """Five lunches at £7.80, £25.00 of them from the budget; answers the order's reference."""
    walker.be("budget-manager")
    walker.menu("Caseload")
    walker.fill("Find somebody by name", "bartholomew")
    walker.click("Find", exact=True)
    walker.click(f"Shop for {PERSON}")
    walker.empty_basket()
    walker.find(WHAT)
    walker.fill("How many meals to order", "5")
    walker.click("Add to basket")
    walker.click("Go on to order")
    walker.click("Yes, go on")
    walker.heading(f"Check and order for {PERSON}")
    walker.click(re.compile("^Change paid how", re.IGNORECASE))
    walker.choose(re.compile("^Pay part from .* and the rest by card"))
    walker.click("Go on", exact=True)
    walker.heading("Part from the budget, the rest by card")
    walker.sees(re.compile("must have. Nobody has to pay for that."))
    walker.fill("How much should the budget pay?", "39.00")
    walker.choose("Somebody else, such as family")
    walker.fill("Their name", "Anna Quillfeather")
    walker.click("Go on", exact=True)
    walker.sees("Enter their email address, like name@example.com")
    walker.fill("Their email address", "anna@example.org")
    walker.choose("The person agrees that they see this")
    walker.click("Go on", exact=True)
    walker.sees(re.compile(r"can pay up to £38\.70 of this"))
    walker.fill("How much should the budget pay?", "25.00")
    walker.click("Go on", exact=True)
    walker.heading(f"Check and order for {PERSON}")
    walker.sees(re.compile("We ask Anna Quillfeather by email to pay £14.00"))
    walker.click(f"Place order for {PERSON}")
    walker.sees("We have asked Anna Quillfeather to pay £14.00 by card.")
    return walker.reference("Nell Garthside Lunches")


def test_a_daughter_pays_her_part_and_sees_nothing_else(walker: Walker) -> None:
    reference = _ask_the_daughter(walker)
    walker.be("operator")
    walker.go("/desk/emails")
    walker.open_item("asks you to pay £14.00")
    link = re.search(r"/top-up/\S+", walker.page.locator("main").inner_text())
    assert link is not None
    walker.page.context.clear_cookies()
    walker.page.set_viewport_size({"width": 375, "height": 800})
    walker.go(link[0])
    walker.heading(re.compile("asks you to pay £14.00"))
    walker.sees(WHAT)
    for secret in (reference, "Nell Garthside", "25.00", "39.00"):
        expect(walker.page.get_by_text(secret)).to_have_count(0)
    walker.click("Pay by card")
    walker.pay_card("4242424242424242")
    walker.heading("Thank you, Anna Quillfeather")
    walker.page.set_viewport_size({"width": 1280, "height": 900})
    walker.be("second-provider")
    walker.menu("My business")
    walker.open_item(reference)
    walker.click("Say yes")
    walker.until("£14.00 by card: paid.")
