"""The levy of a month at the desk: what orders earned and cost, another rate, the papers, and who stands on them."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.database import db
from marketplace.kernel.money import format_pounds, plain_pounds
from marketplace.kernel.rails import Rail
from payments.levy import levy
from payments.queries.levy_report import month_report
from payments.services import levy_issuers
from tests.browser import submit, text_of
from tests.factories.accounts import council
from tests.integration.desk.desks import at_the_desk
from tests.integration.payments.money.levying import (
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    close,
    day_of,
    given_back,
    sold,
    sold_by_card,
)


def _october() -> dict[str, int]:
    """Two sales of the council, one of them given back in part, one older sale given back, and three by card."""
    older = sold(day_of(SEPTEMBER, 9), 10_000)
    first = sold(day_of(OCTOBER, 2), 5_400)
    sold(day_of(OCTOBER, 3), 999)
    given_back(day_of(OCTOBER, 8), first, 1_400)
    given_back(day_of(OCTOBER, 9), older, 3_333)
    return {
        "first": first.order_id,
        "tiny": sold_by_card(day_of(OCTOBER, 4), 500, 28),
        "small": sold_by_card(day_of(OCTOBER, 5), 1_500, 43),
        "large": sold_by_card(day_of(OCTOBER, 6), 40_000, 620),
    }


def test_a_month_is_shown_by_council_and_kind_of_funding(app: Flask) -> None:
    _october()
    darlington = council().id
    db.session.rollback()
    report = month_report(day_of(OCTOBER, 17))
    settled, own = report.groups()
    assert (settled.council_id, settled.rail, settled.orders) == (darlington, Rail.COUNCIL_MANAGED, 2)
    assert settled.levy_pence == 100 + 25 - (250 - levy(6_667, 250))
    assert (own.council_id, own.rail, own.orders, own.sold_pence) == (None, Rail.OWN_MONEY, 3, 42_000)
    assert (own.levy_pence, own.cost_pence, own.left_pence) == (13 + 38 + 1_000, 28 + 43 + 620, 360)
    assert report.levy_pence == settled.levy_pence + own.levy_pence
    assert report.sold_pence == 5_400 + 999 + 42_000
    assert [part.levy_pence for part in month_report(SEPTEMBER).parts] == [250]


def test_orders_that_cost_more_than_they_brought_are_counted_by_price(app: Flask) -> None:
    ids = _october()
    report = month_report(OCTOBER)
    assert [(part.order_id, part.left_pence) for part in report.losses] == [(ids["tiny"], -15), (ids["small"], -5)]
    assert [(band.least_pence, band.orders, band.losses, band.lost_pence) for band in report.bands()] == [
        (0, 2, 1, 15),
        (1_000, 1, 1, 5),
        (2_000, 0, 0, 0),
        (5_000, 1, 0, 0),
        (10_000, 1, 0, 0),
    ]


@pytest.mark.parametrize("rate_bp", [0, 250, 300, 150, 1_000])
def test_another_rate_is_counted_order_by_order_with_what_was_given_back(app: Flask, rate_bp: int) -> None:
    _october()
    report = month_report(OCTOBER, rate_bp)
    wanted = [
        levy(6_667, rate_bp) - levy(10_000, rate_bp),
        *(levy(pence, rate_bp) for pence in (4_000, 999, 500, 1_500, 40_000)),
    ]
    assert report.other_rate_pence == sum(wanted)
    if rate_bp == 250:
        assert report.other_rate_pence == report.levy_pence
    by_sum = levy(4_000 + 999 + 42_000 - 3_333, rate_bp)
    assert rate_bp != 150 or by_sum != sum(wanted), "counting the month as one sum would be another amount"


def test_the_page_says_all_of_it_and_keeps_a_rate_that_cannot_be_read(app: Flask, client: FlaskClient) -> None:
    ids = _october()
    at_the_desk(client)
    page = "/desk/levy/month?month=2026-10"
    answer = client.get(page)
    words = text_of(answer)
    assert "2 orders made a loss of £0.20 together" in words
    assert "Council-managed budget" in words and "No council" in words
    assert f"/desk/order/{ids['tiny']}" in answer.get_data(as_text=True)
    report = month_report(OCTOBER, 300)
    more = report.other_rate_pence - report.levy_pence
    asked = text_of(client.get(f"{page}&rate=3"))
    assert f"At 3% for every order, this month’s levy would be {format_pounds(report.other_rate_pence)}" in asked
    assert f"{format_pounds(more)} more" in asked
    for typed in ("", "abc", "11", "2.555", "-1"):
        refused = client.get("/desk/levy/month", query_string={"month": "2026-10", "rate": typed})
        assert "Enter a percentage from 0 to 10, like 2.5" in text_of(refused)
        assert f'value="{typed}"' in refused.get_data(as_text=True) or not typed
    assert client.get("/desk/levy/month?month=2026-13").status_code == 404
    assert "Nothing was sold in this month" in text_of(client.get("/desk/levy/month?month=2020-02"))


def test_the_file_has_each_order_and_sums_to_the_page(app: Flask, client: FlaskClient) -> None:
    _october()
    at_the_desk(client)
    answer = client.get("/desk/levy/month.csv?month=2026-10&rate=3")
    rows = [*csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff")))]
    report = month_report(OCTOBER, 300)
    assert rows[-1]["order"] == "sum"
    for column, pence in (("levy", report.levy_pence), ("levy_at_other_rate", report.other_rate_pence)):
        assert rows[-1][column] == plain_pounds(pence)
        assert sum(int(Decimal(row[column]) * 100) for row in rows[:-1]) == pence
    assert [row["made_a_loss"] for row in rows[:-1]].count("yes") == 2
    plain = client.get("/desk/levy/month.csv?month=2026-10").get_data(as_text=True)
    assert plain.splitlines()[1].endswith(",")


def test_the_papers_of_a_month_are_listed_with_their_sums(app: Flask, client: FlaskClient) -> None:
    _october()
    at_the_desk(client)
    assert "This month is open" in text_of(client.get("/desk/levy/papers?month=2026-10"))
    close(OCTOBER)
    words = text_of(client.get("/desk/levy/papers?month=2026-10"))
    assert "LC-000001 (PDF) Credit note to LI-000001" in words
    assert "Credit notes 1" in words
    rows = client.get("/desk/levy/papers.csv?month=2026-10").get_data(as_text=True).splitlines()
    assert len(rows) == 1 + 5 + 1
    assert text_of(client.get("/desk/levy/papers?month=2026-11")).count("(PDF)") == 0


def test_an_operator_says_who_stands_on_invoices_and_is_told_what_is_wrong(app: Flask, client: FlaskClient) -> None:
    sold(day_of(OCTOBER, 2), 5_400)
    close(OCTOBER)
    at_the_desk(client)
    page = "/desk/levy/issuer"
    good = {
        "starts_on-month": "11",
        "starts_on-year": "2026",
        "name": "Care Market Ltd",
        "address": "1 High Row",
        "vat_number": "GB123456782",
    }
    for change, words in (
        ({"name": ""}, "Enter the name"),
        ({"address": " "}, "Enter the address"),
        ({"vat_number": "123"}, "Enter a VAT number, like GB 123 4567 82"),
        ({"starts_on-month": "10"}, "Choose November 2026 or later"),
        ({"starts_on-month": "x"}, "Enter a month and a year"),
    ):
        answer = submit(client, page, good | change)
        assert answer.status_code == 200 and text_of(answer).count(words) == 2, f"{words}: on top and beside its box"
        assert "1 High Row" in text_of(answer) or "address" in change
    assert levy_issuers.list_issuers() == []
    db.session.rollback()
    assert submit(client, page, good).status_code == 302
    (waits,) = levy_issuers.list_waiting_issuers()
    confirm = f"/desk/levy/issuer/{waits.id}/confirm"
    assert "You prepared it. A colleague has to confirm it." in text_of(client.get(page))
    submit(client, page, {}, to=confirm)
    assert levy_issuers.issuer_for(NOVEMBER).vat_number is None
    at_the_desk(client, "Otto Operator")
    assert "To be confirmed: from November 2026 on" in text_of(client.get(page))
    submit(client, page, {}, to=confirm)
    assert levy_issuers.issuer_for(NOVEMBER).vat_number == "GB 123 4567 82"
    assert levy_issuers.issuer_for(date(2026, 10, 31)).vat_number is None
    words = text_of(client.get(page))
    assert "November 2026 Care Market Ltd GB 123 4567 82 Olive Operator Otto Operator" in words
