"""A social worker and a person with one tablet, by keys alone: consent, own words, what helps, the order, a copy."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.journeys.keyboard import Keys
from tests.journeys.walker import Walker

PERSON, NAME = "Zebedee Marshmallow", "Zebedee"
WORDS = "I want to hear the brass band again, and not from a box"
LEAST_TARGET = 44  # CSS pixels: WCAG 2.2, 2.5.5


def _is_easy_to_hit(walker: Walker) -> None:
    """Everything to press in the page itself is large enough for a finger that shakes."""
    for target in walker.page.locator("main").locator("button, .govuk-button, .govuk-radios__item").all():
        if target.is_visible():
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= LEAST_TARGET, (walker.page.url, target.inner_text(), box)


def test_a_social_worker_and_a_person_shop_together_on_a_tablet(walker: Walker, tmp_path: Path) -> None:
    page, keys = walker.page, Keys(walker)
    page.set_viewport_size({"width": 768, "height": 1024})
    walker.be("social-worker")
    keys.press("Caseload")
    keys.press(PERSON)
    keys.press(f"Plan together with {NAME}")
    walker.heading(f"Is {NAME} here, and happy to plan together?")
    _is_easy_to_hit(walker)
    keys.press("Begin")  # an answer is missing
    walker.sees("Choose how they agreed")
    keys.choose("They said so, here", among="They said so, here")
    keys.type("What they said", "Go on then")
    keys.press("Begin")
    walker.heading(f"What matters to {NAME}?")
    _is_easy_to_hit(walker)
    keys.type("What should be different?", WORDS)
    keys.press("Keep this, and add another")
    walker.sees(f"“{WORDS}”")
    keys.press("Go on")
    walker.heading("What helps with this already")
    _is_easy_to_hit(walker)
    keys.type("Who helps, with what, and when?", "My neighbour drives me home on Fridays")
    keys.choose("A neighbour or a friend", among="What the person does themself")
    keys.press("Go on")
    walker.heading("Shall we look for more help with this?")
    walker.sees("My neighbour drives me home on Fridays")
    _is_easy_to_hit(walker)
    keys.press("Yes, look for what is near")
    keys.press(re.compile(f"^Put in {NAME}.s basket"))
    walker.heading(f"Basket for {PERSON}")
    keys.press("Go on to order")
    walker.heading(f"Is this for {PERSON}?")
    keys.press("Yes, go on")
    walker.heading(f"Check and order for {PERSON}")
    keys.press(f"Place order for {PERSON}")
    walker.heading(f"Ordered for {PERSON}")
    page.set_viewport_size({"width": 375, "height": 800})
    keys.press("Back to planning together")
    walker.heading(f"What {NAME} and Sadie Workwell planned")
    for words in (WORDS, "My neighbour drives me home on Fridays", "Ordered today", "who was there and agreed"):
        walker.sees(re.compile(re.escape(words)))
    _is_easy_to_hit(walker)
    keys.tab_to(f"A copy for {NAME} (PDF)")
    with page.expect_download() as copy:
        page.keyboard.press("Enter")
    copy.value.save_as(tmp_path / "copy.pdf")
    assert (tmp_path / "copy.pdf").read_bytes().startswith(b"%PDF-")
    keys.press("Print this page")
    walker.sees("This page is set out for printing")
    keys.press("Back to the ordinary page")
    keys.press("We have finished")
    walker.heading(PERSON)
    keys.press("Plan")
    expect(page.get_by_role("heading", name=WORDS)).to_be_visible()
