"""A team manager's sample: which purchases are picked, by stated rules and at random. Pure.

Both are said on the page, so that anybody can tell why a purchase was picked and draw the same sample again.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

NEAR_END_DAYS = 14
EVIDENCE_DAYS = 28
MOST_BY_RULE, MOST_AT_RANDOM = 50, 500


class Risk(StrEnum):
    """A rule by which purchases are picked, in the order of the page."""

    LARGE = "large"
    LINKED = "linked"
    OUTSIDE_PLAN = "outside_plan"
    FIRST_WITH_PAYEE = "first_with_payee"
    NEAR_END = "near_end"
    NO_EVIDENCE = "no_evidence"


AT_RANDOM = "random"
TITLES: dict[str, str] = {
    Risk.LARGE: "Large",
    Risk.LINKED: "Linked provider",
    Risk.OUTSIDE_PLAN: "Outside the plan",
    Risk.FIRST_WITH_PAYEE: "First with a payee",
    Risk.NEAR_END: "Near the end of a period",
    Risk.NO_EVIDENCE: "No evidence",
    AT_RANDOM: "At random",
}
SENTENCES: dict[Risk, str] = {
    Risk.LARGE: "The order comes to {large} or more.",
    Risk.LINKED: "It is an own fee, or whoever bought declared an interest in the provider.",
    Risk.OUTSIDE_PLAN: "It was said when ordering that this is outside the support plan, or it serves no outcome.",
    Risk.FIRST_WITH_PAYEE: "It is the first order that this person ever made with this provider.",
    Risk.NEAR_END: f"It was ordered in the last {NEAR_END_DAYS} days of the period of the budget that pays.",
    Risk.NO_EVIDENCE: f"It was agreed to be done {EVIDENCE_DAYS} days ago or longer, and no receipt or invoice stands "
    "beside it.",
}


class Answer(StrEnum):
    """What somebody says of a purchase that they looked at."""

    ALL_RIGHT = "all_right"
    ASK_MANAGER = "ask_manager"
    SAFEGUARDING = "safeguarding"
    FINANCE = "finance"


ANSWERS: dict[Answer, str] = {
    Answer.ALL_RIGHT: "It is all right",
    Answer.ASK_MANAGER: "A question to whoever bought it",
    Answer.SAFEGUARDING: "For the safeguarding lead",
    Answer.FINANCE: "For council finance",
}


@dataclass(frozen=True)
class Purchase:
    """An order that could be picked, and whose it is: everybody who bought it, agreed to it or is named for it."""

    order_id: int
    person_id: int
    total_pence: int
    ordered_on: date
    is_linked: bool
    is_outside: bool
    is_first: bool
    period_ends_on: date | None
    lacks_evidence: bool
    whose: frozenset[int]  # ids of users

    def risks(self, large_pence: int) -> tuple[Risk, ...]:
        """The rules that it meets."""
        met = {
            Risk.LARGE: self.total_pence >= large_pence,
            Risk.LINKED: self.is_linked,
            Risk.OUTSIDE_PLAN: self.is_outside,
            Risk.FIRST_WITH_PAYEE: self.is_first,
            Risk.NEAR_END: self.period_ends_on is not None
            and 0 <= (self.period_ends_on - self.ordered_on).days < NEAR_END_DAYS,
            Risk.NO_EVIDENCE: self.lacks_evidence,
        }
        return tuple(risk for risk in Risk if met[risk])


@dataclass(frozen=True)
class Draw:
    """How a sample is drawn: `per_rule` at most by each rule; of the rest `share` in a hundred by the seed, rounded up,
    and `most_random` at most."""

    seed: str
    risks: tuple[Risk, ...] = tuple(Risk)
    large_pence: int = 50_000
    per_rule: int = 5
    share: int = 5
    most_random: int = 10


@dataclass(frozen=True)
class Picked:
    """A purchase of the sample, by which rule it was picked or at random, and every rule that it meets."""

    purchase: Purchase
    by: str
    risks: tuple[Risk, ...]


def pick(purchases: Sequence[Purchase], draw: Draw, *, never: Collection[int] = ()) -> list[Picked]:
    """The sample: first by each rule, then at random of what is left. The same purchases and seed give the same.

    `never` are users: nobody draws a purchase of their own.
    """
    known = [purchase for purchase in purchases if not purchase.whose & set(never)]
    ranked = sorted(known, key=lambda purchase: _rank(draw.seed, purchase.order_id))
    risks = {purchase.order_id: purchase.risks(draw.large_pence) for purchase in ranked}
    taken: dict[int, Picked] = {}
    for risk in Risk:
        if risk in draw.risks:
            fitting = [each for each in ranked if risk in risks[each.order_id] and each.order_id not in taken]
            for purchase in fitting[: draw.per_rule]:
                taken[purchase.order_id] = Picked(purchase, risk.value, risks[purchase.order_id])
    rest = [purchase for purchase in ranked if purchase.order_id not in taken]
    count = min(-(-len(rest) * draw.share // 100), draw.most_random)
    return [*taken.values(), *(Picked(purchase, AT_RANDOM, risks[purchase.order_id]) for purchase in rest[:count])]


def _rank(seed: str, order_id: int) -> str:
    """Where chance puts an order: a digest of the seed and its number, which nobody chooses and everybody can check."""
    return hashlib.sha256(f"{seed}:{order_id}".encode()).hexdigest()


@dataclass(frozen=True)
class Count:
    """What a rule came to: how many were picked by it, looked at, answered, and found to be more than all right."""

    by: str
    picked: int
    looked: int
    answered: int
    found: int


def count_by_rule(items: Iterable[tuple[str, bool, Answer | None]]) -> list[Count]:
    """Counts by rule in the order of the page, with a last row for all together; of what picked it, whether it was
    looked at, and its last answer."""
    rows = list(items)
    wanted = [*(risk.value for risk in Risk), AT_RANDOM]

    def count(by: str, of: list[tuple[str, bool, Answer | None]]) -> Count:
        return Count(
            by,
            len(of),
            sum(looked for _, looked, _ in of),
            sum(answer is not None for _, _, answer in of),
            sum(answer not in (None, Answer.ALL_RIGHT) for _, _, answer in of),
        )

    found = [count(by, [row for row in rows if row[0] == by]) for by in wanted]
    return [*(row for row in found if row.picked), count("", rows)]
