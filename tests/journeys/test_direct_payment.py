"""A direct-payment holder buys until the budget refuses, in words that say how much is left and what to do now."""

import re

from tests.journeys.walker import Walker

WHAT = "Personal assistant who drives"
POT = re.compile("money.*direct payment", re.IGNORECASE)


def _basket(walker: Walker, hours: int) -> None:
    walker.empty_basket()
    walker.find(WHAT)
    walker.fill("How many hours to order", str(hours))
    walker.click("Add to basket")
    walker.click("Go on to order")


def test_a_budget_pays_then_refuses_in_words_that_help(walker: Walker) -> None:
    walker.be("dp-holder")
    _basket(walker, 1)
    walker.heading("What it is for, and where it goes")
    walker.sees("A direct payment may not pay some relatives")
    walker.choose("No, but a friend")
    walker.choose("Somebody I choose helps me with my day")
    walker.fill("Telephone number", "01632 960 301")
    walker.fill("Address", "4 Skylark Close, Darlington")
    walker.click("Go on", exact=True)
    walker.heading("Check and order")
    walker.sees(re.compile("£18.50 of the budget is kept aside now"))
    walker.click("Go on to the card")
    walker.pay_card("4242424242424242")
    walker.click("Place order")
    walker.heading("Ordered")

    _basket(walker, 20)
    walker.heading("How will this be paid?")
    walker.choose(POT)
    walker.click("Go on", exact=True)
    walker.sees(re.compile(r"This costs £370\.00\..* has £\d+\.\d\d left until"))
    walker.sees(re.compile(r"You can choose fewer hours, pay £\d+\.\d\d yourself, or ask"))
    walker.sees("Pay with own money instead")
    walker.click("Choose fewer", exact=True)
    walker.heading("Your basket")
    walker.fill("How many", "2")
    walker.click(re.compile("^Change how many"))
    walker.sees("£37.00")
    walker.click("Go on to order")
    walker.choose(POT)
    walker.click("Go on", exact=True)
    walker.heading("Check and order")
    walker.sees(re.compile("£37.00 of the budget is kept aside now"))
    walker.menu("My money")
    walker.sees(re.compile("Kept aside"))
    walker.sees("Barnaby Oxlip")
