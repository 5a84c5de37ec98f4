"""Walks through the site the way a person does, and looks at every page on the way.

On each page: no violation of axe-core's WCAG 2.2 AA rules, nothing in the console, nothing wider than 320 pixels.
"""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Walker:
    """One browser window."""

    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.home = home
        self.console: list[str] = []
        self.seen: set[str] = set()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.console.append(str(error)))

    def start(self) -> None:
        """The start page, from which every journey goes by clicking."""
        self.page.goto(self.home + "/")
        self.look()

    def be(self, role: str) -> None:
        """Become somebody of the demo, by the button on /demo."""
        self.page.goto(self.home + "/demo")
        self.look()
        self.page.locator(f'form:has(input[name="role"][value="{role}"]) button').first.click()
        self.look()

    def click(self, name: str | re.Pattern[str], *, exact: bool = False, nth: int = 0) -> None:
        """Press the link or the button with these words, then look at the page that comes."""
        link = self.page.get_by_role("link", name=name, exact=exact)
        button = self.page.get_by_role("button", name=name, exact=exact)
        target = link.or_(button).nth(nth)
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

    def heading(self, words: str | re.Pattern[str]) -> None:
        """The page's main heading says this."""
        expect(self.page.get_by_role("heading", level=1).first).to_contain_text(words)

    def look(self) -> None:
        """Check the page that is shown now; the same kind of page is checked by axe once per journey."""
        self.page.wait_for_load_state("load")
        kind = re.sub(r"\d+", "#", self.page.url.split("?")[0]) + "|" + (self.page.title() or "")
        assert self.page.title(), f"{self.page.url} has no title"
        assert not self.console, f"console on {self.page.url}: {self.console}"
        if kind in self.seen:
            return
        self.seen.add(kind)
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
