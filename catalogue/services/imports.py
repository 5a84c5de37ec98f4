"""Bring published files into the catalogue: again and again, without doubling, deleting or losing anything.

A record is known by its source and key. New ones become an unclaimed provider with one listing; changed ones change,
unless the provider has signed up and speaks for itself; those that left the file are marked as gone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from catalogue.domain import ListingState, ProviderState
from catalogue.importing import (
    ImportedPlace,
    ImportedProvider,
    ImportReport,
    Reading,
    RefusalKind,
    RefusedRow,
)
from catalogue.importing.keys import place_key
from catalogue.models import Category, ImportRun, Listing, Provider
from catalogue.services.imported_values import listing_values, provider_values
from catalogue.services.index import REINDEX_TOPIC
from marketplace.accounts.services.imported import add_unclaimed_providers, change_contacts
from marketplace.audit.services import record
from marketplace.bulk import batched
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.services import enqueue

BATCH = 500
Progress = Callable[[str], None]


@dataclass
class _Known:
    listing_id: int
    organisation_id: int
    digest: str | None
    state: ListingState
    provider_state: ProviderState


def import_records(
    reading: Reading[Any], *, kind: str, file_name: str, dry_run: bool, allow_gone: bool, say: Progress
) -> ImportReport:
    """Write what `reading` gives, 500 rows to a transaction, so that a stop in the middle loses nothing.

    With `dry_run` nothing is written and the report says what would be. When more than half of what is known from the
    source would be marked as gone, it is left alone unless `allow_gone`: the file may be of another area.
    """
    report = ImportReport(file_name, dry_run)
    known = _known_of(reading.source)
    elsewhere = _places_of_other_sources(reading.source)
    categories = _category_ids()
    seen: set[str] = set()
    rows = 0
    for batch in batched(reading, BATCH):
        records = []
        for row in batch:
            rows += 1
            if isinstance(row, RefusedRow):
                report.refuse(row)
                if row.source_key:
                    seen.add(row.source_key)
            elif _is_older(row, elsewhere):
                seen.add(row.source_key)
                report.refuse(
                    RefusedRow(row.row_number, "already known from a newer list", RefusalKind.MERGED, row.source_key)
                )
            else:
                seen.add(row.source_key)
                report.note(row)
                records.append(row)
        _write_batch(records, known, elsewhere, categories, report, dry_run=dry_run)
        say(f"{rows:,} rows read")
    _mark_gone(reading.source, known, seen, report, dry_run=dry_run, allow_gone=allow_gone, say=say)
    if not dry_run:
        _write_run(reading, kind, file_name, report)
    return report


def _known_of(source: str) -> dict[str, _Known]:
    query = (
        select(
            Listing.source_key,
            Listing.id,
            Listing.organisation_id,
            Listing.content_digest,
            Listing.state,
            Provider.state.label("provider_state"),
        )
        .join(Provider, Provider.organisation_id == Listing.organisation_id)
        .where(Listing.source == source)
    )
    return {
        row.source_key: _Known(row.id, row.organisation_id, row.content_digest, row.state, row.provider_state)
        for row in db.session.execute(query)
    }


def _places_of_other_sources(source: str) -> dict[str, tuple[str, int]]:
    """Newest day ("" when not known) and listing of each place that another source lists."""
    query = select(Listing.title, Listing.postcode, Listing.source_as_of, Listing.id).where(
        Listing.source.is_not(None), Listing.source != source, Listing.state != ListingState.GONE
    )
    places: dict[str, tuple[str, int]] = {}
    for row in db.session.execute(query.order_by(Listing.id)):
        if row.postcode:
            day = row.source_as_of.isoformat() if row.source_as_of else ""
            key = place_key(row.title, row.postcode)
            places[key] = max(places.get(key, ("", 0)), (day, row.id))
    return places


def _is_older(row: ImportedProvider | ImportedPlace, elsewhere: dict[str, tuple[str, int]]) -> bool:
    if row.postcode is None or row.place_key not in elsewhere:
        return False
    return elsewhere[row.place_key][0] >= (row.as_of.isoformat() if row.as_of else "")


def _category_ids() -> dict[str, int]:
    return dict(db.session.execute(select(Category.slug, Category.id)).all())


def _write_batch(
    records: list[Any],
    known: dict[str, _Known],
    elsewhere: dict[str, tuple[str, int]],
    categories: dict[str, int],
    report: ImportReport,
    *,
    dry_run: bool,
) -> None:
    new = [row for row in records if row.source_key not in known]
    changed, back = [], []
    for row in records:
        was = known.get(row.source_key)
        if was is None:
            continue
        if was.provider_state is ProviderState.UNCLAIMED and was.digest != row.content_digest:
            changed.append(row)
        elif was.state is ListingState.GONE:
            back.append(row)
        else:
            report.unchanged += 1
    report.taken += len(new)
    report.changed += len(changed) + len(back)
    superseded = [elsewhere[row.place_key][1] for row in new if row.postcode and row.place_key in elsewhere]
    if dry_run or not (new or changed or back):
        return
    with transaction():
        _insert_new(new, categories)
        for row in changed:
            _change(row, known[row.source_key], categories)
        if back:
            _set_state([known[row.source_key].listing_id for row in back], ListingState.PUBLISHED)
        if superseded:
            _set_state(superseded, ListingState.GONE)


def _insert_new(rows: list[Any], categories: dict[str, int]) -> None:
    if not rows:
        return
    organisation_ids = add_unclaimed_providers(
        [
            {
                "name": getattr(row, "provider_name", None) or row.name,
                "email": row.email,
                "phone": row.telephone,
                "website": row.website,
                "address": row.address,
                "postcode": row.postcode,
            }
            for row in rows
        ]
    )
    pairs = list(zip(organisation_ids, rows, strict=True))
    db.session.execute(insert(Provider), [provider_values(row) | {"organisation_id": o} for o, row in pairs])
    now = clock.now()
    db.session.execute(
        insert(Listing),
        [
            listing_values(row, categories) | {"organisation_id": o, "created_at": now, "published_at": now}
            for o, row in pairs
        ],
    )


def _change(row: Any, was: _Known, categories: dict[str, int]) -> None:
    values = listing_values(row, categories)
    db.session.execute(update(Listing).where(Listing.id == was.listing_id).values(**values, ended_at=None))
    db.session.execute(
        update(Provider).where(Provider.organisation_id == was.organisation_id).values(**provider_values(row))
    )
    change_contacts(
        was.organisation_id,
        name=getattr(row, "provider_name", None) or row.name,
        email=row.email,
        phone=row.telephone,
        website=row.website,
        address=row.address,
        postcode=row.postcode,
    )


def _set_state(listing_ids: list[int], state: ListingState) -> None:
    ended = clock.now() if state is ListingState.GONE else None
    db.session.execute(
        update(Listing)
        .where(Listing.id.in_(listing_ids))
        .values(state=state, ended_at=ended, updated_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _mark_gone(
    source: str,
    known: dict[str, _Known],
    seen: set[str],
    report: ImportReport,
    *,
    dry_run: bool,
    allow_gone: bool,
    say: Progress,
) -> None:
    listed = {key: was for key, was in known.items() if was.state is ListingState.PUBLISHED}
    gone = [was.listing_id for key, was in listed.items() if key not in seen]
    if len(gone) * 2 > len(listed) and len(gone) > 5 and not allow_gone:
        say(
            f"{len(gone):,} of {len(listed):,} places known from {source} are not in this file, which may be of "
            "another area: they were left as they are. Run again with --allow-gone to mark them as gone."
        )
        return
    report.gone = len(gone)
    if gone and not dry_run:
        with transaction():
            for start in range(0, len(gone), BATCH):
                _set_state(gone[start : start + BATCH], ListingState.GONE)


def _write_run(reading: Reading[Any], kind: str, file_name: str, report: ImportReport) -> None:
    with transaction():
        run_id = db.session.execute(
            insert(ImportRun)
            .values(
                kind=kind,
                source=reading.source,
                file_name=file_name[:200],
                file_digest=reading.digest,
                at=clock.now(),
                taken=report.taken,
                changed=report.changed,
                unchanged=report.unchanged,
                gone=report.gone,
                refused=len(report.refused_rows),
            )
            .returning(ImportRun.id)
        ).scalar_one()
        record(
            "catalogue.import",
            "import_run",
            run_id,
            actor_user_id=None,
            taken=report.taken,
            changed=report.changed,
            gone=report.gone,
        )
        if report.taken or report.changed or report.gone:
            enqueue(REINDEX_TOPIC, {})
