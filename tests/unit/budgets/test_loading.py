"""Files as councils export them are read whatever their spelling, and each bad row says what to change."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from budgets.loading.columns import HEADINGS, BudgetRow, RefusedRow, columns_of, parse_map, read_row
from budgets.loading.reading import UnreadableFile, decode, heading_key, read_table
from marketplace.kernel.rails import Rail

HEADER = "reference,person_reference,name,postcode,rail,pot,amount,starts_on,ends_on,review_on"
GOOD = "B1,P1,Ida Cole,DL3 7TX,direct_payment,Respite,5200.00,2026-04-01,31/03/2027,01/10/2026"


def rows(text: str, mapped: dict[str, str] | None = None) -> list[BudgetRow | RefusedRow]:
    headings = dict(HEADINGS) | {heading_key(h): f for f, h in (mapped or {}).items()}
    table = read_table(text, headings)
    columns = columns_of(table, mapped)
    return [read_row(number, cells, columns) for number, cells in table.rows]


def one(**changes: str) -> BudgetRow | RefusedRow:
    values = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | changes
    return rows(f"{HEADER}\n" + ",".join(f'"{value}"' for value in values.values()))[0]


def test_a_good_row_is_read_with_both_kinds_of_dates() -> None:
    assert one() == BudgetRow(
        2,
        "B1",
        "P1",
        "Ida Cole",
        "DL3 7TX",
        Rail.DIRECT_PAYMENT,
        "Respite",
        520_000,
        date(2026, 4, 1),
        date(2027, 3, 31),
        date(2026, 10, 1),
        None,
    )


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"reference": ""}, "reference is empty"),
        ({"person_reference": "x" * 41}, "person_reference is longer than 40"),
        ({"name": " "}, "name is empty"),
        ({"postcode": "DL99"}, "postcode is not a postcode"),
        ({"rail": "own_money"}, "rail is none of"),
        ({"rail": ""}, "rail is none of"),
        ({"amount": "lots"}, "amount is not an amount"),
        ({"amount": "-5"}, "amount is not an amount"),
        ({"amount": "12.345"}, "amount is not an amount"),
        ({"amount": "1000000.01"}, "amount is above"),
        ({"starts_on": ""}, "starts_on is empty"),
        ({"starts_on": "April"}, "starts_on is not a date"),
        ({"starts_on": "31/02/2026"}, "starts_on is a day that does not exist"),
        ({"starts_on": "04/31/2026"}, "starts_on is a day that does not exist"),
        ({"starts_on": "46113"}, "starts_on is 46113, Excel's number for a day"),
        ({"starts_on": "1-Avr-26"}, "starts_on is not a date"),
        ({"starts_on": "31-Jun-26"}, "starts_on is a day that does not exist"),
        ({"ends_on": "1926-04-01"}, "ends_on has a year that cannot be right"),
        ({"ends_on": "2026-03-31"}, "ends_on is before starts_on"),
        ({"review_on": "soon"}, "review_on is not a date"),
        ({"pot": "x" * 61}, "pot is longer than 60"),
    ],
)
def test_a_bad_cell_says_its_column_and_what_to_do(changes: dict[str, str], word: str) -> None:
    row = one(**changes)
    assert isinstance(row, RefusedRow)
    assert row.row_number == 2 and word in row.words


def test_everything_wrong_with_a_row_is_said_at_once_and_no_name_among_it() -> None:
    row = one(amount="x", rail="y", ends_on="z")
    assert isinstance(row, RefusedRow)
    assert len(row.reasons) == 3
    assert "Ida" not in row.words


@pytest.mark.parametrize("amount", ["5200", "£5,200.00", "5200.0", " 5200 "])
def test_amounts_are_read_as_people_write_them(amount: str) -> None:
    row = one(amount=amount)
    assert isinstance(row, BudgetRow) and row.amount_pence == 520_000


@pytest.mark.parametrize(
    ("word", "rail"),
    [
        ("DP", Rail.DIRECT_PAYMENT),
        ("Direct Payment", Rail.DIRECT_PAYMENT),
        ("Council-managed", Rail.COUNCIL_MANAGED),
        ("managed budget", Rail.COUNCIL_MANAGED),
        ("Individual Service Fund", Rail.ISF),
    ],
)
def test_ways_of_paying_are_read_in_councils_words(word: str, rail: Rail) -> None:
    row = one(rail=word)
    assert isinstance(row, BudgetRow) and row.rail is rail


@pytest.mark.parametrize(
    "text",
    ["1/4/2026", "01.04.2026", "2026/04/01", "2026-04-01 00:00:00", "01-04-2026", "01-Apr-26", "1 APRIL 2026"],
)
def test_dates_are_read_as_exports_write_them(text: str) -> None:
    row = one(starts_on=text)
    assert isinstance(row, BudgetRow) and row.starts_on == date(2026, 4, 1)


def test_headings_in_other_words_semicolons_a_title_above_and_empty_rows_are_forgiven() -> None:
    text = (
        "Export of 3 March;;;;;;\n\n"
        "Budget Ref;Client ID;Full Name;Payment Method;Annual Amount;Start Date;End Date\n"
        "B1;P1;Ida Cole;DP;£5,200.00;01/04/2026;31/03/2027\n"
        ";;;;;;\n"
        "B2;P2;Tom Ray;isf;100;01/04/2026;31/03/2027\n"
    )
    read = rows(text)
    assert [(row.row_number, row.reference) for row in read] == [(4, "B1"), (6, "B2")]
    assert all(isinstance(row, BudgetRow) and row.pot == "Personal budget" for row in read)


def test_a_map_gives_headings_that_nobody_could_guess() -> None:
    text = "X1,X2,X3,rail,amount,starts_on,ends_on\nB1,P1,Ida Cole,dp,5,2026-04-01,2027-03-31\n"
    mapped = parse_map("reference=X1, person_reference=X2,name=X3")
    read = rows(text, mapped)
    assert isinstance(read[0], BudgetRow) and (read[0].reference, read[0].name) == ("B1", "Ida Cole")
    with pytest.raises(UnreadableFile, match="These columns are missing: reference, person_reference, name"):
        rows(text)


@pytest.mark.parametrize("text", ["colour=Red", "reference=", "reference"])
def test_a_map_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(UnreadableFile, match="Write the map as"):
        parse_map(text)


def test_two_headings_for_one_column_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="could be the column amount"):
        rows(f"{HEADER},Annual Amount\n{GOOD},7\n")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"  \n \n", "empty"),
        (b"PK\x03\x04zip", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"a\x00b", "not text"),
        (b"just,some,words\n1,2,3\n", "No row of this file"),
        (HEADER.encode(), "no rows below"),
        (b'"' + HEADER.encode() + b"\n" + GOOD.encode() * 20_000, "never closed"),
    ],
)
def test_a_file_that_is_no_list_of_budgets_is_one_sentence(data: bytes, word: str) -> None:
    with pytest.raises(UnreadableFile, match=word):
        rows(decode(data))


def test_a_file_of_windows_is_read_with_its_letters() -> None:
    read = rows(decode(f"{HEADER}\r\n{GOOD.replace('Ida', 'Zoë')}\r\n".encode("cp1252")))
    assert isinstance(read[0], BudgetRow) and read[0].name == "Zoë Cole"
    read = rows(decode(f"{HEADER}\r\n{GOOD}\r\n".encode("utf-16")))
    assert isinstance(read[0], BudgetRow)


def test_a_row_with_too_few_cells_is_refused_alone() -> None:
    read = rows(f"{HEADER}\nB9,P9\n{GOOD}\n")
    assert isinstance(read[0], RefusedRow) and isinstance(read[1], BudgetRow)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(lambda text: f"{HEADER}\n{text}".encode("utf-8", "surrogatepass")),
        st.lists(st.text(alphabet='",;\n\r\t£0123456789-/ abc', max_size=20), max_size=40).map(
            lambda cells: f"{HEADER}\n{','.join(cells)}".encode()
        ),
    )
)
def test_whatever_the_file_it_is_rows_or_one_sentence_and_never_a_crash(data: bytes) -> None:
    try:
        read = rows(decode(data))
    except UnreadableFile as error:
        assert str(error).endswith(".")
        return
    assert read and all(isinstance(row, RefusedRow) == bool(getattr(row, "reasons", ())) for row in read)
