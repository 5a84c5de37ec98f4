import io
from pathlib import Path

import pytest

from catalogue.importing.records import RefusedRow
from catalogue.importing.rows import Table, UnreadableFile, read_table

SIMPLE = "name,postcode\nAsh House,DL3 7TX\nÉlan,DL1 1AA\n"


def rows_of(table: Table) -> list[tuple[int, dict[str, str]]]:
    return [(row[0], dict(row[1])) for row in table.rows if not isinstance(row, RefusedRow)]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (SIMPLE.encode(), "utf-8"),
        (SIMPLE.encode("utf-8-sig"), "utf-8"),
        (SIMPLE.encode("cp1252"), "windows-1252"),
        (SIMPLE.encode("utf-16"), "utf-16"),
        (SIMPLE.replace("\n", "\r\n").encode(), "utf-8"),
        (SIMPLE.replace("\n", "\r").encode(), "utf-8"),
        (SIMPLE.rstrip("\n").encode(), "utf-8"),
    ],
)
def test_every_encoding_and_line_end_gives_the_same_rows(data: bytes, encoding: str) -> None:
    table = read_table(data)

    assert table.encoding == encoding
    assert table.header == ("name", "postcode")
    assert rows_of(table) == [
        (2, {"name": "Ash House", "postcode": "DL3 7TX"}),
        (3, {"name": "Élan", "postcode": "DL1 1AA"}),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "¬"])
def test_the_delimiter_is_found_though_others_stand_in_the_text(delimiter: str) -> None:
    text = "name;about;postcode\nAsh House;Meals and tea and more;DL3 7TX\nElm House;Walks;DL1 1AA\n"
    data = text.replace(";", delimiter).replace(" and ", "; " if delimiter != ";" else ", ").encode()

    table = read_table(data)

    assert table.delimiter == delimiter
    assert [cells["postcode"] for _, cells in rows_of(table)] == ["DL3 7TX", "DL1 1AA"]


def test_a_quotation_mark_in_a_file_that_never_quotes_swallows_nothing() -> None:
    data = 'name¬town\r\n"The Elms¬Bury\r\nAsh House¬Bolton\r\n'.encode("cp1252")

    assert rows_of(read_table(data)) == [
        (2, {"name": '"The Elms', "town": "Bury"}),
        (3, {"name": "Ash House", "town": "Bolton"}),
    ]


def test_line_breaks_inside_a_cell_do_not_shift_row_numbers() -> None:
    data = b'name,hours\r\nAsh House,"Monday\nTuesday\n\nFriday"\r\n\r\nElm House,Sunday\r\n'

    assert rows_of(read_table(data)) == [
        (2, {"name": "Ash House", "hours": "Monday\nTuesday\n\nFriday"}),
        (4, {"name": "Elm House", "hours": "Sunday"}),  # row 3 is empty, as a spreadsheet shows it
    ]


def test_lines_before_the_header_are_kept_apart() -> None:
    data = (
        b"CQC Locations data,,,\n,,,\nThis data was produced on 19 August 2026,,,\n,,,\n"
        b"Name,Address,Postcode,Service types\nAsh House,1 Road,DL3 7TX,Homecare agencies\n"
    )

    for is_header in (None, lambda keys: "service types" in keys):
        table = read_table(data, is_header=is_header)
        assert table.header_row == 5
        assert table.preamble == ("CQC Locations data", "This data was produced on 19 August 2026")
        assert [number for number, _ in rows_of(table)] == [6]


def test_a_quotation_mark_that_is_never_closed_costs_one_row() -> None:
    # The quotation mark far below would close it, and swallow all rows between.
    rows = "".join(f"House {n},DL3 7TX\n" for n in range(499)) + '"Oak House",DL1 1AA\n'
    table = read_table(f'name,postcode\nAsh House,DL3 7TX\n"Elm House,DL1 1AA\n{rows}'.encode())
    found = list(table.rows)

    refused = [row for row in found if isinstance(row, RefusedRow)]
    assert [(row.row_number, row.reason) for row in refused] == [(3, "a quotation mark is opened and never closed")]
    assert len(found) == 502


def test_an_open_quotation_mark_near_the_end_costs_one_row_too() -> None:
    table = read_table(b'name,postcode\n"Elm House,DL1 1AA\nAsh House,DL3 7TX\n')

    assert [isinstance(row, RefusedRow) for row in table.rows] == [True, False]


def test_a_row_with_too_many_cells_is_refused_and_a_short_one_filled() -> None:
    table = read_table(b"name,address,postcode\nAsh,1 Road, Bury,DL3 7TX\nElm,2 Road\nOak,3 Road,DL1 1AA,,\n")
    found = list(table.rows)

    assert isinstance(found[0], RefusedRow)
    assert found[0].row_number == 2
    assert "4 cells where the header has 3" in found[0].reason
    assert found[1] == (3, {"name": "Elm", "address": "2 Road", "postcode": ""})
    assert found[2] == (4, {"name": "Oak", "address": "3 Road", "postcode": "DL1 1AA"})


def test_two_columns_of_one_name_are_told_apart() -> None:
    table = read_table(b"Name,Phone,phone \nAsh,1,2\nElm,3,4\n")

    assert rows_of(table)[0] == (2, {"name": "Ash", "phone": "1", "phone 2": "2"})


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf \r\n\n", "The file is empty."),
        (b"name,postcode\n", "The file has a header but no rows below it."),
        (b"PK\x03\x04rest", "open it in a spreadsheet and save it as CSV."),
        (b"%PDF-1.7", "The file is a PDF"),
        (b"name,postcode\nA\x00B,DL3 7TX\n", "is not a text file"),
        (b'"DL1 1AA",10,429177,514182\n"DL1 1AG",10,430024,514281\n', "has no header row"),
        (b"Ash House,info@ash.org\nElm House,info@elm.org\n", "has no header row"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        read_table(data)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_missing_files_folders_and_giants_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="There is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(UnreadableFile, match="is a folder"):
        read_table(tmp_path)
    big = tmp_path / "big.csv"
    big.write_bytes(b"name,postcode\n" + b"x,y\n" * 400_000)
    with pytest.raises(UnreadableFile, match=r"big\.csv is larger than 1 MB"):
        read_table(big, max_bytes=1024 * 1024)
    assert read_table(big).header == ("name", "postcode")


def test_uploads_are_read_as_files_are() -> None:
    assert len(rows_of(read_table(io.BytesIO(SIMPLE.encode())))) == 2
