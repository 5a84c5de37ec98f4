"""Papers: what a PDF of ours holds, for eyes, for screen readers and for whoever compares bytes."""

import io
from dataclasses import replace

import pypdf
import pytest

from marketplace.ui import pdf
from marketplace.ui.pdf import Address, Column, Paper, Sheet, pdf_of

PAPER = Paper(
    title="Levy invoice L-000012",
    author="Care Market",
    addresses=(Address("To", ("Bright & Sons #1", "DL1 1AA")), Address("From", ("Care Market",))),
    facts=(("Number", "L-000012"),),
    opening=("This is paid.",),
    tables=(
        Sheet(
            "Orders",
            (Column("Order"), Column("What", wide=True), Column("Levy", money=True)),
            tuple((f"K7QM-{n:04}", "Two hours of help", "£1.35") for n in range(120)),
            ("Together", "", "£162.00"),
        ),
    ),
    totals=(("VAT at 20%", "£27.00"), ("Levy", "£162.00")),
    closing=("Questions? Call us.",),
    footer="Levy invoice L-000012",
)


def _read(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data), strict=True)


def _text(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in _read(data).pages)


def _tags(node: object, found: list[str]) -> list[str]:
    if isinstance(node, pypdf.generic.ArrayObject):
        for kid in node:
            _tags(kid.get_object(), found)
    elif isinstance(node, pypdf.generic.DictionaryObject):
        if "/S" in node:
            found.append(str(node["/S"]))
        if "/K" in node:
            _tags(node["/K"].get_object(), found)
    return found


def test_a_paper_is_the_same_bytes_each_time_and_other_bytes_when_it_says_something_else() -> None:
    assert pdf_of(PAPER) == pdf_of(PAPER)
    assert pdf_of(replace(PAPER, footer="Another")) != pdf_of(PAPER)


def test_a_paper_has_title_language_and_a_table_that_a_screen_reader_knows() -> None:
    reader = _read(pdf_of(PAPER))
    assert reader.metadata is not None and reader.metadata.title == PAPER.title
    root = reader.trailer["/Root"]
    assert str(root["/Lang"]).startswith("en")
    assert root["/MarkInfo"]["/Marked"] and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    tags = _tags(root["/StructTreeRoot"], [])
    assert tags.count("/TH") == 3 and tags.count("/TD") >= 120 * 3


def test_a_long_table_repeats_its_head_and_counts_its_pages() -> None:
    reader = _read(pdf_of(PAPER))
    last = len(reader.pages)
    assert last >= 3
    for number, page in enumerate(reader.pages, start=1):
        text = page.extract_text()
        assert f"Page {number} of {last}" in text
        assert number == last or "Order What Levy" in text.replace("\n", " ")


def test_what_somebody_typed_is_never_markup() -> None:
    typed = '#read("paper.typ") *bold* _x_ $a$ <b> // \\ [x] "quoted" @name'
    text = _text(pdf_of(replace(PAPER, opening=(typed,), tables=())))
    assert typed in " ".join(text.split())


def test_a_letter_that_no_font_has_makes_no_failure() -> None:
    data = pdf_of(replace(PAPER, addresses=(Address("To", ("漢字 Łódź",)),), tables=()))
    assert "Łódź" in _text(data)
    assert b"pdfuaid" not in _read(data).trailer["/Root"]["/Metadata"].get_object().get_data()


def test_another_failure_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> bytes:
        raise RuntimeError("no room on the disk")

    monkeypatch.setattr(pdf.typst, "compile", fail)
    with pytest.raises(RuntimeError, match="no room"):
        pdf_of(PAPER)


def test_a_row_with_too_few_cells_is_refused() -> None:
    sheet = Sheet("Orders", (Column("Order"), Column("Levy")), (("K7QM-0001",),))
    with pytest.raises(ValueError, match="1 cells under 2"):
        pdf_of(replace(PAPER, tables=(sheet,)))
