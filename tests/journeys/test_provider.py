"""Somebody signs up as a provider, is approved, lists with the levy in sight, sells, and reads it in the statement."""

import re

from playwright.sync_api import expect

from tests.journeys.walker import Walker

EMAIL, PASSWORD = "bertha@demo.example", "marmalade on wednesdays"
FIRM, WHAT = "Quillfeather Cakes", "Cake and company at home"


def _open_an_account(walker: Walker) -> None:
    walker.start()
    walker.menu("For providers")
    walker.click("Open an account as a provider")
    walker.fill("Your name", "Bertha Quillfeather")
    walker.fill("Email address", EMAIL)
    walker.fill("Choose a password", PASSWORD)
    walker.choose("I agree to the terms of use")
    walker.click("Open my account")
    walker.heading("Look in your email")
    walker.sees("In this demonstration no email leaves the computer.")
    walker.be("operator")
    walker.click("Emails", exact=True)
    walker.fill("To this address", EMAIL)
    walker.click("Show", exact=True)
    walker.click("Confirm your email address")
    walker.click("/verify/")
    walker.fill("Password", PASSWORD, exact=True)
    walker.click("Confirm and sign in")


def _sign_in(walker: Walker) -> None:
    walker.start()
    walker.click("Sign out")
    walker.click("Sign in", exact=True)
    walker.fill("Email address", EMAIL)
    walker.fill("Password", PASSWORD, exact=True)
    walker.click("Sign in", exact=True)
    walker.heading(FIRM)


def _apply(walker: Walker) -> None:
    walker.heading("Sell or offer help here")
    walker.fill("Name of your business or group", FIRM)
    walker.fill("Who you are and what you do", "I bake small cakes and bring them round, with time for a chat.")
    walker.choose(re.compile("I work alone"))
    walker.fill("Your postcode", "DL3 7TX")
    walker.choose(re.compile("DBS check"))
    walker.click("Send my application")
    walker.heading("Your listings")
    walker.sees("A person looks at it")


def _write_a_listing(walker: Walker) -> None:
    walker.click("Your listings", exact=True)
    walker.click("Write a new listing")
    walker.fill("What is it called", WHAT)
    walker.select("What kind of help is it", "Help at home: Company and befriending")
    walker.click("Save and go on")
    walker.fill("In one sentence", "A small cake, a pot of tea and an hour of good company")
    walker.fill("What people get", "I bring the cake while it is warm, make the tea and stay for an hour.")
    walker.click("Save and go on")
    walker.fill("Price in pounds", "12.30")
    walker.select("For what", "A visit")
    walker.click("Save and go on")
    walker.sees("The levy takes £0.31. You get £11.99.")
    walker.fill("Postcode that you start from", "DL3 7TX")
    walker.fill("How many miles you travel", "5")
    walker.click("Save and go on")
    walker.fill("When", "Monday to Friday, 2pm to 5pm", exact=True)
    walker.click("Save and go on")
    walker.sees("Within 5 miles of DL3 7TX")
    expect(walker.row("10 visits")).to_contain_text(re.compile(r"£123\.00\s*£3\.08\s*£119\.92"))
    walker.click("Send it in")
    walker.sees("Sent in. A person looks at it")


def _decide(walker: Walker, name: str, decision: str) -> None:
    walker.be("operator")
    walker.open_item(name)
    walker.choose(decision)
    walker.click("Save the decision")
    walker.sees(f"Saved. The people of {FIRM} get an email.")


def _take_cards(walker: Walker) -> None:
    walker.sees("You cannot be paid by card yet.")
    walker.click("Take cards")
    walker.click("Tell Stripe who you are")
    walker.click("Complete onboarding")
    walker.sees("You can take cards now.")
    walker.menu("My business")


def _buy(walker: Walker) -> str:
    """Three visits by somebody who found them; answers the order's reference."""
    walker.be("self-funder")
    walker.empty_basket()
    walker.start()
    walker.fill("What would help?", WHAT)
    walker.fill("Where?", "DL3 7TX")
    walker.click("Find help")
    walker.until(FIRM)
    walker.open(WHAT)
    walker.fill("How many visits to order", "3")
    walker.click("Add to basket")
    walker.sees("£36.90")
    walker.click("Go on to order")
    walker.click("Go on to the card")
    walker.pay_card("4242424242424242")
    walker.click("Place order")
    walker.heading("Ordered")
    return walker.reference(FIRM)


def test_a_new_provider_is_approved_sells_and_sees_the_levy_to_the_penny(walker: Walker) -> None:
    _open_an_account(walker)
    _apply(walker)
    _decide(walker, FIRM, "Approve: it can send in listings")
    _sign_in(walker)
    _take_cards(walker)
    _write_a_listing(walker)
    _decide(walker, WHAT, "Approve: everybody can find and order it")
    reference = _buy(walker)

    _sign_in(walker)
    walker.open_item(reference)
    walker.sees("Edith Fairweather")
    expect(walker.row("Together")).to_contain_text(re.compile(r"£36\.90\s*£0\.92\s*£35\.98"))
    walker.click("Say yes")
    walker.until("Paid by card.")
    walker.click("Yes, it is done")
    walker.be("self-funder")
    walker.menu("My orders")
    walker.open_item(reference)
    walker.click("Yes, it was done")
    walker.sees("It is agreed.")

    _sign_in(walker)
    walker.click("All orders")
    walker.sees("levy £0.92")
    walker.open_item(reference)
    expect(walker.row("Together")).to_contain_text(re.compile(r"£36\.90\s*£0\.92\s*£35\.98"))
    walker.click("Its money, step by step")
    walker.sees(re.compile(r"The card paid|Passed on to the provider’s account at Stripe"))
    walker.menu("My business")
    walker.click("Payouts", exact=True)
    walker.sees("On its way to your bank: £35.98")
    expect(walker.row(reference)).to_contain_text(re.compile(r"£36\.90\s*£0\.00\s*−£0\.92\s*£35\.98"))
    walker.menu("My business")
    walker.click("Monthly statement")
    walker.heading("Levy statement")
    expect(walker.row(reference)).to_contain_text(re.compile(r"£36\.90\s*£0\.92\s*£35\.98"))
