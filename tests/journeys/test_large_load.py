"""A council officer loads 5,000 budgets of which 20 rows are wrong: takes the good ones, mends and loads the rest."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from marketplace.kernel import clock
from tests.journeys.walker import Walker

pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True, scope="session")
"""What differs between the databases is tested without a browser."""
ROWS, WRONG, PENCE = 5_000, 20, 1_200_00
HEADINGS = ("reference", "person_reference", "name", "rail", "amount", "starts_on", "ends_on", "pot")


def _rows(mark: str) -> list[list[str]]:
    start = clock.today()
    last = start + timedelta(days=364)
    return [
        [
            f"PB-{mark}-{number}",
            f"{mark}-{number}",
            f"Quarto Volumes {number}",
            "council_managed",
            f"{PENCE // 100}.00",
            f"{start:%d/%m/%Y}",
            f"{last:%d/%m/%Y}",
            "Support",
        ]
        for number in range(ROWS)
    ]


def _spoil(rows: list[list[str]]) -> None:
    """Twenty rows, each wrong in one of five ways."""
    yesterday = clock.today() - timedelta(days=1)
    before = yesterday - timedelta(days=364)
    for number in range(WRONG):
        row = rows[100 + 200 * number]
        match number % 5:
            case 0:
                row[4] = "1200.005"
            case 1:
                row[4] = "-1200.00"
            case 2:
                row[5], row[6] = row[6], row[5]
            case 3:
                row[5], row[6] = f"{before:%d/%m/%Y}", f"{yesterday:%d/%m/%Y}"
            case _:
                row[3] = "cheque"


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADINGS, *rows])
    return out.getvalue().encode()


def _choose(walker: Walker, name: str, content: bytes) -> None:
    walker.menu("Budgets")
    walker.click("Load a file of budgets")
    walker.page.get_by_label("CSV file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    walker.click("Look at what it would do")


def _wait(walker: Walker, words: str | re.Pattern[str]) -> None:
    """The worker does a long file; its page looks again by itself."""
    expect(walker.page.get_by_text(words).first).to_be_visible(timeout=120_000)


@pytest.mark.trial
def test_5000_budgets_with_20_wrong_rows_are_all_in_at_the_end(walker: Walker) -> None:
    mark = f"V{clock.now():%H%M%S}"
    right, wrong = _rows(mark), _rows(mark)
    _spoil(wrong)
    walker.be("council-finance")
    _choose(walker, "all.csv", _csv(wrong))
    _wait(walker, f"{WRONG} rows were refused")
    walker.sees(f"{WRONG} rows were refused")
    for words in ("parts of a penny", "below £0.00", "ends_on is before starts_on", "is closed", "rail is none of"):
        walker.sees(re.compile(words))
    walker.fill("How many rows does your system say it exported?", f"{ROWS}")
    walker.fill("What do their amounts sum to?", f"{sum(Decimal(row[4]) for row in wrong):.2f}")
    walker.click(f"Take {ROWS - WRONG:,} good rows")
    _wait(walker, re.compile("^Loaded "))
    with walker.page.expect_download() as download:
        walker.page.get_by_role("link", name="Download the refused rows (CSV)").click()
    refused = list(csv.DictReader(download.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert len(refused) == WRONG
    numbers = {row["reference"]: row for row in refused}
    mended = [row for row in right if row[0] in numbers]
    assert len(mended) == WRONG

    _choose(walker, "mended.csv", _csv(mended))
    walker.sees("Nothing is changed yet.")
    expect(walker.page.get_by_text("rows were refused")).to_have_count(0)
    walker.fill("How many rows does your system say it exported?", f"{WRONG}")
    walker.fill("What do their amounts sum to?", f"{WRONG * PENCE // 100}.00")
    walker.click(f"Take {WRONG} good rows")
    _wait(walker, re.compile("^Loaded "))
    walker.menu("Budgets")
    walker.fill("Name or reference", "Quarto Volumes 4999")
    walker.click("Show", exact=True)
    walker.sees("£1,200.00")
    walker.fill("Name or reference", "Quarto Volumes 100")
    walker.click("Show", exact=True)
    walker.sees("£1,200.00")
