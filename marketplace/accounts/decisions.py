"""What waits for one person's yes or no, whatever it is about: one list, to which each package adds its own.

The packages know what they keep and who may decide it; `marketplace.app` joins their answers, and the page of approvals
shows them. Whoever prepared something is never asked to agree to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from marketplace.accounts.domain import Actor
from marketplace.accounts.ports import ports


@dataclass(frozen=True)
class Decision:
    """One thing that somebody else prepared: `group` is its heading, `href` the page on which it is decided."""

    group: str
    what: str
    href: str
    asked_by: str
    asked_at: datetime
    note: str = ""


class Decisions(Protocol):
    """What this actor may decide now, oldest first, in a number of queries that does not grow with it."""

    def __call__(self, actor: Actor) -> Sequence[Decision]: ...


def list_decisions(actor: Actor) -> list[tuple[str, list[Decision]]]:
    """Everything that waits for the actor besides orders, by its heading, in the order in which packages joined."""
    groups: dict[str, list[Decision]] = {}
    for decisions in ports().decisions:
        for decision in decisions(actor):
            groups.setdefault(decision.group, []).append(decision)
    return list(groups.items())
