"""Whatever bytes are uploaded: rows, reasons, or one sentence; never another error, and never for long."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.importing import RefusedRow, UnreadableFile, read_directory, read_providers
from catalogue.importing.cleaning import clean_lines, mend_telephone, na, tidy_address, tidy_date, tidy_website
from catalogue.importing.people import EMAIL, is_private_person, publishable_email

GM_HEADER = "name,type,address,postcode,telephone,website,area_name,area_code,lon,lat\n"
FOOD_HEADER = "Name,Referral method,Opening times,Address,Postcode,Contact,Website,Area name,Area code\r\n"
cells = st.lists(st.text(max_size=30), min_size=1, max_size=11).map(lambda row: ",".join(row) + "\n")


@settings(max_examples=150, deadline=None)
@given(body=st.lists(cells, min_size=1, max_size=6).map("".join))
def test_any_text_below_a_known_header_gives_rows_or_reasons(body: str) -> None:
    for header, read in ((GM_HEADER, read_providers), (FOOD_HEADER, read_directory)):
        try:
            rows: Iterator[object] = read((header + body).encode("utf-8", errors="replace"))  # type: ignore[operator]
        except UnreadableFile as refusal:
            assert "\n" not in str(refusal)
            continue
        for row in rows:
            assert row.reason if isinstance(row, RefusedRow) else row.name  # type: ignore[attr-defined]


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_refused_in_one_sentence_or_read(data: bytes) -> None:
    for read in (read_providers, read_directory):
        with pytest.raises(UnreadableFile) as refusal:
            read(data)  # type: ignore[operator]
        assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    "unit", ["a", "a.", "a@", "<a", "&lt;", "0 ", "07", "( ", "http://a.", "-", "x ", "Mr ", ", ", "A. "]
)
def test_a_huge_cell_is_done_with_at_once(unit: str) -> None:
    cell = unit * (120_000 // len(unit))
    before = time.perf_counter()

    for clean in (na, clean_lines, tidy_address, tidy_date, mend_telephone, tidy_website, is_private_person):
        clean(cell)
    EMAIL.findall(cell)
    publishable_email(cell, known=cell[:200])

    assert time.perf_counter() - before < 3
