"""Pages that few open and no other journey does, each as it is and with an error: measured like all the rest."""

import re
from base64 import b32decode
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import expect
from pypdf import PdfReader

from marketplace.kernel import clock
from tests.journeys.walker import Walker

pytestmark = [pytest.mark.trial, pytest.mark.parametrize("site", ["sqlite"], indirect=True, scope="session")]
LONG = "😀 <b>long</b> " * 700


def wrong(walker: Walker, button: str, words: str) -> None:
    """Press the button; the page says what is wrong on top and beside its field, and measures well."""
    walker.click(button)
    summary = walker.page.locator(".govuk-error-summary")
    expect(summary).to_contain_text(words)
    expect(walker.page.locator(".govuk-error-message").filter(has_text=words).first).to_be_visible()
    expect(walker.page).to_have_title(re.compile("^Error: "))
    for link in summary.get_by_role("link").all():
        target = link.get_attribute("href") or ""
        expect(walker.page.locator(target)).to_have_count(1)


def test_codes_of_an_app_and_by_email(walker: Walker) -> None:
    walker.be("dp-holder")
    walker.go("/account/codes")
    walker.click("Use an app")
    key = walker.page.locator("strong.app-reference").inner_text().replace(" ", "")
    walker.fill("The 6-digit code", "000000")
    wrong(walker, "Use this app from now on", "That code is not right")
    assert walker.page.locator("strong.app-reference").inner_text().replace(" ", "") == key
    code = TOTP(b32decode(key + "=" * (-len(key) % 8)), 6, SHA1(), 30).generate(int(clock.now().timestamp()))
    walker.fill("The 6-digit code", code.decode())
    walker.click("Use this app from now on")
    walker.heading("Your recovery codes")
    walker.click("I have kept them")
    walker.sees("10 recovery codes left")
    walker.go("/account/confirm?next=/account/codes")
    wrong(walker, "Go on", "Enter the code")
    walker.go("/account/codes")
    walker.click("Make new recovery codes")
    walker.click("I have kept them")
    walker.click("Take the app off")
    walker.go("/account/confirm?next=/account/codes")
    walker.click("Send me a code")
    walker.fill("Code", "12345", exact=True)
    wrong(walker, "Go on", "That code is not right")


def test_whoever_moves_house_hears_whom_to_ring_or_which_council_it_is(walker: Walker) -> None:
    walker.be("dp-holder")
    walker.go("/account/where-you-live")
    walker.fill("Postcode", "DL3")
    wrong(walker, "Save", "Enter a postcode, like DL3 7TX")
    walker.fill("Address", "7 Teasel Bank")
    walker.fill("Postcode", "YO1 7HH")
    wrong(walker, "Save", "Ring Darlington Borough Council on")
    walker.be("self-funder")
    walker.go("/account/where-you-live")
    walker.fill("Address", "7 Teasel Bank")
    walker.fill("Postcode", "YO1 7HH")
    walker.click("Save")
    walker.sees("YO1 7HH belongs to City of York Council")


def test_letters_on_paper_are_printed_in_one_go(walker: Walker) -> None:
    walker.be("nominated-person")
    walker.click("Albert Oakenfold")
    walker.click("Letters to print for")
    walker.click("to print in one go")
    letters = walker.page.locator(".app-letter")
    expect(letters.first).to_contain_text("Albert Oakenfold")
    count = letters.count()
    assert count > 1
    assert len(PdfReader(BytesIO(walker.page.pdf(format="A4"))).pages) == count, "each on a page of its own"


def test_payees_of_a_direct_payment_and_rules_for_one_person(walker: Walker) -> None:
    walker.be("nominated-person")
    walker.click("Albert Oakenfold")
    person = re.search(r"/people/(\d+)", walker.page.url)
    assert person
    walker.go(f"/budgets/{person[1]}/payees")
    walker.click(re.compile("^This has changed"))
    walker.sees("You are acting for")
    walker.go(f"/people/{person[1]}/rules")
    walker.click("Question this rule")
    walker.fill("What do you want to ask", LONG)
    wrong(walker, "Send this to the council", "Use 2,000 characters or fewer")
    assert walker.page.get_by_label("What do you want to ask").input_value().startswith("😀 <b>long</b>")
    walker.fill("What do you want to ask", "Who decided this?")
    walker.click("Send this to the council")
    walker.sees("The council has not answered yet.")
    walker.go(f"/people/{person[1]}/requests")
    walker.be("social-worker")
    walker.go("/council/rules")
    walker.click("Albert Oakenfold")
    wrong(walker, "Send this answer", "Write the answer to the person")
    wrong(walker, "It stays", "Say what was looked at")
    wrong(walker, "End it now", "Say why, so that the next person knows")


def test_stand_ins_of_a_team_and_a_hand_over(walker: Walker) -> None:
    walker.be("team-lead")
    walker.page.get_by_label("Whose people").select_option(label="Priya Lanternlight")
    walker.click("Show")
    wrong(walker, "Name the colleague", "Choose a colleague")
    walker.page.get_by_label("Who acts instead?").select_option(label="Bryony Candlewick")
    walker.choose("For good")
    walker.fill("Why?", "Priya has another job")
    for box in walker.page.get_by_role("checkbox").all():
        box.uncheck()
    wrong(walker, "Name the colleague", "Choose at least one person")
    walker.choose("Only for some days, as a stand-in")
    walker.page.get_by_role("checkbox").first.check()
    wrong(walker, "Name the colleague", "Enter the first day")
    walker.be("budget-manager")
    walker.menu("Caseload")
    walker.click("Ferdinand Mosslight")
    person = re.search(r"/people/(\d+)", walker.page.url)
    assert person
    walker.go(f"/people/{person[1]}/hand-over")
    wrong(walker, "Ask for it", "Choose for how long")
    walker.choose("I hand over for good")
    walker.fill("Email address", "bryony@demo.example")
    walker.fill("What do they have to know?", "She likes her tea strong")
    walker.click("Ask for it")
    walker.be("social-worker")
    walker.go("/approvals")
    walker.click("Bryony Candlewick for Ferdinand Mosslight")
    wrong(walker, "Write it down for a second officer", "Choose how it was given")
    walker.click("No, leave everything as it is")
    walker.sees("Everything stays as it is.")


def test_columns_of_files_and_two_records_of_one_person(walker: Walker) -> None:
    walker.be("council-finance")
    walker.go("/council/budgets/load")
    wrong(walker, "Look at what it would do", "Choose")
    file = {"name": "ours.csv", "mimeType": "text/csv", "buffer": b"Agreement,Client,Money,To,From,Who\n1,2,3,4,5,6\n"}
    walker.page.get_by_label("CSV file").set_input_files(file)
    walker.click("Look at what it would do")
    walker.heading("Which column is which?")
    wrong(walker, "Read our files like this", "Choose the column for “Your reference of the budget”")
    walker.go("/council/spending/columns")
    walker.fill("Heading of column 1", "date", exact=True)
    wrong(walker, "Make our files like this", "Two columns are headed “date”")
    walker.go("/council/settlement/settings/journal")
    walker.fill("Code of the levy", "")
    wrong(walker, "Book runs like this", "Enter the code of the levy")
    walker.go("/council/people/merge")
    wrong(walker, "Ask a colleague to agree", "Enter the reference of the record that stays")


def test_the_record_samples_and_rules_as_an_auditor_reads_them(walker: Walker) -> None:
    walker.be("auditor")
    walker.go("/council/record?person=C-404&who=nobody@example.org&day=soon")
    for words in ("There is nobody with this reference", "Nobody with this email address", "Choose a day"):
        expect(walker.page.locator(".govuk-error-summary")).to_contain_text(words)
    walker.go("/council/record")
    walker.click(re.compile(r"^order [0-9A-Z]{4}-"))
    walker.go("/council/samples")
    wrong(walker, "Draw the sample", "Say what this sample is for")
    walker.go("/council/rules")
    walker.click("Albert Oakenfold")


def test_a_fee_that_was_invoiced_wrongly_is_credited(walker: Walker) -> None:
    walker.be("operator")
    walker.go("/desk/councils")
    walker.go(walker.page.locator("main a[href$='/fee']").first.get_attribute("href") or "")
    walker.click(re.compile("^Credit"))
    wrong(walker, "Credit this invoice", "Say what was wrong with it")
    walker.fill("What was wrong with it?", LONG)
    wrong(walker, "Credit this invoice", "Use 200 characters or fewer")
    walker.go("/desk/levy/issuer")
    walker.fill("Name", "")
    wrong(walker, "Let a colleague confirm it", "Enter the name")
