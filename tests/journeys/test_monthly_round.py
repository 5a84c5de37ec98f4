"""A broker's monthly round over eighty people: who needs what today, last month once more, everybody's statements."""

import io
import re
import time
import zipfile

import pytest
from playwright.sync_api import expect

from tests.journeys.walker import Walker

PEOPLE = 80
ZIP_SECONDS = 60
"""Much more than it takes, because tests share the machine: it finds a hang, not a slow day."""


def _press_to(walker: Walker, name: str, at_most: int) -> None:
    """Go on by Tab alone until the link or button with these words has the focus."""
    for _ in range(at_most):
        walker.page.keyboard.press("Tab")
        focused = walker.page.evaluate(
            "(document.activeElement.innerText || document.activeElement.value || '').trim()"
        )
        if focused == name:
            return
    raise AssertionError(f"the keyboard does not come to {name}")


def _by_keyboard(walker: Walker, name: str, *, at_most: int = 60) -> None:
    _press_to(walker, name, at_most)
    with walker.page.expect_navigation():
        walker.page.keyboard.press("Enter")
    walker.look()


@pytest.mark.trial
def test_a_month_for_eighty_people_ends_with_a_report_and_everybodys_statements(walker: Walker) -> None:
    page = walker.page
    walker.be("broker")
    walker.menu("Caseload")
    walker.sees(f"{PEOPLE} people.")
    walker.click(re.compile(r"^Nothing bought for 4 weeks"))
    quiet = page.locator("main .app-case").count()
    assert 0 < quiet < PEOPLE
    walker.click("Show everybody")
    _by_keyboard(walker, "What needs doing today")
    expect(page.locator("main h2").first).to_be_visible()
    walker.click("Caseload", exact=True)
    _by_keyboard(walker, "Order again what was ordered last month")
    boxes = page.locator("main").get_by_role("checkbox")
    wanted = page.locator("main").get_by_role("checkbox", checked=True).count()
    assert wanted > 10
    boxes.first.focus()
    page.keyboard.press("Space")  # one of them not, by the keyboard
    assert page.locator("main").get_by_role("checkbox", checked=True).count() == wanted - 1
    _by_keyboard(walker, "Look at the list before ordering", at_most=200)
    walker.sees(re.compile(rf"{wanted - 1} orders for \d+ people"))
    walker.click(re.compile(r"^Order for \d+ people"))
    for _ in range(40):
        if not page.get_by_text("still to go").count():
            break
        time.sleep(0.5)
        page.reload()
    walker.look()
    report = walker.sees(re.compile(r"^Ordered: \d+\.")).inner_text()
    counts = [int(number) for number in re.findall(r": (\d+)\.", report)]
    assert sum(counts) == wanted - 1 and counts[0] > 0, report
    expect(page.get_by_role("link", name="Download this report (CSV)")).to_be_visible()
    walker.menu("Caseload")
    walker.click("Statements of everybody")
    walker.sees(f"{PEOPLE} people.")
    href = page.get_by_role("button", name="Take all of them home (ZIP)").get_attribute("href")
    began = time.monotonic()
    answer = page.request.get(f"{walker.home}{href}", timeout=ZIP_SECONDS * 1000)
    assert answer.ok and time.monotonic() - began < ZIP_SECONDS
    names = zipfile.ZipFile(io.BytesIO(answer.body())).namelist()
    assert len(names) == 1 + 3 * PEOPLE
