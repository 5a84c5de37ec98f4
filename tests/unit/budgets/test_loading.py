"""Files as councils export them are read whatever their spelling, and each bad row says what to change."""

import csv
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from budgets.loading.columns import HEADINGS, BudgetRow, RefusedRow, columns_of, find_columns, parse_map, read_row
from budgets.loading.reading import Shape, UnreadableFile, heading_key, rows_below, shape_of
from budgets.loading.refused import refused_csv
from budgets.loading.totals import ControlTotals, Survey, survey
from marketplace.kernel.rails import Rail

HEADER = "reference,person_reference,name,postcode,rail,pot,amount,starts_on,ends_on,review_on"
GOOD = "B1,P1,Ida Cole,DL3 7TX,direct_payment,Respite,5200.00,2026-04-01,31/03/2027,01/10/2026"


def on_disk(data: str | bytes, mapped: dict[str, str] | None = None) -> tuple[Path, Shape, dict[str, int]]:
    """The file as it lies in a folder, how it is written, and its columns."""
    path = Path(tempfile.mkdtemp()) / "budgets.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    shape = shape_of(path, {*HEADINGS, *map(heading_key, (mapped or {}).values())})
    return path, shape, columns_of(shape.header, mapped)


def rows(data: str | bytes, mapped: dict[str, str] | None = None) -> list[BudgetRow | RefusedRow]:
    path, shape, columns = on_disk(data, mapped)
    read = [read_row(number, cells, columns) for number, cells, is_total in rows_below(path, shape) if not is_total]
    survey(rows_below(path, shape), columns)
    return read


def totals(data: str) -> Survey:
    path, shape, columns = on_disk(data)
    return survey(rows_below(path, shape), columns)


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
        ({"amount": "-5"}, "amount is below £0.00"),
        ({"amount": "(5.00)"}, "amount is below £0.00"),
        ({"amount": "12.345"}, "amount has parts of a penny"),
        ({"amount": "5.200,00"}, "amount is not an amount"),
        ({"amount": "=A1+A2"}, "amount is not an amount"),
        ({"name": "=HYPERLINK(1)"}, "name begins with = like a formula"),
        ({"person_reference": "@SUM(1)"}, "person_reference begins with @ like a formula"),
        ({"pot": "+1"}, "pot begins with + like a formula"),
        ({"ends_on": "31/06/2026"}, "ends_on is a day that does not exist"),
        ({"amount": "1000000.01"}, "amount is above"),
        ({"starts_on": ""}, "starts_on is empty"),
        ({"starts_on": "April"}, "starts_on is not a date"),
        ({"starts_on": "31/02/2026"}, "starts_on is a day that does not exist"),
        ({"starts_on": "04/31/2026"}, "starts_on is a day that does not exist"),
        ({"starts_on": "46113"}, "starts_on is 46113, Excel’s number for a day"),
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
        rows(data)


def test_a_file_of_windows_is_read_with_its_letters() -> None:
    read = rows(f"{HEADER}\r\n{GOOD.replace('Ida', 'Zoë')}\r\n".encode("cp1252"))
    assert isinstance(read[0], BudgetRow) and read[0].name == "Zoë Cole"
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        read = rows(f"{HEADER}\r\n{GOOD.replace('Ida', 'Zoë')}\r\n".encode(encoding))
        assert isinstance(read[0], BudgetRow) and read[0].name == "Zoë Cole", encoding


@pytest.mark.parametrize("text", ["5/4/2026", "05/04/2026", "2026-04-05", "5 April 2026"])
def test_the_last_day_of_a_tax_year_is_not_the_fourth_of_may(text: str) -> None:
    row = one(starts_on="6/4/2025", ends_on=text)
    assert isinstance(row, BudgetRow) and (row.starts_on, row.ends_on) == (date(2025, 4, 6), date(2026, 4, 5))


def test_tabs_merged_cells_and_a_heading_row_said_again_are_forgiven_or_said_in_words() -> None:
    merged = "\t".join(["", "", *GOOD.split(",")[2:]])
    read = rows(
        "\r\n".join(["\t".join(HEADER.split(",")), GOOD.replace(",", "\t"), "", HEADER.replace(",", "\t"), merged])
    )
    assert isinstance(read[0], BudgetRow) and len(read) == 2
    assert isinstance(read[1], RefusedRow) and read[1].row_number == 5
    assert "reference is empty: fill it in. Merged cells fill only their first row." in read[1].words


def test_headings_that_say_nothing_to_us_wait_for_somebody_who_chooses() -> None:
    path, text = (
        Path(tempfile.mkdtemp()) / "x.csv",
        "Ref A,Ref B,Who,How,Sum,First,Last\nB1,P1,Ida Cole,dp,5,1/4/26,x\n",
    )
    path.write_text(f"Export of spring\n{text}")
    shape = shape_of(path, HEADINGS)
    assert (shape.header_row, shape.header[:3]) == (2, ("Ref A", "Ref B", "Who"))
    mapped = {"amount": "Sum", "reference": "Ref A", "pot": ""}
    assert find_columns(shape.header, mapped) == {"amount": 4, "reference": 0}
    assert find_columns(("Pot", "Amount"), {"pot": ""}) == {"amount": 1}


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("TRAILER,2,10400.00", ControlTotals(2, 1_040_000)),
        ('Control total,2,"£10,400.00",,,,,,,', ControlTotals(2, 1_040_000)),
        (",,,,,Total,10400,,,", ControlTotals(None, 1_040_000)),
        ("", ControlTotals()),
    ],
)
def test_the_last_row_may_say_the_control_totals(last: str, said: ControlTotals) -> None:
    second = GOOD.replace("B1", "B2")
    found = totals(f"{HEADER}\n{GOOD}\n{second}\n{last}\n")
    assert (found.row_count, found.pence, found.said) == (2, 1_040_000, said)
    assert found.disagreements(found.said) == {}
    short = totals(f"{HEADER}\n{GOOD}\n{last}\n")
    assert bool(short.disagreements(short.said)) == bool(last)


def test_control_totals_count_the_bad_rows_too_and_what_several_rows_share() -> None:
    amounts = ("-5.00", "0.005", "lots", "£1,000.00")
    text = "\n".join([HEADER, *(GOOD.replace("5200.00", f'"{amount}"') for amount in amounts)])
    found = totals(text)
    assert (found.row_count, found.pence, found.without_amount) == (4, 99_501, 1)
    assert found.repeated == {"rB1", "pP1"}
    with pytest.raises(UnreadableFile, match="Row 3 stands below the control totals"):
        totals(f"{HEADER}\nTRAILER,1,5200\n{GOOD}\n")


def test_refused_rows_come_home_with_the_reason_last_and_can_be_read_again() -> None:
    bad = GOOD.replace("5200.00", "-5.00").replace("Ida Cole", "=1+1")
    path, shape, columns = on_disk(f"{HEADER}\n{bad}\n")
    number, cells, _ = next(rows_below(path, shape))
    refused = read_row(number, cells, columns)
    assert isinstance(refused, RefusedRow)
    home = refused_csv(shape.header, [(refused, cells)])
    line = list(csv.reader(home.decode("utf-8-sig").splitlines()))[1]
    assert line[-2] == "2" and line[-1] == refused.words and "'-5.00" in line and "'=1+1" in line
    again = rows(home)[0]
    assert isinstance(again, RefusedRow) and again.words == refused.words
    mended = rows(home.replace(b"'-5.00", b"5.00").replace(b"'=1+1", b"Ida Cole"))[0]
    assert isinstance(mended, BudgetRow) and (mended.amount_pence, mended.name) == (500, "Ida Cole")


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
        read = rows(data)
    except UnreadableFile as error:
        assert str(error).endswith(".")
        return
    assert read and all(isinstance(row, RefusedRow) == bool(getattr(row, "reasons", ())) for row in read)


@pytest.mark.parametrize(
    ("changes", "pence"),
    [
        ({"every": "weekly", "amount": "100.00"}, 521_429),  # 365 days are 52 weeks and a day: 52.142857 times
        ({"every": "4-weekly", "amount": "400.00"}, 521_429),
        ({"every": "Year", "amount": "5200.00"}, 520_000),
        ({"every": "", "amount": "5200.00"}, 520_000),
        ({"every": "year", "amount": "5200.00", "contribution": "200.00"}, 500_000),
        ({"every": "week", "amount": "100.00", "contribution": "£15.50", "ends_on": "2026-04-14"}, 16_900),
        ({"contribution": "200"}, 500_000),
    ],
)
def test_an_amount_for_each_week_or_year_is_what_it_comes_to_in_its_days(changes: dict[str, str], pence: int) -> None:
    row = with_how_often(**changes)
    assert isinstance(row, BudgetRow) and row.amount_pence == pence


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"every": "fortnight"}, "every is none of week, four weeks or year"),
        ({"contribution": "5200.01"}, "contribution is more than amount"),
        ({"contribution": "-1"}, "contribution is below £0.00"),
        ({"contribution": "1.005"}, "contribution has parts of a penny"),
        ({"every": "week", "amount": "900000.00"}, "comes to more than £1,000,000.00 for these dates"),
    ],
)
def test_how_often_and_contributions_that_make_no_sense_are_refused(changes: dict[str, str], word: str) -> None:
    row = with_how_often(**changes)
    assert isinstance(row, RefusedRow) and len(row.reasons) == 1 and word in row.words


def with_how_often(**changes: str) -> BudgetRow | RefusedRow:
    header = f"{HEADER},every,contribution"
    values = dict(zip(header.split(","), f"{GOOD},,".split(","), strict=True)) | changes
    return rows(f"{header}\n" + ",".join(f'"{value}"' for value in values.values()))[0]
