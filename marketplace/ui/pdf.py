"""Papers as PDF: invoices, credit notes, remittances. Tagged for screen readers (PDF/UA-1), the same bytes each time.

Typst sets `data/paper/paper.typ` with what a `Paper` says. Every text in it is data, never markup. Why Typst:
docs/decisions/0061-papers-by-typst.md.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import typst
from flask import Response

from marketplace.ui.downloads import file_to_keep

FOLDER = Path(__file__).parent / "data" / "paper"


@dataclass(frozen=True)
class Address:
    """A block of an address under a label such as `To`."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table; money stands at the right, a wide column takes the room that is left."""

    heading: str
    money: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table with its heading; `sum` is its last row, or empty."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    sum: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """What a paper says, from top to bottom. Facts and totals are pairs of a label and a value, all of it in words.

    Sections are a heading and its paragraphs. `large` sets it in large print.
    """

    title: str
    author: str
    addresses: tuple[Address, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    opening: tuple[str, ...] = ()
    tables: tuple[Sheet, ...] = ()
    totals: tuple[tuple[str, str], ...] = ()
    sections: tuple[tuple[str, tuple[str, ...]], ...] = ()
    closing: tuple[str, ...] = ()
    footer: str = ""
    large: bool = False


@dataclass(frozen=True)
class EasyRow:
    """A picture of ours (`data/paper/pictures/<picture>.svg`), what it shows in words, and short lines beside it."""

    picture: str
    lines: tuple[str, ...]
    alt: str


@dataclass(frozen=True)
class EasyPaper:
    """A paper that is easy to read: large letters, one thing in a row, a picture beside each."""

    title: str
    author: str
    name: str
    whole_name: str
    rows: tuple[EasyRow, ...]
    footer: str = ""


def easy_pdf_of(paper: EasyPaper) -> bytes:
    """The paper as a PDF, tagged as others are. Raises ValueError for a picture that we have not drawn."""
    for row in paper.rows:
        if not (FOLDER / "pictures" / f"{row.picture}.svg").exists():
            raise ValueError(f"no picture of {row.picture}")
    return _universal_if_it_can_be(paper, "easy.typ")


def pdf_of(paper: Paper) -> bytes:
    """The paper as a PDF. A letter that our fonts lack shows as a box, and that paper alone is no PDF/UA."""
    for sheet in paper.tables:
        for row in (*sheet.rows, *([sheet.sum] if sheet.sum else [])):
            if len(row) != len(sheet.columns):
                raise ValueError(f"{sheet.caption}: a row of {len(row)} cells under {len(sheet.columns)} columns")
    return _universal_if_it_can_be(paper, "paper.typ")


def pdf_file(paper: Paper, name: str) -> Response:
    """A PDF to keep, as the answer to a request."""
    return pdf_response(pdf_of(paper), name)


def pdf_response(content: bytes, name: str) -> Response:
    """The same of what is set already."""
    return file_to_keep(content, "application/pdf", name)


def _universal_if_it_can_be(paper: Paper | EasyPaper, template: str) -> bytes:
    try:
        return _typeset(paper, template, universal=True)
    except RuntimeError as error:
        if "could not be displayed" not in str(error):
            raise
        return _typeset(paper, template, universal=False)


def _typeset(paper: Paper | EasyPaper, template: str, *, universal: bool) -> bytes:
    return typst.compile(
        FOLDER / template,
        root=FOLDER,
        font_paths=[FOLDER],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"paper": json.dumps(asdict(paper))},
        pdf_standards=["ua-1"] if universal else [],
    )
