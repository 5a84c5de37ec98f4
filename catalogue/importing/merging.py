"""Rows of one file that tell of a place twice."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from catalogue.importing.records import ImportedPlace, ImportedProvider, RefusalKind, RefusedRow

Imported = TypeVar("Imported", ImportedProvider, ImportedPlace)

_NOT_COMPARED = frozenset({"row_number", "notes", "source", "source_key", "attribution", "as_of", "as_of_text"})


def merge_same(rows: Iterable[Imported | RefusedRow]) -> Iterator[Imported | RefusedRow]:
    """One record per key, in the order of the file.

    A later row with the key of an earlier one fills what that one lacks and is reported as merged, with what differed.
    """
    settled: list[Imported | RefusedRow] = []
    place_of: dict[str, int] = {}
    for row in rows:
        if isinstance(row, RefusedRow):
            settled.append(row)
            continue
        position = place_of.setdefault(row.source_key, len(settled))
        if position == len(settled):
            settled.append(row)
            continue
        earlier = settled[position]
        assert not isinstance(earlier, RefusedRow)
        merged, differing = _merged(earlier, row)
        settled[position] = merged
        settled.append(
            RefusedRow(
                row.row_number,
                _reason(earlier.row_number, row.source_key, differing),
                RefusalKind.MERGED,
                source_key=row.source_key,
                merged_into=earlier.row_number,
            )
        )
    return iter(settled)


def _merged(earlier: Imported, later: Imported) -> tuple[Imported, list[str]]:
    changes: dict[str, Any] = {}
    differing = []
    for field in dataclasses.fields(earlier):
        if field.name in _NOT_COMPARED:
            continue
        old, new = getattr(earlier, field.name), getattr(later, field.name)
        if old == new:
            continue
        if new not in (None, "", ()):
            differing.append(field.name.replace("_", " "))
        if old in (None, "", ()):
            changes[field.name] = new
        elif isinstance(old, tuple) and isinstance(new, tuple):
            changes[field.name] = tuple(dict.fromkeys(old + new))
    return dataclasses.replace(earlier, **changes), differing


def _reason(row_number: int, key: str, differing: list[str]) -> str:
    if not differing:
        return f"says the same as row {row_number}"
    same = "name, postcode and address" if key.startswith("site:") else "key"
    return f"has the {same} of row {row_number} and was joined with it; it differs in {', '.join(differing)}"
