"""Statements on paper: the easy one adds up in its own few words, and both are papers that a screen reader knows."""

import io
import re
from datetime import UTC, date, datetime, timedelta

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.domain import EntryKind
from marketplace.kernel.rails import Rail
from marketplace.planning.domain import Position, effect_on_left
from marketplace.planning.papers import MOST_THINGS, easy_paper, statement_paper
from marketplace.planning.queries.statements import Line, PotStatement, Statement
from marketplace.ui import pdf
from marketplace.ui.pdf import EasyPaper, EasyRow, easy_pdf_of, pdf_of

AT = datetime(2026, 10, 7, 12, tzinfo=UTC)


def statement(entries: list[tuple[EntryKind, int]], opening: Position) -> Statement:
    """A month of one pot with these entries, one an hour."""
    lines, position = [], opening
    for number, (kind, pence) in enumerate(entries):
        position = position.after(kind, pence)
        bought = kind in (EntryKind.HOLD, EntryKind.SPEND)
        lines.append(
            Line(
                AT + timedelta(hours=number),
                kind,
                pence,
                effect_on_left(kind, pence),
                position.left_pence,
                "Dales Home Care" if bought else None,
                "Help at home, 3 hours" if bought else None,
                "See people" if bought else None,
                number if bought else None,
                "K7QM-4TXR" if bought else None,
                None if bought else "Reviewed",
            )
        )
    pot = PotStatement(
        1,
        "Margaret’s respite money",
        Rail.COUNCIL_MANAGED,
        "PB-1",
        date(2026, 4, 6),
        date(2027, 4, 5),
        opening,
        tuple(lines),
        position,
    )
    return Statement(7, date(2026, 10, 1), date(2026, 10, 31), (pot,), False, date(2026, 9, 1), date(2026, 11, 1))


ENTRIES = st.lists(st.tuples(st.sampled_from(EntryKind), st.integers(1, 10**7)), max_size=30)
OPENING = st.builds(Position, st.integers(0, 10**8), st.integers(0, 10**7), st.integers(0, 10**7))


def pounds_of(begin: str, lines: list[str]) -> int:
    """The pence of the one line that begins so; 0 where there is none."""
    found = [re.search(r"(−?)£([\d,.]+\d)", line) for line in lines if line.startswith(begin)]
    assert len(found) <= 1
    if not found or found[0] is None:
        return 0
    sign, amount = found[0].groups()
    return (-1 if sign else 1) * int(amount.replace(",", "").replace(".", ""))


@given(ENTRIES, OPENING)
def test_what_an_easy_paper_says_adds_up_whatever_happened(
    entries: list[tuple[EntryKind, int]], opening: Position
) -> None:
    paper = easy_paper(statement(entries, opening), "Margaret Hill", "Care Market", "01632 960 100")
    lines = [line for row in paper.rows for line in row.lines]
    had, have = pounds_of("At the start you had", lines), pounds_of("At the end you had", lines)
    got, spent = pounds_of("The council gave you", lines), pounds_of("You spent £", lines)
    back, taken = pounds_of("You got", lines), pounds_of("The council took back", lines)
    assert had + got - spent + back - taken == have
    kept = [line for line in lines if line.endswith("of this is for things you ordered.")]
    if kept and any(line.startswith("You can use") for line in lines):
        assert pounds_of("", kept) + pounds_of("You can use", lines) == have
    assert sum(row.picture == "bag" for row in paper.rows) <= MOST_THINGS + 1
    assert all(len(line) <= 60 for line in lines), "few words"


def test_both_papers_are_tagged_for_screen_readers_and_each_picture_has_its_words() -> None:
    entries = [(EntryKind.ALLOCATE, 500_000)] + [(EntryKind.HOLD, 5_400), (EntryKind.SPEND, 5_400)] * 12
    entries += [(EntryKind.HOLD, 1_800), (EntryKind.REFUND, 100), (EntryKind.RECLAIM, 200)]
    shown = statement(entries, Position())
    easy = easy_paper(shown, "Margaret Hill", "Care Market", "01632 960 100")
    for data in (pdf_of(statement_paper(shown, "Margaret Hill", "Care Market", "01632 960 100")), easy_pdf_of(easy)):
        reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
        root = reader.trailer["/Root"]
        assert root["/Lang"] == "en-GB"
        assert root["/MarkInfo"]["/Marked"]
        assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert len([row for row in easy.rows if row.picture == "bag"]) == MOST_THINGS + 1
    assert easy.rows[-1].lines[-1] == "Call 01632 960 100."
    assert {path.stem for path in (pdf.FOLDER / "pictures").glob("*.svg")} == {row.picture for row in easy.rows}
    assert all(row.alt for row in easy.rows)


def test_typed_text_is_never_markup_and_a_picture_that_was_not_drawn_is_refused() -> None:
    rows = (EasyRow("bag", ("#1 *b* #read(x)",), "A bag"),)
    paper = EasyPaper("Your money", "Us", "For #x", "*A*", rows)
    words = pypdf.PdfReader(io.BytesIO(easy_pdf_of(paper))).pages[0].extract_text()
    assert "#1 *b* #read(x)" in words and "For #x" in words
    with pytest.raises(ValueError, match="no picture of cat"):
        easy_pdf_of(EasyPaper("T", "A", "N", "N", (EasyRow("cat", ("A cat",), "A cat"),)))
