"""The council's settlement pages: look, prepare what was looked at, send by another person, fetch the files."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.domain import Role
from marketplace.database import transaction
from marketplace.kernel import clock
from payments.services import refunds, settlement
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import council, user_with_role
from tests.integration.payments.money.telling import finance, settled_story

PAGE = "/council/settlement"


def _hidden(html: str) -> dict[str, object]:
    return dict(re.findall(r'name="(council_id|payer|up_to|seen)" value="([^"]*)"', html))


def test_a_run_is_prepared_by_one_and_sent_by_another(app: Flask, client: FlaskClient) -> None:
    story = settled_story()
    first, second = finance()
    sign_in(client, first.user_id or 0)
    page = client.get(PAGE)
    assert "£54.00" in text_of(page)
    assert "£1.35" in text_of(page)
    answer = submit(client, PAGE, _hidden(page.get_data(as_text=True)), to=f"{PAGE}/prepare")
    run_page = answer.location
    words = text_of(client.get(run_page))
    assert "a colleague has to send it" in words
    assert "Send this run of" not in words
    submit(client, run_page, {}, to=f"{run_page}/send", follow_redirects=True)
    assert story.states == ("confirmed", "none")
    sign_in(client, second.user_id or 0)
    assert "Send this run of £54.00" in text_of(client.get(run_page))
    done = submit(client, run_page, {}, to=f"{run_page}/send", follow_redirects=True)
    assert "The run is sent" in text_of(done)
    assert story.states == ("confirmed", "paid")
    for name in ("payments.csv", "journal.csv"):
        file = client.get(f"{run_page}/{name}")
        assert file.status_code == 200
        assert file.data == client.get(f"{run_page}/{name}").data
    assert "Nothing is due" in text_of(client.get(PAGE))


def test_what_changed_since_it_was_looked_at_is_not_prepared(app: Flask, client: FlaskClient) -> None:
    story = settled_story()
    (officer,) = finance(1)
    sign_in(client, officer.user_id or 0)
    seen = _hidden(client.get(PAGE).get_data(as_text=True))
    refunds.ask_refund(story.provider, story.order_id, key="form-1", reason_code="goodwill", pence=100)
    answer = submit(client, PAGE, seen, to=f"{PAGE}/prepare", follow_redirects=True)
    assert "since you looked" in text_of(answer)
    assert story.funding.settlement_run_id is None


def test_a_run_that_is_not_sent_needs_a_reason(app: Flask, client: FlaskClient) -> None:
    story = settled_story()
    (officer,) = finance(1)
    run_id = settlement.prepare(officer, story.order.council_id or 0, clock.today())
    sign_in(client, officer.user_id or 0)
    page = f"{PAGE}/{run_id}"
    assert "Say why this run is not sent" in text_of(submit(client, page, {"words": " "}, to=f"{page}/drop"))
    answer = submit(client, page, {"words": "The wrong day"}, to=f"{page}/drop", follow_redirects=True)
    assert "The wrong day" in text_of(answer)
    assert story.funding.settlement_run_id is None


def test_another_council_an_auditor_and_a_provider_see_what_they_may(app: Flask, client: FlaskClient) -> None:
    story = settled_story()
    (officer,) = finance(1)
    run_id = settlement.prepare(officer, story.order.council_id or 0, clock.today())
    with transaction():
        from tests.factories.accounts import OrganisationFactory

        office = OrganisationFactory(kind="council", council_id=council("E08000009").id)
        stranger = user_with_role(Role.COUNCIL_FINANCE, office).id
        auditor = user_with_role(Role.AUDITOR, OrganisationFactory(kind="council", council_id=council().id)).id
    sign_in(client, stranger)
    assert client.get(f"{PAGE}/{run_id}").status_code == 404
    assert client.get(f"{PAGE}/{run_id}/journal.csv").status_code == 404
    assert "£54.00" not in text_of(client.get(PAGE))
    sign_in(client, auditor)
    assert client.get(f"{PAGE}/{run_id}").status_code == 200
    assert "Send this run" not in text_of(client.get(f"{PAGE}/{run_id}"))
    assert client.get(f"{PAGE}/{run_id}/journal.csv").status_code == 200
    runs = client.get(PAGE)
    words, html = text_of(runs), runs.get_data(as_text=True)
    assert f'href="{PAGE}/{run_id}"' in html
    assert "Waits for a colleague to send it" in words
    assert not [part for part in ("What was agreed to be done", "Show what is due", "/prepare") if part in html]
    assert f'href="{PAGE}/settings"' not in html
    for path in ("/council/fee", "/council/refunds"):
        assert client.get(path).status_code == 200
    assert f'href="{PAGE}"' in client.get("/council/budgets").get_data(as_text=True)
    sign_in(client, story.provider.user_id or 0)
    assert client.get(f"{PAGE}/{run_id}").status_code == 404


@pytest.mark.parametrize("up_to", ["tomorrow", "2026-02-30", "0"])
def test_a_day_that_is_none_is_not_found(app: Flask, client: FlaskClient, up_to: str) -> None:
    sign_in(client, finance(1)[0].user_id or 0)
    assert client.get(PAGE, query_string={"up_to": up_to}).status_code == 404


def test_numbers_that_are_none_are_not_found(app: Flask, client: FlaskClient) -> None:
    settled_story()
    sign_in(client, finance(1)[0].user_id or 0)
    seen = _hidden(client.get(PAGE).get_data(as_text=True))
    for wrong in ({"council_id": "x"}, {"council_id": ""}, {"payer": "-1"}, {"council_id": "999999"}):
        assert submit(client, PAGE, {**seen, **wrong}, to=f"{PAGE}/prepare").status_code == 404
