"""What a line of the table of access says: the methods of a route, who may use it, and what everybody else gets."""

from collections.abc import Collection
from dataclasses import dataclass

from marketplace.accounts.domain import Role

ANYBODY = frozenset({"anonymous", "person", *Role})
SIGNED_IN = ANYBODY - {"anonymous"}
PROVIDERS = frozenset({Role.PROVIDER})
OPERATORS = frozenset({Role.OPERATOR})
ACCESS_POINTS = frozenset({Role.ACCESS_POINT_WORKER})
FINANCE = frozenset({Role.COUNCIL_FINANCE})
READ_BUDGETS = FINANCE | {Role.AUDITOR}
SET_RULES = FINANCE | {Role.SOCIAL_WORKER}
SETTLE = FINANCE | {Role.FUND_FINANCE}
READ_RUNS = SETTLE | {Role.AUDITOR}
WATCH_MANDATES = frozenset({Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD})
HIDDEN = (404,)
SHOWN = (200, 302)


@dataclass(frozen=True)
class Line:
    """`methods` of a route, and `who` may use it.

    `public`: what all of those get for somebody else's thing; `operator`: what the operator gets, who looks after every
    thing; `unchanged`: what a form about somebody else's thing answers while it changes nothing. Without any: 404.
    """

    methods: frozenset[str]
    who: frozenset[str]
    public: Collection[int] | None = None
    operator: Collection[int] | None = None
    unchanged: Collection[int] | None = None


def page(who: Collection[str], **answers: Collection[int]) -> Line:
    return Line(frozenset({"GET"}), frozenset(who), **answers)


def form(who: Collection[str], **answers: Collection[int]) -> Line:
    return Line(frozenset({"GET", "POST"}), frozenset(who), **answers)


def act(who: Collection[str], **answers: Collection[int]) -> Line:
    return Line(frozenset({"POST"}), frozenset(who), **answers)
