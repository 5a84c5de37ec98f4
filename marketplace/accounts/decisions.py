"""What waits for one person's yes or no, whatever it is about: one list, to which each package adds its own.

The packages know what they keep and who may decide it; `marketplace.app` joins their answers, and the page of approvals
shows them. Whoever prepared something is never asked to agree to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from marketplace.accounts.domain import Actor
from marketplace.accounts.ports import ports
from marketplace.accounts.queries import names_of


@dataclass(frozen=True)
class Decision:
    """One thing that somebody else prepared: `group` is its heading, `href` the page on which it is decided.

    `asked_by` is filled in by `list_decisions`, for all packages at once.
    """

    group: str
    what: str
    href: str
    asked_by_user_id: int | None
    asked_at: datetime
    note: str = ""
    asked_by: str = ""


class Decisions(Protocol):
    """What this actor may decide now, oldest first, in a number of queries that does not grow with it."""

    def __call__(self, actor: Actor) -> Sequence[Decision]: ...


def list_decisions(actor: Actor) -> list[tuple[str, list[Decision]]]:
    """Everything that waits for the actor besides orders, by its heading, in the order in which packages joined."""
    found = [decision for decisions in ports().decisions for decision in decisions(actor)]
    names = names_of(decision.asked_by_user_id for decision in found)
    groups: dict[str, list[Decision]] = {}
    for decision in found:
        named = replace(decision, asked_by=names.get(decision.asked_by_user_id, "Somebody"))
        groups.setdefault(decision.group, []).append(named)
    return list(groups.items())
