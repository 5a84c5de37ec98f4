"""The hosted pages in a real browser: accessible, quiet, narrow enough, and usable by keyboard without JavaScript."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from .conftest import Panel, paid
from .test_checkout import payment_session, setup_session

pytestmark = pytest.mark.journey


class Watched:
    """A page that remembers each complaint of the browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self._keep(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _keep(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def look(self) -> None:
        """Nothing is inaccessible, nothing complains, nothing scrolls sideways at 320 pixels."""
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()
        self.page.set_viewport_size({"width": 320, "height": 640})
        assert self.page.evaluate("document.documentElement.scrollWidth") <= 320
        self.page.set_viewport_size({"width": 1_280, "height": 800})
        assert self.complaints == []


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context()
    yield Watched(context.new_page())
    context.close()


@pytest.fixture
def without_scripts(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def fill(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry date").fill("12/34")
    page.get_by_label("Security code").fill("123")
    page.get_by_label("Name on card").fill("Margaret Hall")


def test_each_page_is_accessible_quiet_and_narrow(api: Any, sandbox: Any, panel: Panel, watched: Watched) -> None:
    page = watched.page
    long_name = "Home care in the morning, with help to wash and dress and a warm breakfast every day " * 3
    item = {"quantity": 3, "price_data": {"currency": "gbp", "unit_amount": 99, "product_data": {"name": long_name}}}
    session = payment_session(api, line_items=[item])
    page.goto(session.url)
    watched.look()
    page.get_by_role("button", name="Pay").click()
    assert page.get_by_role("alert").get_by_role("link").count() == 4
    watched.look()
    fill(page, "4000 0000 0000 0002")
    page.get_by_role("button", name="Pay").click()
    assert "Your card was declined." in page.get_by_role("alert").inner_text()
    watched.look()
    fill(page, "4000 0000 0000 3220")
    page.get_by_role("button", name="Pay").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Your bank asks: is this you?"
    watched.look()
    page.get_by_role("button", name="Fail authentication").click()
    assert "unable to authenticate" in page.get_by_role("alert").inner_text()
    watched.look()
    account = api.accounts.create({"type": "express"})
    links = {"return_url": f"{sandbox.url}/", "refresh_url": f"{sandbox.url}/", "type": "account_onboarding"}
    page.goto(api.account_links.create({**links, "account": account.id}).url)
    watched.look()
    page.get_by_role("button", name="Complete onboarding").click()
    watched.look()
    paid(api)
    panel.fault("twice", event="customer.*")
    page.goto(f"{sandbox.url}/_faults")
    watched.look()
    page.get_by_label("Charge or payment intent").last.fill("ch_none")
    page.get_by_role("button", name="Raise a dispute").click()
    assert "There is no charge" in page.get_by_role("alert").inner_text()
    watched.look()
    page.get_by_role("button", name="Set for calls").click()
    assert page.get_by_role("status").inner_text() == "Done."
    panel.clear()
    api.checkout.sessions.expire(session.id)
    page.goto(session.url)
    watched.look()


def test_card_is_saved_without_javascript_and_the_shop_is_reached(
    api: Any, sandbox: Any, without_scripts: Page
) -> None:
    page, back = without_scripts, f"{sandbox.url}/healthz?done={{CHECKOUT_SESSION_ID}}"
    session = setup_session(api, success_url=back, cancel_url=f"{sandbox.url}/healthz?cancelled")
    page.goto(session.url)
    fill(page, "4000002500003155")
    page.get_by_role("button", name="Save card").click()
    page.get_by_role("button", name="Complete authentication").click()
    page.wait_for_url(f"**/healthz?done={session.id}")
    assert api.setup_intents.retrieve(session.setup_intent).status == "succeeded"
    other = setup_session(api, success_url=back, cancel_url=f"{sandbox.url}/healthz?cancelled")
    page.goto(other.url)
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/healthz?cancelled")


def test_card_page_is_filled_in_by_keyboard(api: Any, sandbox: Any, watched: Watched) -> None:
    session = setup_session(api, success_url=f"{sandbox.url}/healthz", cancel_url=f"{sandbox.url}/healthz")
    page = watched.page
    page.goto(session.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the main part"
    for typed in ("4242424242424242", "1234", "123", "Margaret Hall"):
        page.keyboard.press("Tab")
        page.keyboard.type(typed)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Save card"
    page.keyboard.press("Enter")
    page.wait_for_url("**/healthz")


def test_redirect_to_another_host_is_not_stopped_by_the_page(api: Any, watched: Watched, tmp_path: Path) -> None:
    from marketplace.stripe_sandbox.server import RunningSandbox

    with RunningSandbox(tmp_path / "shop") as shop:
        session = setup_session(api, success_url=f"{shop.url}/healthz?from=stripe", cancel_url=shop.url)
        watched.page.goto(session.url)
        fill(watched.page, "4242424242424242")
        watched.page.get_by_role("button", name="Save card").click()
        watched.page.wait_for_url("**/healthz?from=stripe")
