"""Make files of spending for councils: each has exactly the entries that no file before had.

Which entries a file has is written down entry by entry, in the transaction that makes it. A mark such as "all up to
number 9,000" would lose an entry whose number was drawn before and which was committed after.
"""

import logging
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from budgets.domain.loads import FileKind
from budgets.queries.file_maps import councils_with_map, current_map
from budgets.queries.spending import SpendingEntry, list_spending_besides
from budgets.services.file_maps import keep_map
from marketplace.accounts.domain import SYSTEM, Actor, Role
from marketplace.audit.services import record
from marketplace.bulk import insert_many
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import split_by_largest_remainder
from payments.models import SpendingExport, SpendingExportLine
from payments.queries.spending_exports import content_of, reference_of
from payments.queries.spending_orders import SpendingOrder, spending_orders
from payments.spending_file import Layout, digest_of, facts_of, file_of

_LOT = 1000
_LOCK = 0x53504E44
log = logging.getLogger(__name__)


def set_layout(actor: Actor, council_id: int, layout: Layout) -> None:
    """How the council's next files look. Raises NotFound for all but its finance."""
    keep_map(actor, council_id, FileKind.SPENDING, layout.as_json())


def make(actor: Actor, council_id: int) -> int | None:
    """A file of what is new; answers its id, or None when nothing is. Raises NotFound for all but finance.

    Two at once share nothing: the second waits and finds what the first left.
    """
    if actor is not SYSTEM and council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound
    with transaction():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(select(func.pg_advisory_xact_lock(_LOCK, council_id % 2**31)))
        known = select(SpendingExportLine.entry_id)
        entries = list_spending_besides(council_id, known, _LOT)
        if not entries:
            return None
        export = SpendingExport(
            council_id=council_id,
            number=_next_number(council_id),
            layout=Layout.from_json(current_map(council_id, FileKind.SPENDING)).as_json(),
            entry_count=0,
            pence=0,
            digest="",
            made_by_user_id=actor.user_id,
            made_at=clock.now(),
        )
        db.session.add(export)
        db.session.flush()
        all_facts: list[dict[str, Any]] = []
        while entries:
            orders = spending_orders({entry.order_id for entry in entries if entry.order_id is not None})
            facts = [_facts(entry, orders.get(entry.order_id or 0)) for entry in entries]
            lines = [{"entry_id": entry.id, "facts": each} for entry, each in zip(entries, facts, strict=True)]
            insert_many(SpendingExportLine, lines, export_id=export.id)
            all_facts += facts
            export.entry_count += len(entries)
            export.pence += sum(entry.pence for entry in entries)
            entries = list_spending_besides(council_id, known, _LOT) if len(entries) == _LOT else []
        reference = reference_of(council_id, export.number)
        export.digest = digest_of(file_of(Layout.from_json(export.layout), reference, all_facts))
        db.session.flush()
        record(
            "spending.export",
            "spending_export",
            export.id,
            actor_user_id=actor.user_id,
            council_id=council_id,
            entries=export.entry_count,
            pence=export.pence,
        )
        return export.id


def make_nightly() -> None:
    """Make the files of councils that want them each night, and lay every file of theirs in the data folder.

    A council whose file cannot be made does not keep the others from theirs; a file that was made and not laid there,
    because somebody died in between, is laid there the next night.
    """
    for council_id in councils_with_map(FileKind.SPENDING):
        try:
            if Layout.from_json(current_map(council_id, FileKind.SPENDING)).nightly:
                make(SYSTEM, council_id)
                write_files(council_id, current_app.extensions["settings"].marketplace_data / "exports")
        except Exception:
            log.exception("the spending of council %s could not be exported", council_id)
            db.session.rollback()


def write_files(council_id: int, folder: Path) -> list[tuple[str, bool]]:
    """Lay every file of a council in a folder; answers each name, and whether it is new. What is there stays."""
    ids = db.session.scalars(
        select(SpendingExport.id).where(SpendingExport.council_id == council_id).order_by(SpendingExport.number)
    ).all()
    return [write_file(export_id, folder) for export_id in ids]


def write_file(export_id: int, folder: Path) -> tuple[str, bool]:
    """Lay one file in a folder: all of it, or nothing. One that is there already stays as it is."""
    export = db.session.get_one(SpendingExport, export_id)
    path = folder / f"spending-{reference_of(export.council_id, export.number)}.csv"
    if path.exists():
        return path.name, False
    content = content_of(export_id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".part")
    beside.write_bytes(content)
    beside.replace(path)
    return path.name, True


def _next_number(council_id: int) -> int:
    last = db.session.scalar(select(func.max(SpendingExport.number)).where(SpendingExport.council_id == council_id))
    return (last or 0) + 1


def _facts(entry: SpendingEntry, order: SpendingOrder | None) -> dict[str, Any]:
    weights = order.by_category if order is not None else {}
    shares = split_by_largest_remainder(entry.pence, list(weights.values())) if weights else []
    return facts_of(
        date=clock.london(entry.at).date().isoformat(),
        person=entry.person_reference or "",
        budget=entry.budget_reference,
        pot=entry.pot_name,
        paid_how=entry.rail.value,
        order=order.reference if order is not None else "",
        provider=order.provider_name if order is not None else "",
        provider_number=order.organisation_id if order is not None else None,
        split={slug: share for slug, share in zip(weights, shares, strict=True) if share} or {"": entry.pence},
    )
