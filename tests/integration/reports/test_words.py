"""What a report says of what it shows: its sentences, the notes under its charts, and where the hidden stands."""

import csv
import io
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from tests.browser import text_of
from tests.integration.reports.purchases import NOW, a_reader, a_town, buy, people


def test_no_sentence_says_most_where_what_is_hidden_may_be_more(app: Flask, client: FlaskClient) -> None:
    town = a_town()
    buy(town, people(town, 20, postcode="DL1 1AA"), pence=1_000)
    buy(town, people(town, 4, postcode="DL2 2AA"), pence=9_000)
    buy(town, people(town, 9, postcode="DL3 7TX"), pence=1_500)
    a_reader(client)
    page = text_of(client.get("/reports"))
    assert "Of what is shown, most was spent for people in DL1, £200.00" in page
    assert "Most was spent for people in DL1" not in page
    assert "Most was spent on home care by the hour" in page  # all of it: nothing is hidden there


def test_most_is_said_where_all_that_is_hidden_is_less(app: Flask, client: FlaskClient) -> None:
    town = a_town()
    buy(town, people(town, 20, postcode="DL1 1AA"), pence=1_000)
    buy(town, people(town, 4, postcode="DL2 2AA"), pence=1_000)
    buy(town, people(town, 9, postcode="DL3 7TX"), pence=1_000)
    a_reader(client)
    assert "Most was spent for people in DL1, £200.00" in text_of(client.get("/reports"))


def test_a_change_is_the_largest_of_what_is_shown_when_something_is_hidden(app: Flask, client: FlaskClient) -> None:
    town = a_town()
    twenty = people(town, 20)
    for days, pence in ((60, 1_000), (30, 2_000)):
        buy(town, twenty, pence=pence, at=NOW - timedelta(days=days))
        buy(town, twenty[:4], pence=900, category="gardening", at=NOW - timedelta(days=days))
        buy(town, twenty[4:8], pence=900, category="meals", at=NOW - timedelta(days=days))
    a_reader(client)
    assert "Of what is shown, Home care by the hour changed most: £400.00 in October" in text_of(client.get("/reports"))


def test_a_note_under_a_chart_says_what_it_leaves_out_and_nothing_else(app: Flask, client: FlaskClient) -> None:
    town = a_town()
    twenty = people(town, 20, postcode="DL1 1AA")
    buy(town, twenty, pence=1_050)
    buy(town, twenty, pence=1_051, at=NOW - timedelta(days=30))
    buy(town, people(town, 9, postcode="DL2 2AA"), pence=1_000)
    a_reader(client)
    page = text_of(client.get("/reports"))
    assert "not drawn" not in page
    assert "are drawn" not in page
    assert "A gap is a month" not in page
    assert "£90.00" in page  # beside £420.00: with pence, as others of the chart have some
    buy(town, people(town, 4, postcode="DL3 7TX"), pence=1_000, at=NOW - timedelta(days=60))
    page = text_of(client.get("/reports"))
    assert "What is hidden is not drawn." in page
    assert "A gap is a month that is hidden." in page


def test_what_is_hidden_stands_by_name_at_the_end_with_words_in_place_of_its_figures(
    app: Flask, client: FlaskClient
) -> None:
    town = a_town()
    twenty = people(town, 20)
    buy(town, twenty, pence=5_000)
    for number, category in enumerate(("technology", "gardening", "meals")):  # no order of their names
        buy(town, twenty[4 * number : 4 * number + 4], pence=1_000 * (number + 1), category=category)
    a_reader(client)
    table = list(csv.reader(io.StringIO(client.get("/reports/export/category.csv").text)))[1:]
    rows = [row[0] for row in table]
    hidden = [row[0] for row in table if row[1].startswith("fewer")]
    assert hidden == ["Alarms and technology", "Gardening", "Meals brought to you"]
    assert rows == ["Home care by the hour", *hidden, "In all"]
    html = client.get("/reports").get_data(as_text=True)
    assert html.count('colspan="3">fewer than 5 or protected</td>') >= 3
