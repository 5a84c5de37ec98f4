"""Files of spending that were made: which, and their bytes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council, names_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from payments.models import SpendingExport, SpendingExportLine
from payments.spending_file import Layout, digest_of, file_of

READERS = (Role.COUNCIL_FINANCE, Role.AUDITOR)


@dataclass(frozen=True)
class ExportView:
    """A file of spending with its control totals."""

    id: int
    council_id: int
    number: int
    reference: str
    entry_count: int
    pence: int
    made_by: str
    made_at: datetime


def reference_of(council_id: int, number: int) -> str:
    """Such as E06000005-000012."""
    return f"{get_council(council_id).gss_code}-{number:06d}"


def list_exports(actor: Actor, *, limit: int = 100) -> list[ExportView]:
    """Files of the councils that the actor reads, newest first."""
    return _views(
        select(SpendingExport)
        .where(SpendingExport.council_id.in_(actor.council_ids(*READERS)))
        .order_by(SpendingExport.id.desc())
        .limit(limit)
    )


def list_exports_since(council_id: int, since: date) -> list[ExportView]:
    """Files of a council made on a London day or later, oldest first."""
    return _views(
        select(SpendingExport)
        .where(SpendingExport.council_id == council_id, SpendingExport.made_at >= clock.start_of_day(since))
        .order_by(SpendingExport.number)
    )


def find_export(council_id: int, number: int) -> ExportView | None:
    found = _views(
        select(SpendingExport).where(SpendingExport.council_id == council_id, SpendingExport.number == number)
    )
    return found[0] if found else None


def get_export(actor: Actor, export_id: int) -> ExportView:
    """Raises NotFound for a file of another council."""
    found = _views(
        select(SpendingExport).where(
            SpendingExport.id == export_id, SpendingExport.council_id.in_(actor.council_ids(*READERS))
        )
    )
    if not found:
        raise NotFound
    return found[0]


def view_of(export_id: int) -> ExportView:
    """A file for whoever runs the site. Says nothing of who may see it."""
    return _views(select(SpendingExport).where(SpendingExport.id == export_id))[0]


def content_of(export_id: int) -> bytes:
    """The bytes of a file, which are those of the day on which it was made. Raises NotAllowed if they would differ."""
    export = db.session.get_one(SpendingExport, export_id)
    facts = db.session.scalars(
        select(SpendingExportLine.facts)
        .where(SpendingExportLine.export_id == export_id)
        .order_by(SpendingExportLine.entry_id)
    )
    content = file_of(Layout.from_json(export.layout), reference_of(export.council_id, export.number), facts)
    if digest_of(content) != export.digest:
        raise NotAllowed("This file is not what it was when it was made. Call the operator of the site.")
    return content


def _views(query: Any) -> list[ExportView]:
    rows = db.session.scalars(query).all()
    names = names_of(row.made_by_user_id for row in rows)
    return [
        ExportView(
            row.id,
            row.council_id,
            row.number,
            reference_of(row.council_id, row.number),
            row.entry_count,
            row.pence,
            names.get(row.made_by_user_id, "The marketplace itself"),
            row.made_at,
        )
        for row in rows
    ]
