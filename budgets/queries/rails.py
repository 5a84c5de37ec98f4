"""How a pot is paid on a day: by the last change that counts by then, else as its budget was set up."""

from typing import Any

from sqlalchemy import func, select

from budgets.models import PotDeployment
from marketplace.database import table_of

_deployments = table_of(PotDeployment)


def _last(column: Any, pot_id: Any, day: Any) -> Any:
    return (
        select(column)
        .where(_deployments.c.pot_id == pot_id, _deployments.c.starts_on <= day)
        .order_by(_deployments.c.starts_on.desc(), _deployments.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def rail_on(pot_id: Any, rail: Any, day: Any) -> Any:
    """The way of paying of a pot on a day, in a query that has the pot's id and its budget's rail."""
    return func.coalesce(_last(_deployments.c.rail, pot_id, day), rail)


def holder_on(pot_id: Any, holder: Any, day: Any) -> Any:
    """Who holds the fund of a pot on a day, for a pot that is a fund then."""
    return func.coalesce(_last(_deployments.c.isf_holder_organisation_id, pot_id, day), holder)


def next_change_after(pot_id: Any, day: Any) -> Any:
    """The first day after this one from which a pot is paid in another way or by another holder."""
    return (
        select(func.min(_deployments.c.starts_on))
        .where(_deployments.c.pot_id == pot_id, _deployments.c.starts_on > day)
        .scalar_subquery()
    )
