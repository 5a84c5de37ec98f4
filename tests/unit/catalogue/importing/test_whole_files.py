"""The published files in full, where they stand beside the project: what is taken, what is refused, what must never
show.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from catalogue.importing import RefusalKind, RefusedRow, read_directory, read_providers
from tests.unit.catalogue.importing.files import whole_file

Read = Callable[..., Any]

FILES = [
    (read_providers, "trafford/gm_care_homes.csv", 555, {}, "17 July 2019"),
    (read_providers, "trafford/trafford_care_homes.csv", 56, {}, "25 February 2026"),
    (read_providers, "nhs_choices_2014/SCP_north_east_and_gm_extract.csv", 804, {}, "February 2014"),
    (read_directory, "trafford/gm_libraries.csv", 141, {}, "19 October 2018"),
    (read_directory, "trafford/gm_pharmacies.csv", 631, {}, "31 March 2025"),
    (read_directory, "trafford/gm_food_banks.csv", 170, {14: "the file itself says"}, "January 2018"),
    (read_directory, "trafford/trafford_mental_health_services.csv", 59, {50: "postcode “WA154 1HF”"}, "July 2018"),
    (read_directory, "trafford/trafford_leisure_centres.csv", 9, {}, "February 2026"),
    (read_directory, "trafford/trafford_community_hubs.csv", 6, {}, None),
]

# SHA-256, shortened, of the addresses in these files that are surely somebody's own.
PRIVATE_ADDRESSES = frozenset(
    {
        "a71b0a8b212208db",
        "fbcb85279550fb60",
        "10df7f403ce55c90",
        "dfd1ca4913a57233",
        "199d1ef63e3f3bd6",
        "eceb080874591fe2",
        "2a03e57513d1fe71",
        "bdd03f300020aa22",
        "552847c68fdafbb3",
        "0bf35801380e53a7",
        "2f81c3b8830cb6ff",
        "485d12b8b4f7d8e5",
        "e13a2a3026942c43",
        "6b6ab311410681a4",
        "913dc319e168ab05",
    }
)


@pytest.mark.parametrize(("read", "name", "taken", "reasons", "as_of"), FILES, ids=[name for _, name, *_ in FILES])
def test_every_row_is_taken_or_refused_with_a_reason(
    read: Read, name: str, taken: int, reasons: dict[int, str], as_of: str | None
) -> None:
    reading = read(whole_file(name))
    rows = list(reading)
    records = [row for row in rows if not isinstance(row, RefusedRow)]
    refused = {
        row.row_number: row.reason for row in rows if isinstance(row, RefusedRow) and row.kind is RefusalKind.REFUSED
    }

    assert len(records) == taken
    assert refused.keys() == reasons.keys()
    assert all(refused[number].startswith(reason) for number, reason in reasons.items())
    assert reading.as_of_text == as_of
    # Every row of the file is accounted for once, and every key is of one record.
    assert sorted(row.row_number for row in rows) == list(range(2, len(rows) + 2))
    assert len({record.source_key for record in records}) == len(records)
    assert {
        record.source_key: record.content_digest for record in read(whole_file(name)) if hasattr(record, "name")
    } == {record.source_key: record.content_digest for record in records}
    for record in records:
        assert len(record.name) <= 120
        assert len(record.source_key) <= 120
        assert record.postcode or record.point or record.council_gss
        assert not re.search("[\u00a0\r<>]|&amp;|\\bNA\\b", f"{record.name}{record.address}{record.description or ''}")
        assert record.attribution


def test_four_rows_of_gm_care_homes_are_joined_with_another() -> None:
    rows = read_providers(whole_file("trafford/gm_care_homes.csv"))

    assert sum(isinstance(row, RefusedRow) and row.kind is RefusalKind.MERGED for row in rows) == 4


def test_libraries_of_trafford_are_newer_than_the_others() -> None:
    days: dict[str | None, set[date | None]] = {}
    for row in read_directory(whole_file("trafford/gm_libraries.csv")):
        assert not isinstance(row, RefusedRow)
        days.setdefault(row.council_gss, set()).add(row.as_of)

    assert days.pop("E08000009") == {date(2023, 11, 21)}
    assert set.union(*days.values()) == {date(2018, 10, 19)}


@pytest.mark.parametrize(("read", "name"), [entry[:2] for entry in FILES], ids=[name for _, name, *_ in FILES])
def test_no_private_person_is_published(read: Read, name: str) -> None:
    for row in read(whole_file(name)):
        shown = repr(row)
        assert not re.search(r"\b(Mr|Mrs|Ms|Miss)\b\.? [A-Z]", shown)
        for address in re.findall(r"[\w.+-]+@[\w.-]+", shown):
            assert hashlib.sha256(address.encode()).hexdigest()[:16] not in PRIVATE_ADDRESSES
