"""A council officer loads budgets from a CSV with two bad rows: looks, confirms, and takes the refused rows home."""

import re
from datetime import timedelta

from playwright.sync_api import expect

from marketplace.kernel import clock
from tests.bacs import parse
from tests.journeys.walker import Walker


def _file() -> bytes:
    start = clock.today()
    dates = f"{start:%d/%m/%Y},{start + timedelta(days=364):%d/%m/%Y}"
    mark = clock.now().strftime("%H%M%S")
    return "\r\n".join(
        (
            "reference,person_reference,name,rail,amount,starts_on,ends_on,pot",
            f"PB-J{mark}-1,J{mark}-1,Clarice Thistlewood,council_managed,2600.00,{dates},Support",
            f"PB-J{mark}-2,J{mark}-2,Edmund Sparrowhawk,direct_payment,lots,{dates},Support",
            f"PB-J{mark}-3,J{mark}-3,Florence Quickthorn,council_managed,1450.50,{dates},Respite",
            f"PB-J{mark}-4,J{mark}-4,Horace Bramblecote,cheque,900.00,{dates},Support",
        )
    ).encode()


def test_two_bad_rows_are_refused_with_reasons_and_the_others_are_taken(walker: Walker) -> None:
    walker.be("council-finance")
    walker.menu("Budgets")
    walker.click("Load a file of budgets")
    walker.click("Look at what it would do")
    walker.sees("Choose a CSV file")
    walker.page.get_by_label("CSV file").set_input_files(
        {"name": "budgets.csv", "mimeType": "text/csv", "buffer": _file()}
    )
    walker.click("Look at what it would do")
    walker.heading("budgets.csv")
    walker.sees("Nothing is changed yet.")
    walker.sees("£4,050.50")
    walker.sees("2 rows were refused")
    walker.sees("amount is not an amount in pounds: write it like 5200.00.")
    walker.sees("rail is none of direct_payment, council_managed or isf: write one of these.")
    walker.fill("How many rows does your system say it exported?", "5")
    walker.fill("What do their amounts sum to?", "4,950.50")
    walker.click("Take 2 good rows")
    walker.sees("This file has 4 rows, not 5. Export it again, or check the number.")
    walker.fill("How many rows does your system say it exported?", "4")
    walker.click("Take 2 good rows")
    walker.sees("The good rows are in.")
    walker.sees("2 rows were refused")
    with walker.page.expect_download() as download:
        walker.page.get_by_role("link", name="Download the refused rows (CSV)").click()
    refused = download.value.path().read_text(encoding="utf-8-sig")
    assert "Edmund Sparrowhawk" in refused
    assert "Horace Bramblecote" in refused
    assert "Clarice Thistlewood" not in refused
    walker.menu("Budgets")
    walker.fill("Name or reference", "Clarice Thistlewood")
    walker.click("Show", exact=True)
    walker.sees("£2,600.00")
    walker.fill("Name or reference", "Horace Bramblecote")
    walker.click("Show", exact=True)
    expect(walker.sees("No budgets found")).to_be_visible()


def test_a_run_is_looked_at_its_files_are_fetched_and_the_journal_needs_its_cost_code(walker: Walker) -> None:
    walker.be("council-finance")
    walker.menu("Settlement")
    walker.click("See where each is paid")
    walker.sees("asked on")  # the provider that changed its account yesterday
    walker.sees("99-99-")
    walker.click("Settlement", exact=True)
    walker.click("Money given back to budgets")
    walker.sees(re.compile("waits for the next payment run"))
    walker.click("Settlement", exact=True)
    walker.click("How runs are paid and booked")
    walker.sees("640217")
    walker.click("Change the journal")
    walker.select("Column 3", "Nothing")
    walker.fill("Heading of column 1", "Batch number")
    walker.click("Book runs like this")
    walker.sees("The journal needs a column for the cost code")
    assert walker.page.get_by_label("Heading of column 1", exact=True).input_value() == "Batch number"
    walker.menu("Settlement")
    own = walker.page.locator("main tbody tr").filter(has_text="Sent").filter(has_text="Darlington")
    own.first.get_by_role("link").first.click()
    walker.look()
    with walker.page.expect_download() as bacs:
        walker.page.get_by_role("link", name="BACS file for the bank").click()
    paid = parse(bacs.value.path().read_bytes().decode("ascii"))
    assert paid.service_user_number == "640217"
    assert len(paid.credits) > 1
    with walker.page.expect_download() as journal:
        walker.page.get_by_role("link", name="Journal (CSV)").click()
    assert "GL code" in journal.value.path().read_text(encoding="utf-8-sig").splitlines()[0]
    walker.page.locator("main tbody th a").first.click()
    walker.look()
    with walker.page.expect_download() as remittance:
        walker.page.get_by_role("link", name="Download to keep (PDF)").click()
    assert remittance.value.path().read_bytes().startswith(b"%PDF-")
