"""Postcodes of Code-Point Open: where each is, and which council answers for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from catalogue.importing import ImportReport, PostcodePosition, PostcodeRow, RefusedRow, read_postcodes
from catalogue.models import Postcode
from catalogue.services.imported_values import responsible_council
from marketplace.bulk import batched
from marketplace.database import db, transaction
from marketplace.kernel.places import Point

BATCH = 5000


def find_postcode(postcode: str) -> PostcodePosition | None:
    """Where a full postcode is, from the imported Code-Point Open; None when it was not imported."""
    row = db.session.execute(
        select(Postcode.latitude, Postcode.longitude, Postcode.district_gss).where(Postcode.postcode == postcode)
    ).one_or_none()
    if row is None:
        return None
    point = Point(row.latitude, row.longitude) if row.latitude is not None and row.longitude is not None else None
    return PostcodePosition(point, row.district_gss)


def import_postcodes(path: Path, *, dry_run: bool, say: Callable[[str], None]) -> ImportReport:
    """Write Code-Point Open into the table of postcodes; a postcode that is there already takes the new row."""
    report = ImportReport(path.name, dry_run)
    count = 0
    for batch in batched(read_postcodes(path), BATCH):
        values = []
        for row in batch:
            if isinstance(row, RefusedRow):
                report.refuse(row)
            else:
                values.append(_postcode_values(row))
        count += len(values)
        if values and not dry_run:
            with transaction():
                _upsert_postcodes(values)
        say(f"{count:,} postcodes")
    report.taken = count
    return report


def _postcode_values(row: PostcodeRow) -> dict[str, Any]:
    return {
        "postcode": row.postcode,
        "latitude": row.lat,
        "longitude": row.lon,
        "district_gss": row.district_gss,
        "council_gss": responsible_council(row.district_gss),
        "ward_gss": row.ward_gss,
    }


def _upsert_postcodes(values: list[dict[str, Any]]) -> None:
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Postcode)
    changes = {name: statement.excluded[name] for name in values[0] if name != "postcode"}
    db.session.execute(statement.on_conflict_do_update(index_elements=["postcode"], set_=changes), values)
