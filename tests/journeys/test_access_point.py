"""At the library, a person without an email address agrees out loud, and they order together and print the receipt."""

import re

from playwright.sync_api import expect

from tests.journeys.walker import Walker

PERSON = "Mabel Noemail"


def _serve(walker: Walker, postcode: str) -> None:
    walker.be("access-point")
    walker.menu("Help somebody order")
    walker.click("Serve somebody")
    walker.fill("Full name", PERSON)
    walker.fill("Postcode of where they live", postcode)
    walker.click("Go on", exact=True)
    walker.heading(f"Does {PERSON} agree?")
    walker.sees("It ends when you go, and you can stop it at any time.")
    walker.choose(f"{PERSON}, {postcode}", exact=True)
    walker.click("Start serving them")
    walker.sees("Choose how they agreed")
    walker.choose("They said so, here")
    walker.click("Start serving them")
    walker.sees(re.compile(f"You can order with {PERSON} until the end of today"))


def test_somebody_without_email_orders_with_consent_and_takes_a_receipt(walker: Walker) -> None:
    _serve(walker, "DL1 3HL")
    walker.click(f"Shop with {PERSON}")
    walker.empty_basket()
    walker.find("Hot meal at midday")
    walker.sees("You are acting for")
    walker.fill("How many meals to order", "3")
    walker.click("Add to basket")
    walker.click("Go on to order")
    walker.heading(f"Check and order for {PERSON}")
    walker.click(re.compile("^Change where it goes", re.IGNORECASE))
    walker.choose("Eat something hot every day")
    walker.fill("Telephone number", "01632 960 415")
    walker.fill("Address", "18 Quince Street, Darlington")
    walker.click("Go on", exact=True)
    walker.sees("£20.70")
    walker.click(f"Place order for {PERSON}")
    walker.heading(f"Ordered for {PERSON}")
    reference = walker.reference("Northgate Meals Round")
    walker.menu("Help somebody order")
    walker.click(re.compile("^Print the receipt of Hot meal at midday"))
    walker.sees("This page is set out for printing.")
    walker.sees(reference)
    walker.sees(re.compile("^Libby Shelfworth, "))
    walker.sees("£20.70")
    walker.click("Back to the ordinary page")
    walker.menu("Help somebody order")
    walker.click(f"Stop serving {PERSON}")
    walker.sees("Their consent has ended.")
    expect(walker.page.get_by_text("You are acting for")).to_have_count(0)
