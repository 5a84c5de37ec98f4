"""The tables of a report as files: the same figures hidden, and no formulas."""

import csv
import io

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from marketplace.accounts.models import Organisation
from marketplace.database import db, transaction
from tests.integration.reports.purchases import a_reader, a_town, buy, people


def _csv(client: FlaskClient, name: str, query: str = "") -> list[list[str]]:
    response = client.get(f"/reports/export/{name}.csv?{query}")
    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(response.get_data(as_text=True).lstrip("\ufeff"))))


def test_every_table_can_be_taken_away_and_hides_the_same(app: Flask, client: FlaskClient) -> None:
    town = a_town()
    buy(town, people(town, 20, postcode="DL1 1AA"), pence=5_000)
    buy(town, people(town, 9, postcode="DL2 2AA"), pence=1_000)
    buy(town, people(town, 4), pence=3_333)
    a_reader(client)
    rows = _csv(client, "area")
    assert rows[0] == ["Area (first half of the postcode)", "Spent (£)", "People", "Purchases"]
    hidden = ["fewer than 5 or protected"] * 3
    assert rows[1:] == [
        ["DL1", "1000.00", "20", "20"],
        ["DL2", *hidden],
        ["DL3", *hidden],
        ["In all", "1223.32", "33", "33"],
    ]
    for name in ("category", "month", "funding", "provider", "prices", "comparison", "missing"):
        assert _csv(client, name)
    assert client.get("/reports/export/people.csv").status_code == 404


def test_a_providers_name_is_no_formula_in_a_spreadsheet(app: Flask, client: FlaskClient) -> None:
    town = a_town()
    buy(town, people(town, 6))
    with transaction():
        db.session.execute(
            update(Organisation).where(Organisation.id == town.organisation_id).values(name='=HYPERLINK("http://x")')
        )
    a_reader(client)
    assert _csv(client, "provider")[1][0] == '\'=HYPERLINK("http://x")'
