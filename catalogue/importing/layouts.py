"""What the readers know of published files: their columns, whose they are, and of what day."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from catalogue.importing.cleaning import tidy_date
from catalogue.importing.rows import Cells, Table, UnreadableFile

OGL_3 = "Contains public sector information licensed under the Open Government Licence v3.0."
CQC_ATTRIBUTION = f"Uses information from the Care Quality Commission. {OGL_3}"
TRAFFORD_ATTRIBUTION = f"Trafford Council. {OGL_3}"


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a fact stands: the first of `alternatives` that the file has, each one column or several to be joined."""

    alternatives: tuple[tuple[str, ...], ...]
    joint: str = ", "

    def read(self, cells: Cells) -> str:
        for names in self.alternatives:
            if all(name in cells for name in names):
                return self.joint.join(cell for name in names if (cell := cells[name].strip()))
        return ""


def column(*names: str) -> Columns:
    """One column, under the first of these names that the file has."""
    return Columns(tuple((name,) for name in names))


def joined(*names: str) -> Columns:
    """Several columns read as one text, empty ones left out."""
    return Columns((names,))


@dataclass(frozen=True, slots=True)
class Layout:
    """A published layout: known by its columns, read by a map from our facts to them."""

    source: str  # at most 40 characters
    title: str  # "the Care Quality Commission's directory": for the sentence about unknown files
    needs: frozenset[str]  # header keys that a file must have to be one
    columns: Mapping[str, Columns]
    attribution: str
    council_gss: str | None = None  # when all its places are in one council and no column says so

    def fits(self, keys: frozenset[str]) -> bool:
        return self.needs <= keys

    def read(self, field: str, cells: Cells) -> str:
        """The fact as written in a row; empty when the layout or the row has none."""
        columns = self.columns.get(field)
        return columns.read(cells) if columns else ""


def recognise(layouts: Sequence[Layout], keys: frozenset[str]) -> Layout | None:
    """The layout with the most needed columns among those that fit."""
    return max((layout for layout in layouts if layout.fits(keys)), key=lambda layout: len(layout.needs), default=None)


def unknown_header(table: Table, layouts: Iterable[Layout], advice: str) -> UnreadableFile:
    """The refusal of a file whose header no layout knows: what was seen, what is known, what to do."""
    seen = ", ".join(cell for cell in table.header if cell) or "nothing"
    known = "; ".join(layout.title for layout in layouts)
    return UnreadableFile(
        f"{table.name} has columns that are not known here ({seen[:400]}). Known are: {known}. {advice}"
    )


# --- of what day ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AsOf:
    """The day of which facts tell, and the words for it, where only the month is known ("July 2018", day 1)."""

    day: date | None = None
    text: str | None = None

    @classmethod
    def on(cls, day: date | None) -> "AsOf":
        return cls(day, f"{day.day} {day:%B %Y}" if day else None)

    @classmethod
    def in_month(cls, year: int, month: int) -> "AsOf":
        day = date(year, month, 1)
        return cls(day, f"{day:%B %Y}")


# Released files, known by the SHA-256 of their bytes. A file of the same layout with other content may be of any day
# and is given none, rather than a wrong one.
_RELEASES: Mapping[str, AsOf] = {
    "2d739ab78c00c04c2f14b9fb76f3b22fec7303e6222c3dc0d61719e307671855": AsOf.on(date(2019, 7, 17)),  # gm_care_homes
    "d7f77370ed9dd5e9f385a123777ec2d0eae91613af43e354d976aa0c6c03ec9d": AsOf.on(
        date(2026, 2, 25)
    ),  # trafford_care_homes
    "9ebaac633980ebb56df00407605c2e4dec01b30bdccfade2b94b02919d55d58a": AsOf.in_month(2014, 2),  # NHS Choices, extract
    "bd1216981cf52aa0b5abc411f6c7952d8a2e79ba8fa9198df111742e47e2ad14": AsOf.on(date(2018, 10, 19)),  # gm_libraries
    "36398f1ff80e2fa3ebc4e9dd7828bb4f69964dab3de5a3f5fd5ae3ddaebc7872": AsOf.on(date(2025, 3, 31)),  # gm_pharmacies
    "88abd1e02933bc95e815375e699597184bf2eb73c9ad490fb10c687223394141": AsOf.in_month(2018, 1),  # gm_food_banks
    "be77590c173c7b19f23e48d3921966b3d0f119ed97a415fe75c663d2c0e3d63c": AsOf.in_month(
        2018, 7
    ),  # mental health services
    "c1384fa1970dc2bec0e304bcb60d7fbc066c07c92de8ec4fe0382386c45176c4": AsOf.in_month(2026, 2),  # leisure centres
}

# In one release, rows of one council are newer than the others.
_NEWER_ROWS: Mapping[tuple[str, str], AsOf] = {
    ("bd1216981cf52aa0b5abc411f6c7952d8a2e79ba8fa9198df111742e47e2ad14", "E08000009"): AsOf.on(date(2023, 11, 21)),
}

_PRODUCED_ON = re.compile(
    r"\b(?:produced|published|extracted|updated|correct|as at|as of)\b[^0-9]*([0-9][0-9A-Za-z /\-]+)", re.I
)


def as_of_table(table: Table, told: date | None = None) -> AsOf:
    """The day of a file: as told; by a line above its header ("This data was produced on 19 August 2026"); or as
    released.
    """
    if told:
        return AsOf.on(told)
    for line in table.preamble:
        found = _PRODUCED_ON.search(line)
        day = tidy_date(found[1]) if found else None
        if day:
            return AsOf.on(day)
    return _RELEASES.get(table.digest, AsOf())


def as_of_row(table: Table, file_as_of: AsOf, council_gss: str | None) -> AsOf:
    """The day of one row, where a release mixes rows of several days."""
    return _NEWER_ROWS.get((table.digest, council_gss or ""), file_as_of)
