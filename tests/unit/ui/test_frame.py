"""The frame that every page stands in."""

import re

import pytest
from flask import Flask, flash, render_template_string
from flask.testing import FlaskClient

from tests.browser import text_of
from tests.unit.ui.conftest import Render, make_app

PAGE = (
    '{% extends "ui/base.html" %}{% block title %}My orders{% endblock %}'
    "{% block content %}<h1>Orders</h1>{% endblock %}"
)


def test_a_page_has_a_title_a_language_a_skip_link_and_one_main(render: Render) -> None:
    html = render(PAGE)
    assert "<title>My orders – Care Market</title>" in html
    assert '<html lang="en-GB"' in html
    assert html.count("<main ") == 1 and html.count("<h1") == 1
    assert html.index('href="#main-content"') < html.index("<header")
    assert 'id="main-content"' in html


def test_a_form_in_error_says_so_in_the_title(ui_app: Flask) -> None:
    class Wrong:
        errors = {"name": ["Enter your name"]}

    class Right:
        errors: dict[str, list[str]] = {}

    with ui_app.test_request_context("/"):
        assert "<title>Error: My orders" in render_template_string(PAGE, form=Wrong())
        assert "<title>My orders" in render_template_string(PAGE, form=Right())


def test_the_name_of_the_service_and_its_telephone_come_from_the_settings() -> None:
    app = make_app(SERVICE_NAME="Tees Valley Care")
    with app.test_request_context("/"):
        html = render_template_string(PAGE)
    assert "<title>My orders – Tees Valley Care</title>" in html
    assert "Care Market" not in html
    assert 'href="tel:01632960001"' in html


def test_without_a_telephone_number_none_is_shown(render: Render, ui_app: Flask) -> None:
    ui_app.config["SERVICE_PHONE"] = None
    assert "tel:" not in render(PAGE)


def test_whoever_acts_for_somebody_sees_it_on_the_page_and_can_stop(render: Render) -> None:
    person = {"name": "Margaret <b>", "change_href": "/caseload", "stop_href": "/acting/stop"}
    html = render(PAGE, acting_for=person)
    banner = html[html.index("app-acting") : html.index("<main")]
    assert "You are acting for <strong>Margaret &lt;b&gt;</strong>" in banner
    assert 'action="/acting/stop" method="post"' in banner and "csrf_token" in banner
    assert "You are acting for" not in render(PAGE)
    assert "You are acting for" not in render(PAGE, acting_for=None)


def test_the_menu_says_where_the_reader_is(render: Render) -> None:
    html = render(
        PAGE, navigation=[{"href": "/a", "text": "A", "active": True}, {"href": "/b", "text": "B", "active": False}]
    )
    assert re.search(r'href="/a" aria-current="page"', html)
    assert not re.search(r'href="/b" aria-current', html)


def test_signing_out_is_a_post_with_its_token(render: Render) -> None:
    html = render(PAGE, account={"name": "Priya Shah"})
    assert 'action="/sign-out" method="post"' in html
    assert "Sign in" not in html and "Priya Shah" in html
    signed_out = render(PAGE)
    assert "Sign in" in signed_out and "Sign out" not in signed_out


def test_messages_are_shown_once_and_escaped(render: Render) -> None:
    flash("Asked <script>", "success")
    flash("For your information")
    html = render(PAGE)
    assert "Asked &lt;script&gt;" in html
    assert html.count('role="alert"') == 1 and "Good to know" in html


def test_the_way_back_is_set_by_the_page(render: Render) -> None:
    html = render('{% extends "ui/base.html" %}{% set back = {"href": "/orders", "text": "All orders"} %}')
    assert '<a class="govuk-back-link" href="/orders">All orders</a>' in html
    crumbs = '{% set breadcrumbs = [{"href": "/", "text": "Home"}, {"text": "Orders"}] %}'
    html = render('{% extends "ui/base.html" %}' + crumbs)
    assert '<a class="govuk-breadcrumbs__link" href="/">Home</a>' in html
    assert '<li class="govuk-breadcrumbs__list-item" aria-current="page">Orders</li>' in html


def test_every_page_leads_to_help_privacy_and_the_accessibility_statement(render: Render) -> None:
    footer = render(PAGE).split("<footer")[1]
    for path in ("/help", "/about", "/privacy", "/accessibility", "/open-data", "/terms", "/page-settings"):
        assert f'href="{path}"' in footer
    assert "Ordnance Survey" in footer and "Care Quality Commission" in footer


def test_the_print_layout_leads_back_and_keeps_the_question(ui_app: Flask) -> None:
    with ui_app.test_request_context("/search?q=bath&print=1"):
        html = render_template_string(PAGE)
    assert "print-view" in html
    assert 'href="/search?q=bath"' in html
    with ui_app.test_request_context("/search?q=bath"):
        assert "print-view" not in render_template_string(PAGE)


@pytest.fixture
def page_client(ui_app: Flask) -> FlaskClient:
    ui_app.config["WTF_CSRF_ENABLED"] = False
    ui_app.add_url_rule("/", "home", lambda: render_template_string(PAGE))
    return ui_app.test_client()


def test_large_print_is_kept_until_it_is_changed_back(page_client: FlaskClient) -> None:
    assert "large-print" not in page_client.get("/").text
    page_client.post("/page-settings", data={"print_size": "large"})
    page = page_client.get("/").text
    assert '<html lang="en-GB" class="govuk-template large-print">' in page
    assert re.search(r'<body class="[^"]*large-print', page)
    page_client.post("/page-settings", data={"print_size": "ordinary"})
    assert "large-print" not in page_client.get("/").text


def test_large_print_of_the_account_holds_until_the_session_says_otherwise(render: Render) -> None:
    assert "large-print" in render(PAGE, large_print=True)


@pytest.mark.parametrize(
    ("asked", "sent_to"),
    [
        ("/orders?page=2", "/orders?page=2"),
        ("http://localhost/orders", "/orders"),
        ("https://elsewhere.example/orders", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("////elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http:///elsewhere.example", "/elsewhere.example"),
        ("", "/"),
    ],
)
def test_after_the_settings_nobody_is_sent_to_another_site(page_client: FlaskClient, asked: str, sent_to: str) -> None:
    response = page_client.post("/page-settings", data={"print_size": "large", "next": asked})
    assert response.status_code == 302
    assert response.headers["Location"] in (sent_to, f"http://localhost{sent_to}")


def test_a_size_that_was_not_offered_is_refused_with_the_reason(page_client: FlaskClient) -> None:
    response = page_client.post("/page-settings", data={"print_size": "enormous"})
    assert "Choose one of the answers" in text_of(response)
    assert "Error:" in response.text
