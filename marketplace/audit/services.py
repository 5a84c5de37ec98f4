"""Write the audit record, and link its rows into the one chain."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import insert, select

from marketplace.audit.models import AuditHead, AuditLink, AuditRow
from marketplace.bulk import insert_many
from marketplace.database import db, in_transaction, table_of, transaction, write
from marketplace.kernel import clock

GENESIS = "0" * 64
_SPELLING = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
DIGESTED: tuple[Any, ...] = (
    AuditRow.id,
    AuditRow.at,
    AuditRow.action,
    AuditRow.object_type,
    AuditRow.object_id,
    AuditRow.actor_user_id,
    AuditRow.person_id,
    AuditRow.mandate_id,
    AuditRow.organisation_id,
    AuditRow.council_id,
    AuditRow.reason,
    AuditRow.details,
)
"""What a link seals, in the order in which `link_digest` takes it."""
_INSERT_ROW = insert(table_of(AuditRow))


class ChainBroken(RuntimeError):
    """Links were taken off the end of the chain, or others were put there."""


def record(
    action: str,
    object_type: str,
    object_id: int | None,
    *,
    actor_user_id: int | None,
    person_id: int | None = None,
    mandate_id: int | None = None,
    organisation_id: int | None = None,
    council_id: int | None = None,
    reason: str | None = None,
    **details: int | str | bool | None,
) -> None:
    """Write one act inside the transaction that carries it out. `details` hold ids, pence and states, never a name."""
    if not in_transaction():
        raise RuntimeError("an audit row is written in the act's own transaction")
    write(
        _INSERT_ROW,
        {
            "at": clock.now(),
            "action": action,
            "object_type": object_type,
            "object_id": object_id,
            "actor_user_id": actor_user_id,
            "person_id": person_id,
            "mandate_id": mandate_id,
            "organisation_id": organisation_id,
            "council_id": council_id,
            "reason": reason,
            "details": details,
        },
    )


def record_many(action: str, object_type: str, rows: Sequence[Mapping[str, Any]], **shared: Any) -> None:
    """Write the same act upon many things, as `record` does one: each row names `object_id` and what differs.

    All rows have the same keys, of which `details` is a dict; `shared` are fields with one value for all.
    """
    fields = {"person_id": None, "mandate_id": None, "organisation_id": None, "council_id": None, "reason": None}
    fields = {name: value for name, value in fields.items() if not rows or name not in rows[0]}
    insert_many(AuditRow, rows, **(fields | {"at": clock.now(), "action": action, "object_type": object_type} | shared))


def link_rows(limit: int = 1000) -> int:
    """Link committed rows that are not in the chain yet, oldest first; answers how many. Run by the worker alone.

    Raises ChainBroken when the end of the chain is not the one that was written last.
    """
    with transaction():
        # Locked first: between a read of the last link and one of the head another worker could have linked more.
        head = db.session.get(AuditHead, 1, populate_existing=True, with_for_update=True)
        last = db.session.execute(select(AuditLink).order_by(AuditLink.sequence.desc()).limit(1)).scalar_one_or_none()
        sequence, digest = (last.sequence, last.digest) if last else (0, GENESIS)
        if head is not None and (head.sequence, head.digest) != (sequence, digest):
            # To go on from here would hide it: `marketplace verify` says so until somebody has looked.
            raise ChainBroken(f"the audit chain reached link {head.sequence} once, and ends at {sequence} now")
        rows = db.session.execute(
            select(*DIGESTED)
            .outerjoin(AuditLink, AuditLink.audit_row_id == AuditRow.id)
            .where(AuditLink.sequence.is_(None))
            .order_by(AuditRow.id)
            .limit(limit)
        )
        links = []
        for row in rows:
            sequence += 1
            digest = link_digest(digest, *row)
            links.append({"sequence": sequence, "audit_row_id": row.id, "digest": digest, "linked_at": clock.now()})
        if links:
            db.session.execute(insert(AuditLink), links)
            if head is None:
                db.session.add(AuditHead(id=1, sequence=sequence, digest=digest))
            else:
                head.sequence, head.digest = sequence, digest
        return len(links)


def link_digest(
    previous: str,
    row_id: int,
    at: datetime,
    action: str,
    object_type: str,
    object_id: int | None,
    actor_user_id: int | None,
    person_id: int | None,
    mandate_id: int | None,
    organisation_id: int | None,
    council_id: int | None,
    reason: str | None,
    details: dict[str, Any],
) -> str:
    """SHA-256 over the digest before and the fields `DIGESTED` of an audit row, in a fixed spelling.

    The spelling is JSON with sorted keys. It is put together by hand, because millions of rows are checked.
    """
    who = ",".join(map(_number, (actor_user_id, person_id, mandate_id, organisation_id, council_id)))
    body = (
        f'{{"action":{_quoted(action)},"at":"{at.isoformat()}","details":{_SPELLING.encode(details)},"id":{row_id},'
        f'"object":[{_quoted(object_type)},{_number(object_id)}],"reason":"{_hidden(reason or "")}","who":[{who}]}}'
    )
    return hashlib.sha256((previous + body).encode()).hexdigest()


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


@lru_cache(1_000)
def _quoted(word: str) -> str:
    return json.dumps(word)


@lru_cache(1_000)
def _hidden(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
