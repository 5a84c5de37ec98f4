"""Keep what a council calls the columns of its files. Each change is a new row; the same again changes nothing."""

from collections.abc import Mapping
from typing import Any

from budgets.domain.loads import FileKind
from budgets.models import CouncilFileMap
from budgets.queries.file_maps import current_map
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound


def keep_map(actor: Actor, council_id: int, kind: FileKind, content: Mapping[str, Any]) -> None:
    """From now on the council's files are like this. Raises NotFound for all but its finance."""
    if council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound
    with transaction():
        if dict(content) == current_map(council_id, kind):
            return
        row = CouncilFileMap(
            council_id=council_id,
            kind=kind,
            content=dict(content),
            set_by_user_id=actor.user_id,
            set_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        record("file_map.set", "file_map", row.id, actor_user_id=actor.user_id, council_id=council_id, kind=kind.value)
