"""The parts of the site together in a real browser: no error, no sideways scroll, nothing that axe-core objects to."""

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, flash, render_template_string
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from marketplace.ui.charts import Bar, Series, bar_chart, line_chart
from tests.unit.ui.conftest import make_app
from tests.unit.ui.test_forms import Form
from tests.unit.ui.test_macros import CARD

pytestmark = pytest.mark.journey

LONG = "Getting washed, dressed and ready for the day, in your own home and at your own pace"
WHOLE = """{% extends "ui/base.html" %}
{% from "ui/macros.html" import listing_cards, facets, chosen_tags, pagination, error_summary, post_form, timeline,
  step_list, balance, balance_small, money_table, data_table, figure, definition_rows, category_tiles, search_box,
  empty_state, review, badge, total, print_link, button_form %}
{% block title %}Every part{% endblock %}
{% set back = {"href": "/", "text": "Back"} %}
{% block content %}
{{ error_summary(form) }}
<h1 class="govuk-heading-l">Every part</h1>
{{ search_box() }}{{ chosen_tags([{"text": "bath", "remove_href": "/"}]) }}
<div class="app-columns app-columns--side-left"><div>
{{ facets([{"title": "How you pay", "options": [{"text": "Card", "count": 3, "href": "/", "chosen": True}]}]) }}
</div><div>
{{ listing_cards(cards) }}{{ pagination(3, 12) }}</div></div>
{{ category_tiles([{"href": "/", "text": "Help at home", "icon": "home-care", "note": "12 near you"}]) }}
{{ timeline([{"title": "Asked", "state": "done"}, {"title": long, "text": long, "state": "now"}, {"title": "Paid"}]) }}
{{ step_list(["Who for", "How paid", "Check and order"], 2) }}
{{ definition_rows([{"key": "Who for", "value": long, "action": {"href": "/", "text": "Change"}}]) }}
{{ money_table("What it costs", [{"text": long, "pence": 123456789}], "To pay", 123456789) }}
{{ data_table("Spent", [{"text": "What"}, {"text": "When"}, {"text": "Much", "kind": "money"}], [[long, None, 5]]) }}
{{ total("To pay", 5400, "Nothing else to pay") }}
{{ balance("Respite", 500000, 123450, 45000, 331550) }}{{ balance_small(1, 2, 3) }}
{% call figure("A finding", bars) %}<p class="govuk-body">Table</p>{% endcall %}
{% call figure("Another finding", lines) %}<p class="govuk-body">Table</p>{% endcall %}
{{ empty_state("Nothing waits for you") }}
{{ review("Joan", "March 2026", 4.5, long, True, long, "Dales Home Care") }}
{{ badge("Checked", "shield") }} {{ badge("Ends soon", "clock", "warn") }} {{ badge("Stopped", "cross", "stop") }}
<p>{{ print_link() }}</p>{{ button_form("/", "Ask again", kind="secondary") }}
{% call post_form(form) %}
{% for field in form if field.type != "CSRFTokenField" %}{{ field() }}{% endfor %}
{% endcall %}
{% endblock %}"""


def site() -> Flask:
    app = make_app()

    @app.get("/")
    def whole() -> str:
        form = Form(meta={"csrf": True})
        form.validate()
        flash("Dales Home Care has been asked.", "success")
        return render_template_string(
            WHOLE,
            form=form,
            long=LONG,
            cards=[CARD, {**CARD, "name": LONG, "provider": LONG, "rating": None, "category": None}],
            bars=bar_chart("A finding", [Bar("Help at home", 300), Bar(LONG, 200)]),
            lines=line_chart("Another finding", ["Jan", "Feb"], [Series("A", [1, 2]), Series("B", [2, 1])]),
            navigation=[
                {"href": "/", "text": text, "active": False} for text in ("Find help", "Orders", "Money", "Advice")
            ],
            account={"name": "Priya Shah-Featherstonehaugh"},
            basket_count=3,
            acting_for={"name": "Margaret Featherstonehaugh-Cholmondeley", "change_href": "/", "stop_href": "/"},
            demo_banner="This is a demonstration.",
        )

    return app


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, site(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("query", ["", "?print=1"])
def test_no_page_part_breaks_a_rule_that_axe_knows(browser: Browser, address: str, query: str) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{address}/{query}")
    found = Axe().run(page).response["violations"]
    context.close()
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []


def test_scripts_and_policy_agree_and_nothing_is_said_in_the_console(browser: Browser, address: str) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{address}/")
    page.wait_for_function("document.body.classList.contains('govuk-frontend-supported')")
    focused = page.evaluate("document.activeElement.className")
    page.close()
    assert said == []
    assert "govuk-error-summary" in focused or "govuk-notification-banner" in focused


@pytest.mark.parametrize("large", [False, True])
def test_a_narrow_screen_and_large_words_need_no_sideways_scroll(browser: Browser, address: str, large: bool) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(f"{address}/")
    if large:
        page.evaluate("document.documentElement.classList.add('large-print')")
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.close()
    assert too_wide == 0


def test_without_scripts_every_answer_can_be_given_and_every_filter_reached(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto(f"{address}/")
    page.get_by_label("Your name").fill("Joan")
    assert not page.get_by_role("link", name="Card").first.is_visible()
    page.locator("summary", has_text="Narrow the list").click()
    assert page.locator(".app-facet__link").first.is_visible()
    assert page.get_by_role("button", name="Ask them to accept").is_visible()
    context.close()


def test_on_a_wide_screen_the_filters_stand_open(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}/")
    assert page.locator(".app-facet__link").first.is_visible()
    assert not page.locator("summary", has_text="Narrow the list").is_visible()
    page.close()


def test_on_paper_there_are_no_menus_and_links_have_addresses(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.emulate_media(media="print")
    page.goto(f"{address}/")
    assert not page.locator(".app-nav").is_visible()
    assert not page.locator(".app-footer__columns").is_visible()
    assert page.locator(".app-acting").is_visible()
    after = page.evaluate("getComputedStyle(document.querySelector('.app-card__link'), '::after').content")
    assert "/listing/7" in after
    size = "parseFloat(getComputedStyle(document.querySelector('.app-main p')).fontSize)"
    ordinary = page.evaluate(size)
    page.evaluate("document.documentElement.classList.add('large-print')")
    assert page.evaluate(size) >= 1.4 * ordinary, "large print is larger on paper too"
    page.close()
