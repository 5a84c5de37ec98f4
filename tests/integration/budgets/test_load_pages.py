"""A file of budgets is chosen, looked at, confirmed and reported; its bad rows come home with what to do."""

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from budgets.domain.loads import LoadState
from budgets.models import BudgetLoad, PersonalBudget
from marketplace.database import db, transaction
from tests.browser import submit, text_of
from tests.integration.budgets.town import Town, Visit, council_id

FILE = (
    "reference,person_reference,name,postcode,rail,pot,amount,starts_on,ends_on,review_on\n"
    "B5,P5,Ida Cole,DL3 7TX,dp,Respite,5200.00,2026-04-01,31/03/2027,\n"
    "B6,P6,=HYPERLINK(1),DL3 7TX,cash machine,,5,2026-04-01,2027-03-31,\n"
    "B7,P7,Al Day,,isf,,£12,2026-04-01,soon,\n"
)


def upload(client: FlaskClient, text: str = FILE, name: str = "budgets.csv") -> Any:
    data = {"council_id": council_id(), "file": (BytesIO(text.encode()), name)}
    return submit(client, "/council/budgets/load", data, content_type="multipart/form-data")


def test_a_file_with_two_bad_rows_is_looked_at_confirmed_and_reported(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    answer = upload(client)
    assert answer.status_code == 302
    page = text_of(client.get(answer.location))
    for words in (
        "Nothing is changed yet.",
        "Sum of the amounts of good rows £5,200.00",
        "2 rows were refused",
        "rail is none of direct_payment, council_managed or isf",
        "ends_on is not a date: write it like 2026-04-01 or 01/04/2026.",
        "Take 1 good row",
    ):
        assert words in page, words
    refused = submit(client, answer.location, {"rows": "4", "pence": "5,217"}, to=f"{answer.location}/confirm")
    assert "This file has 3 rows, not 4." in text_of(refused) and 'value="4"' in refused.get_data(as_text=True)
    refused = submit(client, answer.location, {}, to=f"{answer.location}/confirm")
    assert "Enter how many rows your system says that it exported" in text_of(refused)
    assert db.session.scalar(select(PersonalBudget.id).where(PersonalBudget.reference == "B5")) is None
    submit(client, answer.location, {"rows": "3", "pence": "5,217"}, to=f"{answer.location}/confirm")
    page = text_of(client.get(answer.location))
    assert "New budgets 1" in page and "Refused 2" in page and "Take 1 good row" not in page
    assert "Ida Cole" in text_of(client.get("/council/budgets?q=P5"))
    refused = client.get(f"{answer.location}/refused.csv")
    assert refused.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = refused.get_data(as_text=True).lstrip("\ufeff").splitlines()
    assert lines[0].endswith("review_on,Row in the file,What to do")
    assert ',3,"name begins with =' in lines[1] and "'=HYPERLINK(1)" in lines[1]
    again = upload(client, FILE.replace("cash machine", "managed"))
    assert "No change 1" in text_of(client.get(again.location))


def test_a_heading_that_a_spreadsheet_would_run_is_plain_text(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    header, _, rows = FILE.partition("\n")
    loaded = upload(client, f"{header},=HYPERLINK(2)\n{rows}")
    lines = client.get(f"{loaded.location}/refused.csv").get_data(as_text=True).splitlines()
    assert ",'=HYPERLINK(2)" in lines[0]


def test_the_refused_rows_mended_in_their_own_file_can_be_loaded(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    first = upload(client)
    mended = client.get(f"{first.location}/refused.csv").get_data(as_text=True)
    mended = mended.replace("cash machine", "managed").replace("soon", "2027-03-31").replace("'=HYPERLINK(1)", "Bo Lee")
    page = text_of(client.get(upload(client, mended).location))
    assert "New budgets 2" in page and "Refused rows 0" in page


def test_every_column_that_is_missing_is_asked_for_at_once_by_its_name(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    columns = upload(client, "Agreement,Client,Money,To,From,Who\n1,2,3,4,5,6\n").location + "/columns"
    page = submit(client, columns, {"ends_on": "To", "starts_on": "From"})
    for words in ("Your reference of the budget", "The person’s name", "How it is paid", "The amount for its dates"):
        assert text_of(page).count(f"Choose the column for “{words}”") == 2
    assert '<option value="From" selected>From' in page.get_data(as_text=True)
    assert "Choose the column for “First day”" not in text_of(page)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "This file is empty."),
        ("a,b\n1,2\n", "No row of this file has the headings"),
        ("PK\x03\x04", "Save it as CSV"),
    ],
)
def test_a_file_that_cannot_be_read_says_so_beside_its_box(town: Town, visit: Visit, text: str, words: str) -> None:
    page = upload(visit(town.finance[0]), text)
    assert page.status_code == 200 and words in text_of(page)
    assert db.session.scalar(select(BudgetLoad.id)) is None


def test_no_file_at_all_and_one_of_50_megabytes_are_clear_pages(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    page = submit(client, "/council/budgets/load", {"council_id": council_id()}, content_type="multipart/form-data")
    assert "Choose a CSV file" in text_of(page)
    body = b"--edge\r\n" + b"x" * 50_000_000 + b"\r\n--edge--\r\n"
    page = client.post("/council/budgets/load", data=body, content_type="multipart/form-data; boundary=edge")
    assert page.status_code == 413 and "That file is too large" in text_of(page)


def test_files_of_another_council_are_not_there(town: Town, visit: Visit) -> None:
    location = upload(visit(town.finance[0])).location
    other = visit(town.elsewhere[0])
    for path in (location, f"{location}/refused.csv"):
        assert other.get(path).status_code == 404
    assert submit(other, "/council/budgets/load", {}, to=f"{location}/confirm").status_code == 404
    data = {"council_id": council_id(), "file": (BytesIO(FILE.encode()), "x.csv")}
    page = submit(other, "/council/budgets/load", data, content_type="multipart/form-data")
    assert "Choose one of the answers" in text_of(page)
    assert db.session.scalar(select(PersonalBudget.id).where(PersonalBudget.reference == "B5")) is None


def test_the_example_can_be_loaded_as_it_is(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    example = client.get("/council/budgets/load/example.csv").get_data(as_text=True)
    assert "New budgets 1" in text_of(client.get(upload(client, example).location))


def test_while_a_file_is_checked_its_page_says_once_how_far_it_is(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    page = upload(client).location
    with transaction():
        db.session.execute(update(BudgetLoad).values(state=LoadState.CHECKING, rows_done=1))
    words = text_of(client.get(page))
    assert "Your file is being checked." in words
    assert words.count("1 of 3") == 1
