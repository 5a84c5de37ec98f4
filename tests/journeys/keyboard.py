"""Goes through pages with the keys alone: Tab to what is named, then Enter, Space or letters. No mouse, no script.

What the keys reach has to show that it is reached: a focus that nobody sees is as good as none.
"""

import re

from tests.journeys.walker import Walker

MOST_TABS = 300
_NAME = """() => {
  const at = document.activeElement;
  const label = at.labels && at.labels.length ? at.labels[0].innerText : "";
  return (at.getAttribute("aria-label") || label || at.innerText || at.value || "").replace(/\\s+/g, " ").trim();
}"""
_SHOWS = """() => {
  const at = document.activeElement;
  const style = window.getComputedStyle(at);
  const beside = at.labels && at.labels.length ? window.getComputedStyle(at.labels[0], "::before") : style;
  const seen = each => each.outlineStyle !== "none" || each.boxShadow !== "none" || each.borderWidth === "4px";
  return seen(style) || seen(beside);
}"""


class Keys:
    """The keys of a walker's keyboard."""

    def __init__(self, walker: Walker) -> None:
        self.walker, self.page = walker, walker.page

    def tab_to(self, name: str | re.Pattern[str]) -> None:
        """Press Tab until what is named has the focus, and see that it shows."""
        wanted = re.compile(f"^{re.escape(name)}") if isinstance(name, str) else name
        met = []
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            met.append(str(self.page.evaluate(_NAME)))
            if wanted.search(met[-1]):
                assert self.page.evaluate(_SHOWS), f"{met[-1]} does not show that it has the focus"
                return
        raise AssertionError(f"no key leads to {wanted.pattern} on {self.page.url}, only to {list(dict.fromkeys(met))}")

    def press(self, name: str | re.Pattern[str]) -> None:
        """Tab to a link or a button, and press Enter; look at what comes."""
        self.tab_to(name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.walker.look()

    def type(self, label: str | re.Pattern[str], text: str) -> None:
        """Tab to a field, and type over what stands in it."""
        self.tab_to(label)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, label: str, *, among: str) -> None:
        """Tab to the round buttons of which `among` is the first, and go down to one of them."""
        self.tab_to(among)
        self.page.keyboard.press("Space")
        for _ in range(20):
            if str(self.page.evaluate(_NAME)).startswith(label):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {label} on {self.page.url}")
