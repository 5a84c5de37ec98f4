"""A commissioner reads what their council bought: charts beside tables, small groups in words, and takes it as CSV."""

import csv
from datetime import timedelta

from playwright.sync_api import expect

from marketplace.kernel import clock
from marketplace.reports.domain import Period
from marketplace.reports.findings import period_words
from marketplace.ui.filters import month_name
from tests.journeys.walker import Walker

HIDDEN = "fewer than 5 or protected"
TABLES = ("By kind of help", "By month", "By area", "By way of paying", "By provider")
Rows = list[list[str]]


def _names_of_people(walker: Walker) -> list[str]:
    """Twelve people whose care is in the report, as their Budget Manager knows them."""
    walker.be("budget-manager")
    names = walker.page.locator("main .app-case__name").all_inner_texts()
    assert len(names) == 12
    return names


def _table(walker: Walker, caption: str) -> Rows:
    """What stands in the table on the page, its totals last, spelt as a CSV file spells it."""
    table = walker.page.get_by_role("table", name=caption, exact=True)
    expect(table).to_be_visible()
    rows = [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr, tfoot tr").all()]
    return [
        [row[0], *(figure.replace("£", "").replace(",", "") for figure in row[1:]), *[HIDDEN] * (4 - len(row))]
        for row in rows
    ]


def _file_says_what_the_page_shows(walker: Walker, caption: str) -> Rows:
    """The CSV file under a table has its rows and its totals, and the rows come to the total where none is hidden."""
    with walker.page.expect_download() as download:
        walker.page.get_by_role("link", name=f"{caption} as a CSV file").click()
    rows = list(csv.reader(download.value.path().read_text(encoding="utf-8-sig").splitlines()))[1:]
    assert rows == _table(walker, caption)
    *parts, whole = (row[1].replace(".", "") for row in rows)
    if whole != HIDDEN:
        shown = sum(int(part) for part in parts if part != HIDDEN)
        assert shown < int(whole) if HIDDEN in parts else shown == int(whole)
    return rows


def _narrow(walker: Walker, box: str, option: str) -> None:
    walker.select(box, option)
    walker.click("Show", exact=True)
    expect(walker.page.get_by_label(box).locator("option:checked")).to_have_text(option)


def test_a_report_is_narrowed_and_its_files_say_what_the_page_shows(walker: Walker) -> None:
    names = _names_of_people(walker)
    then = clock.today() - timedelta(days=120)
    walker.be("commissioner")
    walker.menu("Reports")
    walker.heading("What was bought in Darlington")
    _narrow(walker, "When", period_words(Period.of_day(then)))
    walker.sees("What is about fewer than 5 people is hidden, and so is what would give it away.")
    for drawing in walker.page.locator("main figure").all():
        expect(drawing.get_by_role("img").first).to_be_visible()
        expect(drawing.get_by_role("table")).to_be_visible()
    kinds, *others = (_file_says_what_the_page_shows(walker, caption) for caption in TABLES)
    assert HIDDEN in {row[1] for row in kinds}
    seen = walker.page.locator("main").inner_text() + str([kinds, others])
    assert not [name for name in names if name in seen]

    _narrow(walker, "Kind of help", kinds[0][0])
    assert _file_says_what_the_page_shows(walker, "By month")[-1] == ["In all", *kinds[0][1:]]
    _narrow(walker, "Area", "DL1")
    walker.sees("Narrowed to this much, some groups are about fewer than 5 people")
    walker.click("How these figures are made")
    walker.sees("No figure is about fewer than 5 people.")

    walker.menu("Reports")
    _narrow(walker, "When", period_words(Period.of_day(then)))
    _narrow(walker, "When", month_name(then))
    _file_says_what_the_page_shows(walker, "By kind of help")
