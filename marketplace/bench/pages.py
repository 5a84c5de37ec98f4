"""CPU of the pages that people meet most, against a page of 20 cards by the govuk macros without a database."""

import re
import time
from collections.abc import Callable
from contextvars import Context
from functools import partial
from html import unescape
from typing import Any

import click
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

from catalogue.services.generated import generate_listings
from catalogue.services.index import reindex
from marketplace.accounts.domain import Actor
from marketplace.accounts.services import sessions
from marketplace.bench import ground
from marketplace.bench.shoppers import ready_checkouts
from marketplace.database import db

WARM_UP = 5
_FLOOR_PAGE = """
{%- from "govuk_frontend_jinja/components/summary-list/macro.html" import govukSummaryList -%}
{%- from "govuk_frontend_jinja/components/tag/macro.html" import govukTag -%}
{%- from "govuk_frontend_jinja/components/button/macro.html" import govukButton -%}
{%- extends "govuk_frontend_jinja/template.html" -%}
{%- block header -%}<header><p>A site</p></header>{%- endblock -%}
{%- block footer -%}<footer><p>The end</p></footer>{%- endblock -%}
{%- block content -%}
{%- for card in cards -%}
{{ govukSummaryList({"card": {"title": {"text": card.title}}, "rows": [
  {"key": {"text": "Provider"}, "value": {"text": card.provider}},
  {"key": {"text": "Price"}, "value": {"text": card.price}},
  {"key": {"text": "Where"}, "value": {"text": card.where}}]}) }}
{{ govukTag({"text": card.tag}) }}
{{ govukButton({"text": "See it", "href": card.href}) }}
{%- endfor -%}
{%- endblock -%}
"""


def register(bench: click.Group) -> None:
    bench.add_command(pages_command)


@click.command("pages")
@click.option("--listings", default=1_000, show_default=True, help="How many generated listings.")
@click.option("--requests", default=100, show_default=True, help="How many requests of each page.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def pages_command(listings: int, requests: int, as_json: bool) -> None:
    """Measure pages. CPU of search, a listing, the last page of checkout and its button, as ratios to the floor."""
    with ground.own_app() as app:
        generate_listings(listings)
        (actor, checkout_id), *others = ready_checkouts(1 + WARM_UP + requests)
        reindex()
        visitor, buyer = app.test_client(), app.test_client()
        sign_in(app, buyer, actor.user_id or 0)
        listing = Context().run(_first_listing, visitor)
        floor = _cpu("floor", floor_page(), requests)
        pages: dict[str, Callable[[], Any]] = {
            "home": lambda: visitor.get("/"),
            "search": lambda: visitor.get("/search?q=help&postcode=DL3+7TX"),
            "listing": lambda: visitor.get(listing),
            "checkout": lambda: buyer.get(f"/checkout/{checkout_id}"),
            "order placed": _presses(app, others),
        }
        db.session.remove()
        cpu = {}
        for name, get in pages.items():
            cpu[name] = _cpu(name, get, requests)
    result = {
        "listings": listings,
        "floor_ms": floor,
        "cpu_ms": cpu,
        "ratio": {name: round(value / floor, 2) for name, value in cpu.items()},
    }
    lines = [f"Floor, 20 cards by the govuk macros: {floor} ms of CPU."]
    lines += [f"{name}: {value} ms, {result['ratio'][name]} times the floor." for name, value in cpu.items()]  # type: ignore[index]
    ground.show("pages", result, lines, as_json=as_json)


def _cpu(name: str, get: Callable[[], Any], requests: int) -> float:
    """Milliseconds of CPU of one request, the mean of many after some to warm up.

    Each runs in a fresh context, as in a server: the benchmark's own application context is not shared.
    """
    for _ in range(WARM_UP):
        answer = Context().run(get)
        if answer.status_code not in (200, 302):
            raise click.ClickException(f"the {name} page answered {answer.status_code}")
    started = time.process_time()
    for _ in range(requests):
        Context().run(get)
    return round((time.process_time() - started) / requests * 1000, 2)


def _presses(app: Flask, ready: list[tuple[Actor, int]]) -> Callable[[], Any]:
    """Press "Place order" of the next ready checkout, whose page its buyer has open."""
    presses = []
    for actor, checkout_id in ready:
        client, address = app.test_client(), f"/checkout/{checkout_id}"
        sign_in(app, client, actor.user_id or 0)
        page = Context().run(client.get, address).get_data(as_text=True)
        hidden = [tag for tag in re.findall(r"<input[^>]*>", page) if 'type="hidden"' in tag]
        fields = {name[1]: _value(tag) for tag in hidden if (name := re.search(r'name="([^"]+)"', tag))}
        presses.append(partial(client.post, address, data=fields))
    following = iter(presses)
    return lambda: next(following)()


def _value(tag: str) -> str:
    found = re.search(r'value="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def floor_page() -> Callable[[], Any]:
    plain = Flask("floor")
    plain.jinja_loader = ChoiceLoader([PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})])
    cards = [
        {
            "title": f"Help number {n}",
            "provider": "A provider",
            "price": "£21.50 an hour",
            "where": "2.1 miles away",
            "tag": "DBS declared",
            "href": "/",
        }
        for n in range(20)
    ]
    plain.add_url_rule("/", view_func=lambda: render_template_string(_FLOOR_PAGE, cards=cards), endpoint="floor")
    client = plain.test_client()
    return lambda: client.get("/")


def sign_in(app: Flask, client: FlaskClient, user_id: int) -> None:
    token = sessions.begin(user_id, is_proved=True)
    with client.session_transaction() as cookies:
        cookies["_user_id"] = token
        cookies["_fresh"] = True


def _first_listing(client: FlaskClient) -> str:
    found = re.search(r'href="(/listing/\d+)', client.get("/search?q=help").get_data(as_text=True))
    if found is None:
        raise click.ClickException("the search found no listing to measure")
    return found[1]
