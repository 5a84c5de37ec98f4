"""What the columns of a council's files are called now."""

from typing import Any

from sqlalchemy import select

from budgets.domain.loads import FileKind
from budgets.models import CouncilFileMap
from marketplace.database import db


def current_map(council_id: int, kind: FileKind) -> dict[str, Any]:
    """What the council chose last; empty when it never chose."""
    found = db.session.scalar(
        select(CouncilFileMap.content)
        .where(CouncilFileMap.council_id == council_id, CouncilFileMap.kind == kind)
        .order_by(CouncilFileMap.id.desc())
        .limit(1)
    )
    return dict(found or {})


def councils_with_map(kind: FileKind) -> list[int]:
    """Councils that ever chose, by id."""
    chosen = select(CouncilFileMap.council_id).where(CouncilFileMap.kind == kind).distinct()
    return list(db.session.scalars(chosen.order_by(CouncilFileMap.council_id)))
