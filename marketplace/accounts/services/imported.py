"""Organisations that are known from published files, before anybody has signed up for them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, update

from marketplace.accounts.domain import OrganisationKind
from marketplace.accounts.models import Organisation
from marketplace.database import db, in_transaction
from marketplace.kernel import clock


def add_unclaimed_providers(rows: Sequence[dict[str, Any]]) -> list[int]:
    """One organisation for each row (name, email, phone, website, address, postcode), in the open transaction.

    Answers their ids in the order of the rows.
    """
    if not in_transaction():
        raise RuntimeError("organisations are added in the transaction of their import")
    if not rows:
        return []
    now = clock.now()
    values = [{**row, "kind": OrganisationKind.PROVIDER, "created_at": now} for row in rows]
    ids = db.session.execute(insert(Organisation).returning(Organisation.id, sort_by_parameter_order=True), values)
    return list(ids.scalars())


def change_contacts(organisation_id: int, **values: Any) -> None:
    """New contact details of an organisation that nobody has claimed, in the open transaction."""
    if not in_transaction():
        raise RuntimeError("contacts are changed in the transaction of their import")
    db.session.execute(update(Organisation).where(Organisation.id == organisation_id).values(**values))
