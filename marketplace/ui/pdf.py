"""Papers as PDF: invoices, credit notes, remittances. Tagged for screen readers (PDF/UA-1), the same bytes each time.

Typst sets `data/paper/paper.typ` with what a `Paper` says. Every text in it is data, never markup. Why Typst:
docs/decisions/0061-papers-by-typst.md.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import typst
from flask import Response

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


def pdf_of(paper: Paper) -> bytes:
    """The paper as a PDF. A letter that our fonts lack shows as a box, and that paper alone is no PDF/UA."""
    for sheet in paper.tables:
        for row in (*sheet.rows, *([sheet.sum] if sheet.sum else [])):
            if len(row) != len(sheet.columns):
                raise ValueError(f"{sheet.caption}: a row of {len(row)} cells under {len(sheet.columns)} columns")
    try:
        return _typeset(paper, universal=True)
    except RuntimeError as error:
        if "could not be displayed" not in str(error):
            raise
        return _typeset(paper, universal=False)


def pdf_file(paper: Paper, name: str) -> Response:
    """A PDF to keep, as the answer to a request."""
    return Response(
        pdf_of(paper),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _typeset(paper: Paper, *, universal: bool) -> bytes:
    return typst.compile(
        FOLDER / "paper.typ",
        root=FOLDER,
        font_paths=[FOLDER],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"paper": json.dumps(asdict(paper))},
        pdf_standards=["ua-1"] if universal else [],
    )
