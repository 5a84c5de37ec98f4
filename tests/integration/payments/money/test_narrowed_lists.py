"""Long lists about money: narrowed by what the address says, and fetched as a file that has the same rows."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments import files, settlement_files
from payments.domain import OrderState
from payments.models import Order
from payments.services import settlement
from tests.browser import sign_in, text_of
from tests.factories.accounts import OrganisationFactory, council, user_with_role
from tests.factories.budgets import ConsentFactory
from tests.integration.payments.money.telling import finance, settled_story
from tests.integration.payments.orders.town import Town

RUNS, ORDERS = "/council/settlement", "/provider/orders"


def rows_of(client: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    return [*csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff")))]


def test_runs_are_narrowed_by_state_and_days_and_their_file_has_the_same(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = finance()
    story, up_to = settled_story(), clock.today()
    dropped = settlement.prepare(first, story.order.council_id or 0, up_to)
    settlement.drop(first, dropped, "=HYPERLINK(1)")
    with clock.fixed_clock(clock.now() + timedelta(days=40)):
        today = clock.today()
        sent = settlement.prepare(first, story.order.council_id or 0, up_to)
        settlement.send(second, sent)
    sign_in(client, first.user_id or 0)
    runs = {row["state"]: row for row in rows_of(client, f"{RUNS}/runs.csv")}
    assert [runs[state]["gross"] for state in ("Not sent", "Sent")] == ["54.00", "54.00"]
    assert (runs["Sent"]["levy"], runs["Sent"]["net"]) == ("1.35", "52.65")
    assert runs["Not sent"]["why_not_sent"] == "'=HYPERLINK(1)"
    narrowed = f"state=sent&first_day={today}&last_day={today}"
    page = client.get(f"{RUNS}?{narrowed}")
    words, html = text_of(page), page.get_data(as_text=True)
    assert "1 run : sent, prepared on " in words and "Show all runs" in words
    assert f'href="{RUNS}/{sent}"' in html and f'href="{RUNS}/{dropped}"' not in html
    assert f'{RUNS}/runs.csv?{narrowed.replace("&", "&amp;")}"' in html
    assert [row["run"] for row in rows_of(client, f"{RUNS}/runs.csv?{narrowed}")] == [runs["Sent"]["run"]]
    before = f"last_day={today - timedelta(days=1)}"
    assert [row["state"] for row in rows_of(client, f"{RUNS}/runs.csv?{before}")] == ["Not sent"]
    assert "No such run" in text_of(client.get(f"{RUNS}?state=prepared"))
    monkeypatch.setattr(settlement_files, "harmless", lambda text: text)  # the control: a formula gets through
    assert {row["why_not_sent"] for row in rows_of(client, f"{RUNS}/runs.csv")} == {"=HYPERLINK(1)", ""}


def test_what_makes_no_sense_in_a_filter_is_said_beside_it_and_kept(app: Flask, client: FlaskClient) -> None:
    story = settled_story()
    (officer,) = finance(1)
    settlement.prepare(officer, story.order.council_id or 0, clock.today())
    sign_in(client, officer.user_id or 0)
    for asked, sentence in (
        ("first_day=2026-02-30", "Choose a day, or write it like 2026-04-14."),
        ("last_day=0001-01-01", "Choose a day, or write it like 2026-04-14."),
        ("first_day=2026-04-14&last_day=2026-04-13", "Choose a last day that is not before the first day."),
        ("state=lost", "Choose one from the list."),
        ("payer=999999", "Choose one from the list."),
    ):
        page = client.get(f"{RUNS}?{asked}")
        words = text_of(page)
        assert page.status_code == 200 and sentence in words and "There is a problem" in words, asked
        assert rows_of(client, f"{RUNS}/runs.csv?{asked}") == []
    assert 'value="2026-02-30"' in client.get(f"{RUNS}?first_day=2026-02-30").get_data(as_text=True)


def test_the_file_of_runs_is_for_those_who_read_the_page(app: Flask, client: FlaskClient) -> None:
    story = settled_story()
    run_id = settlement.prepare(finance(1)[0], story.order.council_id or 0, clock.today())
    with transaction():
        here, there = (OrganisationFactory(kind="council", council_id=council(code).id) for code in (None, "E08000009"))
        auditor, stranger = (user_with_role(Role.AUDITOR, office).id for office in (here, there))
    for user_id, count in ((auditor, 1), (stranger, 0)):
        sign_in(client, user_id)
        assert len(rows_of(client, f"{RUNS}/runs.csv")) == count
        html = client.get(RUNS).get_data(as_text=True)
        assert [words in html for words in (f'href="{RUNS}/{run_id}"', 'name="state"')] == [bool(count)] * 2
    sign_in(client, story.provider.user_id or 0)
    assert client.get(f"{RUNS}/runs.csv").status_code == 404


def test_a_providers_orders_are_narrowed_by_days_and_their_file_has_the_same(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, other = Town(state=OrderState.DONE), Town()
    today, old = clock.today(), clock.now() - timedelta(days=40)
    with transaction():
        db.session.execute(update(Order).where(Order.id == town.order_id).values(placed_at=old, person_name="@SUM(1)"))
    sign_in(client, town.dale.user_id or 0)
    page = text_of(client.get(ORDERS))
    assert "1 order ." in page and town.order.reference in page
    day = clock.london(old).date()
    for asked, found in ((f"first_day={day}&last_day={day}", 1), (f"first_day={day + timedelta(days=1)}", 0)):
        words = text_of(client.get(f"{ORDERS}?{asked}"))
        assert ("Show every day" in words, town.order.reference in words) == (True, bool(found)), asked
        assert len(rows_of(client, f"{ORDERS}.csv?{asked}")) == found
    (row,) = rows_of(client, f"{ORDERS}.csv?show=done")
    assert (row["order"], row["for"], row["ordered_on"]) == (town.order.reference, "'@SUM(1)", day.isoformat())
    assert rows_of(client, f"{ORDERS}.csv?show=booked") == []
    wrong = client.get(f"{ORDERS}?show=done&first_day=soon")
    assert "Choose a day, or write it like 2026-04-14." in text_of(wrong)
    assert 'value="soon"' in wrong.get_data(as_text=True) and rows_of(client, f"{ORDERS}.csv?last_day=soon") == []
    assert "1 order ." in text_of(client.get(f"{ORDERS}?page=99")), f"the last page there is, on {today}"
    theirs = other.order.organisation_id
    assert client.get(f"{ORDERS}.csv?organisation={theirs}").status_code == 404
    sign_in(client, town.margaret.user_id or 0)
    assert client.get(f"{ORDERS}.csv").status_code == 404
    monkeypatch.setattr(files, "harmless", lambda text: text)  # the control: a formula gets through
    sign_in(client, town.dale.user_id or 0)
    assert [row["for"] for row in rows_of(client, f"{ORDERS}.csv")] == ["@SUM(1)"]


def test_a_persons_orders_are_narrowed_and_are_a_file_for_them_and_whoever_acts_for_them(
    app: Flask, client: FlaskClient
) -> None:
    town, other = Town(state=OrderState.DONE), Town()
    named = f"for={town.person_id}"
    with transaction():
        db.session.execute(update(Order).where(Order.id == town.order_id).values(provider_name="=Dales"))
        librarian = user_with_role(Role.ACCESS_POINT_WORKER)
        library = actor_of(librarian.id).memberships[0].organisation_id
        ConsentFactory(person_id=town.person_id, assisted=True, organisation_id=library)
        librarian_id = librarian.id
    for who, address in ((town.margaret, "/orders"), (town.manager, f"/orders?{named}")):
        sign_in(client, who.user_id or 0)
        page = client.get(address)
        assert town.order.reference in text_of(page) and "orders.csv" in page.get_data(as_text=True)
        (row,) = rows_of(client, f"/orders.csv?{named}&show=done&first_day={clock.today()}")
        assert (row["order"], row["provider"], row["price"]) == (town.order.reference, "'=Dales", "54.00")
        assert rows_of(client, f"/orders.csv?{named}&show=booked") == []
        assert rows_of(client, f"/orders.csv?{named}&last_day={clock.today() - timedelta(days=1)}") == []
    narrowed = text_of(client.get(f"/orders?{named}&show=booked"))
    assert "0 orders : booked." in narrowed and "None here" in narrowed and "Show all orders" in narrowed
    for asked in ("show=lost", "first_day=2026-13-01"):
        wrong = client.get(f"/orders?{named}&{asked}")
        assert "There is a problem" in text_of(wrong) and town.order.reference not in text_of(wrong)
        assert rows_of(client, f"/orders.csv?{named}&{asked}") == []
    assert "1 order" not in text_of(client.get(f"/orders?{named}&page=99")) and town.order.reference in text_of(
        client.get(f"/orders?{named}&page=99")
    )
    sign_in(client, librarian_id)
    here = client.get(f"/orders?{named}")
    assert here.status_code == 200 and "orders.csv" not in here.get_data(as_text=True)
    for stranger in (librarian_id, other.margaret.user_id or 0, town.dale.user_id or 0):
        sign_in(client, stranger)
        assert client.get(f"/orders.csv?{named}").status_code == 404
