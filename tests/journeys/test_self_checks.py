"""Somebody checks for themselves, without an account, what the council might do, what to pay and what that buys."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.walker import Walker

NO_TABLE = pytest.mark.parametrize("site", ["sqlite"], indirect=True)
"""What stays in the browser is the same on both databases."""


@NO_TABLE
def test_somebody_checks_for_themselves_without_an_account(walker: Walker) -> None:
    walker.page.goto(walker.home + "/")
    walker.menu("Check for yourself")
    walker.sees("This is not a decision and carries no legal weight.")

    walker.click("Could the council help me?")
    walker.choose("I need care or support", exact=False)
    walker.fill("Postcode (optional)", "DL3 7TX")
    walker.click("Start", exact=True)
    walker.heading("Is it because of a physical or mental impairment or illness?")
    walker.click("Go on")
    walker.sees("Choose the answer that fits best")
    walker.choose("Yes", exact=True)
    walker.click("Go on")
    walker.measures = False  # the questions are one page with other words
    for number in range(2, 12):
        walker.sees(f"Question {number} of 12")
        walker.choose("Only when somebody helps" if number in (3, 5) else "Yes, by myself")
        walker.click("Go on")
    walker.measures = True
    walker.choose("Yes", exact=True)
    walker.click("Go on")
    walker.heading("You may well be eligible")
    walker.sees("Darlington")
    walker.click("Print this")
    walker.sees("Can you keep yourself clean?")
    walker.click("Back to the ordinary page")

    walker.click("All self-checks")
    walker.click("How large might a budget be?")
    walker.click("Start", exact=True)
    for group in walker.page.get_by_role("group").all():
        group.get_by_role("radio").nth(1).check()
    walker.click("Work it out")
    walker.sees("How this arises")

    walker.click("work out what you might pay")
    walker.choose("State Pension age or over")
    walker.choose("No", exact=True)
    walker.fill("Your savings", "16,100")
    walker.fill("Your income a week", "a lot")
    walker.choose("I do not own a home")
    walker.fill("What care at home would cost a week", "301")
    walker.fill("What a care home would cost a week", "900")
    walker.click("Work it out")
    walker.sees("Enter an amount in pounds, like 12.50")
    expect(walker.page.get_by_label("Your savings")).to_have_value("16,100")
    walker.fill("Your income a week", "310.00")
    walker.click("Work it out")
    walker.sees("Not verified.")
    walker.sees("Minimum income guarantee, single, State Pension age, a week")

    walker.click("All self-checks")
    walker.click("What would my money buy?")
    walker.select("Which kind of help?", "Help at home: Home care by the hour")
    walker.fill("How much money is there?", "120")
    walker.click("Show what that comes to")
    walker.heading(re.compile("£120.00 a week is about"))
    walker.measures = False
    walker.click(re.compile("^See all of"))
    walker.sees("Home care by the hour")


@NO_TABLE
@pytest.mark.no_javascript
def test_somebody_writes_down_needs_saves_them_and_brings_them_back_without_scripts(
    walker: Walker, tmp_path: Path
) -> None:
    walker.go("/tools/needs")
    walker.fill("Who is this about? (optional)", "Ida")
    walker.fill("How do you manage shopping, meals and drinks?", "My son brings soup on Sundays")
    with walker.page.expect_download() as saving:
        walker.page.get_by_role("button", name="Save it to a file").click()
    saving.value.save_as(tmp_path / "needs.txt")

    walker.go("/tools/needs")
    walker.page.locator("details summary").click()
    walker.page.get_by_label("Choose the file that you saved here").set_input_files(tmp_path / "needs.txt")
    walker.click("Open it")
    expect(walker.page.get_by_label("How do you manage shopping, meals and drinks?")).to_have_value(
        "My son brings soup on Sundays"
    )
    walker.click("Set it out for printing")
    walker.heading("What Ida needs, in their own words")
    walker.click("Go on writing")
    expect(walker.page.get_by_label("Who is this about? (optional)")).to_have_value("Ida")
    walker.click("Set it out for printing")
    walker.page.emulate_media(media="print")
    walker.sees("My son brings soup on Sundays")
    walker.sees("This is not a decision and carries no legal weight.")
    for hidden in ("Go on writing", "Save it to a file"):
        expect(walker.page.get_by_role("button", name=hidden, include_hidden=True)).to_be_hidden()
    expect(walker.page.get_by_role("navigation", include_hidden=True).first).to_be_hidden()


@pytest.mark.trial
def test_a_council_officer_sets_a_table_and_people_are_shown_it(walker: Walker) -> None:
    walker.be("council-finance")
    walker.menu("Self-checks")
    walker.click("Set a table")
    walker.fill("Points and pounds", "0,0\n10,not money")
    walker.click("Look at it")
    walker.sees("Row 2: “not money” is no amount in pounds")
    walker.fill("Points and pounds", "Points,Pounds\n0,0\n10,75.00")
    walker.click("Look at it")
    walker.sees("What people will see")
    walker.click("Use this table")
    walker.sees(re.compile(r"Version \d+ of the table is set"))
    walker.go("/tools/budget")
    walker.fill("Postcode (optional)", "DL3 7TX")
    walker.click("Start", exact=True)
    walker.sees(re.compile("By the table of Darlington"))
