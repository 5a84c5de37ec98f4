"""What a link of the audit chain seals: JSON with sorted keys, as it was spelled since the first link."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace.audit.services import GENESIS, link_digest

AT = datetime(2026, 3, 31, 22, 59, 59, 120, tzinfo=UTC)
ROWS: list[tuple[Any, ...]] = [
    (1, AT, "order.place", "order", 7, 1, 2, None, 4, 5, None, {}),
    (2, AT, 'a "quoted" £ \\ word', "thing", None, None, None, None, None, None, "Because", {"b": 1, "a": None}),
    (
        2**40,
        AT,
        "x",
        "y",
        0,
        0,
        0,
        0,
        0,
        0,
        "café\n“”",
        {"state": "paid", "pence": -5, "ok": True, "words": "£1 “x”\t"},
    ),
]


def _as_json(previous: str, row: tuple[Any, ...]) -> str:
    body = {
        "id": row[0],
        "at": row[1].isoformat(),
        "action": row[2],
        "object": [row[3], row[4]],
        "who": list(row[5:10]),
        "reason": hashlib.sha256((row[10] or "").encode()).hexdigest(),
        "details": row[11],
    }
    text = previous + json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("row", ROWS)
def test_the_spelling_is_json_with_sorted_keys(row: tuple[Any, ...]) -> None:
    assert link_digest(GENESIS, *row) == _as_json(GENESIS, row)


@pytest.mark.parametrize("field", range(len(ROWS[0])))
def test_every_field_is_sealed(field: int) -> None:
    changed = list(ROWS[0])
    changed[field] = {0: 9, 1: AT.replace(second=0), 10: "Other", 11: {"a": 1}}.get(
        field, "other" if isinstance(changed[field], str) else 99
    )
    assert link_digest(GENESIS, *changed) != link_digest(GENESIS, *ROWS[0])
