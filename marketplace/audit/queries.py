"""Read the audit record, and check its chain."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from marketplace.audit.models import AuditHead, AuditLink, AuditRow
from marketplace.audit.services import DIGESTED, GENESIS, link_digest
from marketplace.database import db


@dataclass(frozen=True)
class AuditLine:
    """One act. Names belong to `accounts.queries.names_of`, which knows who has been erased."""

    id: int
    at: datetime
    action: str
    object_type: str
    object_id: int | None
    actor_user_id: int | None
    person_id: int | None
    mandate_id: int | None
    reason: str | None
    details: dict[str, Any]
    organisation_id: int | None = None


def list_for_person(
    person_id: int,
    *,
    limit: int = 200,
    before_id: int | None = None,
    only: Collection[str] = (),
    without: Collection[str] = (),
) -> list[AuditLine]:
    """Who did what for this person, newest first; `only` these actions, or all but those `without`."""
    query = select(AuditRow).where(AuditRow.person_id == person_id)
    if before_id is not None:
        query = query.where(AuditRow.id < before_id)
    if only:
        query = query.where(AuditRow.action.in_(only))
    if without:
        query = query.where(AuditRow.action.not_in(without))
    return [_line(row) for row in db.session.execute(query.order_by(AuditRow.id.desc()).limit(limit)).scalars()]


def was_recorded(action: str, *, person_id: int, actor_user_id: int | None, since: datetime) -> bool:
    """Whether the actor has done this for the person since a moment."""
    found = db.session.scalar(
        select(AuditRow.id)
        .where(
            AuditRow.person_id == person_id,
            AuditRow.at >= since,
            AuditRow.action == action,
            AuditRow.actor_user_id == actor_user_id,
        )
        .limit(1)
    )
    return found is not None


def people_recorded(
    action: str, person_ids: Collection[int], *, actor_user_id: int | None, since: datetime
) -> set[int]:
    """Those of some people for whom the actor has done this since a moment. One query."""
    return {
        person_id
        for person_id in db.session.scalars(
            select(AuditRow.person_id).where(
                AuditRow.person_id.in_(person_ids),
                AuditRow.at >= since,
                AuditRow.action == action,
                AuditRow.actor_user_id == actor_user_id,
            )
        )
        if person_id is not None
    }


def list_of_organisations(
    organisation_ids: Collection[int], action: str, *, since: datetime, limit: int = 100
) -> list[AuditLine]:
    """One kind of act at some organisations since a moment, newest first."""
    rows = db.session.execute(
        select(AuditRow)
        .where(AuditRow.organisation_id.in_(organisation_ids), AuditRow.action == action, AuditRow.at >= since)
        .order_by(AuditRow.id.desc())
        .limit(limit)
    ).scalars()
    return [_line(row) for row in rows]


def count_for_object(object_type: str, object_id: int) -> int:
    """How many acts there were on one object."""
    query = select(func.count(AuditRow.id)).where(AuditRow.object_type == object_type, AuditRow.object_id == object_id)
    return db.session.scalar(query) or 0


def list_for_object(object_type: str, object_id: int, *, limit: int | None = None, offset: int = 0) -> list[AuditLine]:
    """Every act on one object, oldest first; with `limit` only so many of them."""
    rows = db.session.execute(
        select(AuditRow)
        .where(AuditRow.object_type == object_type, AuditRow.object_id == object_id)
        .order_by(AuditRow.id)
        .limit(limit)
        .offset(offset)
    ).scalars()
    return [_line(row) for row in rows]


def list_of_councils(
    council_ids: Collection[int],
    *,
    beginning: Collection[str],
    person_id: int | None = None,
    actor_user_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[AuditLine]:
    """Acts about people of some councils whose names begin with one of `beginning`, newest first.

    Of one person, by one actor, from `since` and before `until`, where these are given; `before_id` goes on below an
    act. Each of these walks along an index from the newest.
    """
    query = select(AuditRow).where(
        AuditRow.council_id.in_(council_ids), or_(*(AuditRow.action.startswith(word) for word in beginning))
    )
    if person_id is not None:
        query = query.where(AuditRow.person_id == person_id)
    if actor_user_id is not None:
        query = query.where(AuditRow.actor_user_id == actor_user_id)
    if since is not None:
        query = query.where(AuditRow.at >= since)
    if until is not None:
        query = query.where(AuditRow.at < until)
    if before_id is not None:
        at = db.session.scalar(select(AuditRow.at).where(AuditRow.id == before_id))
        if at is not None:
            query = query.where(or_(AuditRow.at < at, and_(AuditRow.at == at, AuditRow.id < before_id)))
    rows = db.session.execute(query.order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(limit)).scalars()
    return [_line(row) for row in rows]


def recorded(object_type: str, detail: str) -> Select[int | None, str]:
    """By object, what its record says of one `detail`: a query for a larger one to join."""
    return select(AuditRow.object_id, AuditRow.details[detail].as_string().label("detail")).where(
        AuditRow.object_type == object_type
    )


def last_recorded(object_type: str, action: str, *details: str) -> Select[Any]:
    """By object, what the last act of one kind says in these `details`, as text: a query for a larger one to join."""
    last = (
        select(func.max(AuditRow.id))
        .where(AuditRow.object_type == object_type, AuditRow.action == action)
        .group_by(AuditRow.object_id)
    )
    said = (AuditRow.details[detail].as_string().label(detail) for detail in details)
    return select(AuditRow.object_id, *said).where(AuditRow.id.in_(last))


def acts_on(object_type: str) -> Select[int | None, str, int]:
    """By object and action, how many `times` it is in the record: a query for a larger one to join."""
    return (
        select(AuditRow.object_id, AuditRow.action, func.count().label("times"))
        .where(AuditRow.object_type == object_type)
        .group_by(AuditRow.object_id, AuditRow.action)
    )


def last_act(actions: Collection[str]) -> datetime | None:
    """When one of these acts was last done; None when it never was."""
    return db.session.scalar(
        select(AuditRow.at).where(AuditRow.action.in_(actions)).order_by(AuditRow.id.desc()).limit(1)
    )


@dataclass(frozen=True)
class ChainCheck:
    """Result of walking the chain: links read, its last digest, the first fault, and the tail not linked yet."""

    links: int
    digest: str
    fault: str | None
    unlinked: int
    oldest_unlinked_at: datetime | None


def check_chain() -> ChainCheck:
    """Recompute every digest in order. A changed, missing or inserted row is named by its id, and so is a lost end."""
    digest, expected, count = GENESIS, 1, 0
    links = db.session.execute(
        select(AuditLink.sequence, AuditLink.audit_row_id, AuditLink.digest, *DIGESTED)
        .outerjoin(AuditRow, AuditRow.id == AuditLink.audit_row_id)
        .order_by(AuditLink.sequence)
        .execution_options(yield_per=2000)
    )
    fault = None
    with links:
        for sequence, audit_row_id, sealed, *row in links:
            if sequence != expected:
                fault = f"link {expected} is missing"
                break
            if row[0] is None:
                fault = f"audit row {audit_row_id} is missing"
                break
            digest = link_digest(digest, *row)
            if digest != sealed:
                fault = f"audit row {audit_row_id} does not match link {sequence}"
                break
            expected += 1
            count += 1
    head = db.session.execute(select(AuditHead.sequence, AuditHead.digest)).one_or_none()
    if fault is None and count and head is None:
        fault = f"nothing says how far the chain reached, it has {count:,} links"
    if fault is None and head is not None and (head.sequence, head.digest) != (count, digest):
        fault = f"the chain reached link {head.sequence} once, and ends at {count} now"
    unlinked, oldest = db.session.execute(
        select(func.count(AuditRow.id), func.min(AuditRow.at))
        .outerjoin(AuditLink, AuditLink.audit_row_id == AuditRow.id)
        .where(AuditLink.sequence.is_(None))
    ).one()
    return ChainCheck(count, digest, fault, unlinked, oldest)


def _line(row: AuditRow) -> AuditLine:
    return AuditLine(
        row.id,
        row.at,
        row.action,
        row.object_type,
        row.object_id,
        row.actor_user_id,
        row.person_id,
        row.mandate_id,
        row.reason,
        row.details,
        row.organisation_id,
    )
