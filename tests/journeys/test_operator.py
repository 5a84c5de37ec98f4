"""The operator approves what waits, gives money back alone and with a second person, and reads the letters."""

import re

from playwright.sync_api import expect

from tests.journeys.walker import Walker

BUYER = "edith@demo.example"


def _approve(walker: Walker, name: str, decision: str) -> None:
    walker.menu("Desk")
    walker.open_item(name)
    walker.choose(decision)
    walker.click("Save the decision")
    walker.sees("Saved.")
    expect(walker.page.locator("main li").filter(has_text=name)).to_have_count(0)


def _something_went_wrong(walker: Walker) -> str:
    """Twelve hours at £19.50, paid by card, of which two were done; answers the order's reference."""
    walker.be("self-funder")
    walker.empty_basket()
    walker.find("Gardening by the hour")
    walker.fill("How many hours to order", "12")
    walker.click("Add to basket")
    walker.click("Go on to order")
    walker.click("Go on to the card")
    walker.pay_card("4242424242424242")
    walker.click("Place order")
    reference = walker.reference("Fern and Furrow")
    walker.be("provider")
    walker.open_item(reference)
    walker.click("Say yes")
    walker.until("Paid by card.")
    walker.click("Yes, it is done")
    walker.be("self-funder")
    walker.menu("My orders")
    walker.open_item(reference)
    walker.click("No, something went wrong")
    walker.fill("What went wrong?", "She came on one day only, and half of that was done.")
    walker.click("Tell the provider and us")
    walker.be("provider")
    walker.click("All orders")
    walker.open_item(reference)
    walker.click("Answer the buyer")
    walker.fill("What did you do, or will you do, about it?", "It rained. I can come on Friday.")
    walker.click("Answer the buyer")
    walker.sees("The buyer has your answer.")
    return reference


def _given_back(walker: Walker) -> int:
    """The levy given back in this month so far, in pence."""
    walker.click("Levy", exact=True)
    cells = walker.page.locator("tbody tr").first.locator("td").all_inner_texts()
    return round(float(cells[1].replace(",", "").removeprefix("£")) * 100)


def _give_back(walker: Walker, how: str, why: str) -> None:
    walker.click("Give money back")
    walker.choose(how)
    walker.choose("Less was done than was ordered")
    walker.fill("A sentence for the buyer and the provider", why)


def test_what_waits_is_approved_and_then_found(walker: Walker) -> None:
    walker.be("operator")
    walker.heading("What needs a person today")
    _approve(walker, "Wilf's Walking Frames", "Approve: it can send in listings")
    _approve(walker, "Window boxes planted", "Approve: everybody can find and order it")
    walker.start()
    walker.fill("What would help?", "Window boxes planted")
    walker.fill("Where?", "DL3 7TX")
    walker.click("Find help")
    walker.until("Potting Shed Pete")
    walker.open("Window boxes planted")
    walker.sees("£28.00")


def test_money_goes_back_a_part_alone_and_the_rest_with_a_second_person(walker: Walker) -> None:
    reference = _something_went_wrong(walker)
    walker.be("operator")
    levy_before = _given_back(walker)
    walker.menu("Desk")
    walker.click("Complaints", exact=True)
    walker.sees("The provider answered")
    walker.open_item(reference)
    walker.sees("I can come on Friday")
    walker.sees("half of that was done")
    walker.sees(BUYER)
    _give_back(walker, "Some of what was ordered", "For the hours of the first day.")
    walker.fill("Gardening by the hour", "2")
    walker.click("Give the money back")
    walker.sees("The money is on its way back.")
    walker.until("Paid, and part of it given back")
    _give_back(walker, "Everything that is left, £195.00", "For the days that never came.")
    walker.click("Give the money back")
    walker.sees("a colleague has to agree first")
    walker.sees("Waits for a second person")

    walker.be("second-operator")
    walker.open_item(f"£195.00 of order {reference}")
    walker.sees("Olive Marketer")
    walker.choose("Agree: the money goes back now")
    walker.click("Save the decision")
    walker.be("self-funder")
    walker.menu("My orders")
    walker.open_item(reference)
    walker.until("All the money was given back")
    walker.sees("Money given back")
    walker.sees(re.compile(r"£39\.00, on .* For the hours of the first day"))
    walker.sees(re.compile(r"£195\.00, on .* For the days that never came"))

    walker.be("operator")
    walker.open_item(reference)
    walker.fill("What was agreed", "All of it was given back.")
    walker.click("End the complaint")
    walker.sees("The complaint is ended.")
    walker.click("The whole money story of this order")
    walker.sees(re.compile(r"The card paid: £234\.00"))
    walker.sees(re.compile(r"Sent back to the card: £195\.00"))
    walker.menu("Desk")
    walker.click("Money", exact=True)
    expect(walker.page.locator("main li").filter(has_text=reference)).to_have_count(0)
    walker.menu("Desk")
    expect(walker.page.locator("main li").filter(has_text=reference)).to_have_count(0)
    assert _given_back(walker) == levy_before + 5_85
    walker.click("Emails", exact=True)
    walker.fill("To this address", BUYER)
    walker.click("Show", exact=True)
    walker.click(f"£195.00 comes back for order {reference}")
    walker.sees("It reaches the card that paid within 5 to 10 days.")
