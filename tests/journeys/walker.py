"""Walks through the site the way a person does, and looks at every page on the way.

On each page: nothing in the console; and where the walk measures, no violation of axe-core's WCAG 2.2 AA rules and
nothing wider than 320 pixels.
"""

import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Walker:
    """One browser window. `measured` are the kinds of pages that others have measured, and it adds to them."""

    def __init__(self, page: Page, home: str, *, measures: bool = True, measured: set[str] | None = None) -> None:
        self.page = page
        self.home = home
        self.measures = measures
        self.measured = set() if measured is None else measured
        self.console: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.console.append(str(error)))

    def start(self) -> None:
        """The start page, from which every journey goes by clicking."""
        self.page.goto(self.home + "/")
        self.look()

    def be(self, role: str) -> None:
        """From the start page, become somebody of the demo."""
        self.start()
        self.page.get_by_role("link", name="Be somebody else").click()
        self.look()
        self.page.locator(f'form:has(input[name="role"][value="{role}"]) button').first.click()
        self.look()

    def click(self, name: str | re.Pattern[str], *, exact: bool = False, nth: int = 0) -> None:
        """Press the link or button with these words, in the page itself before its menus; look at what comes."""
        main = self.page.locator("main")
        found = main.get_by_role("link", name=name, exact=exact).or_(main.get_by_role("button", name=name, exact=exact))
        if found.count() == 0:
            found = self.page.get_by_role("link", name=name, exact=exact).or_(
                self.page.get_by_role("button", name=name, exact=exact)
            )
        target = found.nth(nth)
        target.scroll_into_view_if_needed()
        target.click()
        self.look()

    def fill(self, label: str | re.Pattern[str], text: str, *, exact: bool = False) -> None:
        """Type into the field with this label."""
        self.page.get_by_label(label, exact=exact).first.fill(text)

    def choose(self, label: str | re.Pattern[str], *, exact: bool = False) -> None:
        """Tick the box or the round button with this label."""
        self.page.get_by_label(label, exact=exact).first.check()

    def select(self, label: str | re.Pattern[str], option: str) -> None:
        """Choose from the list with this label."""
        self.page.get_by_label(label).first.select_option(label=option)

    def sees(self, words: str | re.Pattern[str]) -> Locator:
        """The words are on the page; answers where."""
        place = self.page.get_by_text(words).first
        expect(place).to_be_visible()
        return place

    def menu(self, name: str) -> None:
        """Open a page by the main menu."""
        self.page.get_by_role("navigation").get_by_role("link", name=name, exact=True).first.click()
        self.look()

    def find(self, what: str, *, where: str = "DL3 7TX") -> None:
        """From the start page, look for help and open the first listing of this very name."""
        self.start()
        self.fill("What would help?", what)
        self.fill("Where?", where)
        self.click("Find help")
        self.open(what)

    def address_of(self, name: str) -> str:
        """Where a link leads, as somebody would keep it to come back later."""
        href = self.page.get_by_role("link", name=name).first.get_attribute("href")
        assert href
        return href

    def reference(self, among: str) -> str:
        """The reference of the order in the part of the page that speaks of `among`."""
        part = self.page.locator("main section").filter(has_text=among).filter(has_text="Reference").first
        found = re.search(r"Reference\s+([0-9A-Z]{4}-[0-9A-Z]{4})", part.inner_text())
        assert found, part.inner_text()
        return found[1]

    def open_item(self, words: str) -> None:
        """Open the entry of a list that has these words in it, such as an order by its reference."""
        self.page.locator("main li, main tr").filter(has_text=words).first.get_by_role("link").first.click()
        self.look()

    def row(self, words: str) -> Locator:
        """The row of a table that has these words in it."""
        return self.page.locator("main tr").filter(has_text=words).first

    def go(self, address: str) -> None:
        """Come back to an address that was kept."""
        self.page.goto(self.home + address)
        self.look()

    def until(self, words: str) -> None:
        """The worker does its part within seconds: look again until the page says so."""
        for _ in range(40):
            if self.page.get_by_text(words).first.is_visible():
                return
            time.sleep(0.5)
            self.page.reload()
        self.sees(words)

    def empty_basket(self) -> None:
        """Take everything out of the basket of whoever is signed in."""
        self.page.goto(self.home + "/basket")
        while self.page.get_by_role("button", name=re.compile("^Take it out")).count():
            self.page.get_by_role("button", name=re.compile("^Take it out")).first.click()
            self.page.wait_for_load_state("load")

    def open(self, name: str) -> None:
        """Open the card or the row with this name, not a filter that speaks of it."""
        self.page.locator("main").get_by_role("link", name=name, exact=True).first.click()
        self.look()

    def pay_card(self, number: str) -> None:
        """Type a card into the hosted page and send it."""
        self.fill("Card number", number)
        self.fill("Expiry date", "12 / 30")
        self.fill("Security code", "123")
        name = self.page.get_by_label("Name on card")
        if name.count():
            name.fill("E Fairweather")
        self.click("Save card")

    def heading(self, words: str | re.Pattern[str]) -> None:
        """The page's main heading says this."""
        expect(self.page.get_by_role("heading", level=1).first).to_contain_text(words)

    def look(self) -> None:
        """Check the page that is shown now; pages of one address and title, errors apart, are measured once for all."""
        self.page.wait_for_load_state("load")
        expect(self.page, f"{self.page.url} has no title").to_have_title(re.compile(r"\S"))
        title = self.page.title()
        assert not self.console, f"console on {self.page.url}: {self.console}"
        kind = re.sub(r"\d+", "#", f"{self.page.url.split('?')[0]}|{title}")
        if kind in self.measured or not self.measures:
            return
        self.measured.add(kind)
        self._fits(320)
        self._axe()

    def finish(self) -> None:
        assert not self.console, self.console

    def _fits(self, width: int) -> None:
        size = self.page.viewport_size
        assert size is not None
        self.page.set_viewport_size({"width": width, "height": 800})
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        self.page.set_viewport_size(size)
        assert wide <= width, f"{self.page.url} scrolls sideways at {width} px: {wide} px wide"

    def _axe(self) -> None:
        self.page.evaluate(AXE)
        result: dict[str, Any] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
        )
        faults = [
            f"{found['id']}: {found['help']} at {[node['target'] for node in found['nodes']][:3]}"
            for found in result["violations"]
        ]
        assert not faults, f"{self.page.url}: {faults}"

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.console.append(f"{message.type}: {message.text}")
