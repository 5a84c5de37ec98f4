"""Ordnance Survey Code-Point Open as published: a folder, a zip or one CSV file, without header rows."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalogue.importing.records import RefusedRow
from catalogue.importing.rows import UnreadableFile
from marketplace.kernel.places import InvalidPostcode, grid_to_lat_lon

ATTRIBUTION = (
    "Contains OS data © Crown copyright and database right {year}",
    "Contains Royal Mail data © Royal Mail copyright and database right {year}",
    "Contains National Statistics data © Crown copyright and database right {year}",
)

_COLUMNS = 10
_NO_POSITION_QUALITY = 90


@dataclass(frozen=True, slots=True)
class PostcodeRow:
    """A postcode, its place (None where Ordnance Survey knows none) and its district and ward (None where it has
    none).
    """

    postcode: str
    lat: float | None  # WGS84 degrees, 6 decimals, good to 2 to 5 metres
    lon: float | None
    district_gss: str | None
    ward_gss: str | None
    positional_quality: int  # 10 is best, 90 is no position


def read_postcodes(source: str | Path) -> Iterator[PostcodeRow | RefusedRow]:
    """Every postcode of Code-Point Open, file by file in the order of their names.

    Takes the whole download (a zip or the folder it unpacks to: `Data/CSV/*.csv`, where `Doc/` is passed over) or one
    area's CSV. Postcodes come with one space or, in older releases, padded to seven characters. Rows are numbered
    within each file. Raises UnreadableFile, before the first row, when there is nothing to read.
    """
    path = Path(source)
    if not path.exists():
        raise UnreadableFile(f"There is no file {path}.")
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file() and _is_data(file.relative_to(path)))
        if not found:
            raise UnreadableFile(f"{path} has no CSV files of Code-Point Open in it.")
        return _rows_of_files(found)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if _is_data(Path(name)))
        if not names:
            raise UnreadableFile(f"{path.name} has no CSV files of Code-Point Open in it.")
        return _rows_of_zip(path, names)
    _check_first_line(path)
    return _rows_of_files([path])


def _is_data(path: Path) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return (
        path.suffix.casefold() == ".csv" and "doc" not in (part.casefold() for part in path.parts[:-1]) and not hidden
    )


def _check_first_line(path: Path) -> None:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        first = file.readline(1000)
    cells = next(csv.reader([first]), [])
    if len(cells) != _COLUMNS or (
        not cells[1].strip().isdigit() and "PC" not in cells[0] and "Postcode" not in cells[0]
    ):
        raise UnreadableFile(
            f"{path.name} is not Code-Point Open: each row has to have {_COLUMNS} columns, from postcode to ward code."
        )


def _rows_of_files(paths: list[Path]) -> Iterator[PostcodeRow | RefusedRow]:
    for path in paths:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            yield from _rows(file)


def _rows_of_zip(path: Path, names: list[str]) -> Iterator[PostcodeRow | RefusedRow]:
    with zipfile.ZipFile(path) as archive:
        for name in names:
            with archive.open(name) as raw:
                yield from _rows(io.TextIOWrapper(raw, encoding="utf-8", errors="replace", newline=""))


def _rows(lines: "Iterator[str] | io.TextIOBase") -> Iterator[PostcodeRow | RefusedRow]:
    for row_number, cells in enumerate(csv.reader(lines), start=1):
        if not cells:
            continue
        if len(cells) != _COLUMNS:
            yield RefusedRow(row_number, f"it has {len(cells)} columns, not {_COLUMNS}")
            continue
        written, quality, easting, northing, *_, district, ward = cells
        if row_number <= 2 and written in ("PC", "Postcode"):
            continue
        # Fixed at seven characters or with one space: the last three are always the second half.
        compact = written.replace(" ", "")
        try:
            if not 5 <= len(compact) <= 7 or not compact.isalnum():
                raise InvalidPostcode
            postcode = f"{compact[:-3]} {compact[-3:]}".upper()
            quality_number, east, north = int(quality), int(easting), int(northing)
        except InvalidPostcode:
            yield RefusedRow(row_number, f"“{written[:20]}” is not a postcode")
            continue
        except ValueError:
            yield RefusedRow(row_number, f"{written} has a quality or position that is not a number")
            continue
        if quality_number >= _NO_POSITION_QUALITY or not (east and north):
            yield PostcodeRow(postcode, None, None, district or None, ward or None, quality_number)
            continue
        lat, lon = grid_to_lat_lon(east, north)
        yield PostcodeRow(postcode, round(lat, 6), round(lon, 6), district or None, ward or None, quality_number)
