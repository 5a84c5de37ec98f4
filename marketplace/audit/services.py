"""Write the audit record, and link its rows into the one chain."""

import hashlib
import json
from typing import Any

from sqlalchemy import insert, select

from marketplace.audit.models import AuditHead, AuditLink, AuditRow
from marketplace.database import db, in_transaction, send, table_of, transaction
from marketplace.kernel import clock

GENESIS = "0" * 64
_SPELLING = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
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
    send(
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


def link_rows(limit: int = 1000) -> int:
    """Link committed rows that are not in the chain yet, oldest first; answers how many. Run by the worker alone.

    Raises ChainBroken when the end of the chain is not the one that was written last.
    """
    with transaction():
        last = db.session.execute(select(AuditLink).order_by(AuditLink.sequence.desc()).limit(1)).scalar_one_or_none()
        head = db.session.get(AuditHead, 1, populate_existing=True)
        sequence, digest = (last.sequence, last.digest) if last else (0, GENESIS)
        if head is not None and (head.sequence, head.digest) != (sequence, digest):
            # To go on from here would hide it: `marketplace verify` says so until somebody has looked.
            raise ChainBroken(f"the audit chain reached link {head.sequence} once, and ends at {sequence} now")
        rows = db.session.execute(
            select(*AuditRow.__table__.columns)
            .outerjoin(AuditLink, AuditLink.audit_row_id == AuditRow.id)
            .where(AuditLink.sequence.is_(None))
            .order_by(AuditRow.id)
            .limit(limit)
        )
        links = []
        for row in rows:
            sequence += 1
            digest = link_digest(digest, row)
            links.append({"sequence": sequence, "audit_row_id": row.id, "digest": digest, "linked_at": clock.now()})
        if links:
            db.session.execute(insert(AuditLink), links)
            if head is None:
                db.session.add(AuditHead(id=1, sequence=sequence, digest=digest))
            else:
                head.sequence, head.digest = sequence, digest
        return len(links)


def link_digest(previous: str, row: Any) -> str:
    """SHA-256 over the digest before and every field of an audit row, in a fixed spelling."""
    body: dict[str, Any] = {
        "id": row.id,
        "at": row.at.isoformat(),
        "action": row.action,
        "object": [row.object_type, row.object_id],
        "who": [row.actor_user_id, row.person_id, row.mandate_id, row.organisation_id, row.council_id],
        "reason": hashlib.sha256((row.reason or "").encode()).hexdigest(),
        "details": row.details,
    }
    text = previous + _SPELLING.encode(body)
    return hashlib.sha256(text.encode()).hexdigest()
