"""Where a balance comes from: what was agreed up to today and in the whole period, and what became of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from budgets.domain.allocations import Agreed, Later, Origin, RegularAmount, agreed_between, pieces, sum_until
from budgets.domain.book import Balance


@dataclass(frozen=True)
class Step:
    """One line of the explanation: what adds to or takes from what is left, up to today and in the whole period."""

    origin: Origin | str
    so_far_pence: int
    whole_pence: int


@dataclass(frozen=True)
class Explanation:
    """A pot's period, step by step. Both columns sum to what is left. `regular` is the amount that counts today, and
    `agreed` what the regular amounts come to, with the person's contribution; `later` is still to come, by its day."""

    balance: Balance
    steps: tuple[Step, ...]
    regular: RegularAmount | None
    agreed_so_far: Agreed
    agreed: Agreed
    weeks_so_far: int
    later: tuple[Later, ...] = ()

    @property
    def agreed_so_far_pence(self) -> int:
        return sum(step.so_far_pence for step in self.steps if isinstance(step.origin, Origin))

    @property
    def left_so_far_pence(self) -> int:
        """What has come in up to today and is neither kept aside nor spent; less than 0 when more was booked ahead."""
        return sum(step.so_far_pence for step in self.steps)

    @property
    def left_pence(self) -> int:
        return sum(step.whole_pence for step in self.steps)


def explain(
    balance: Balance,
    origins: Mapping[Origin, int],
    regulars: Sequence[RegularAmount],
    today: date,
    later: tuple[Later, ...] = (),
) -> Explanation:
    """The steps of a balance. Regular amounts count up to today by their own rule, sums for the period by its days, and
    what comes once from its day on: `later` are those whose day is still to come."""
    period = (balance.starts_on, balance.ends_on)
    last = min(max(today, date.fromordinal(period[0].toordinal() - 1)), period[1])
    regular_pence = origins.get(Origin.REGULAR, 0)
    so_far = {
        Origin.SUM: sum_until(origins.get(Origin.SUM, 0), period, regulars, last),
        Origin.REGULAR: regular_pence
        if last == period[1]
        else min(agreed_between(regulars, period[0], last).paid_in_pence, regular_pence),
        Origin.ONE_OFF: origins.get(Origin.ONE_OFF, 0) - sum(each.pence for each in later),
        Origin.CARRIED: origins.get(Origin.CARRIED, 0),
    }
    steps = [Step(origin, pence, origins.get(origin, 0)) for origin, pence in so_far.items() if origins.get(origin)]
    for what, pence in (
        ("reclaimed", -balance.reclaimed_pence),
        ("held", -balance.held_pence),
        ("spent", -balance.spent_pence),
        ("given_back", balance.refunded_pence),
    ):
        if pence or what in ("held", "spent"):
            steps.append(Step(what, pence, pence))
    now = [regular for regular, begin, end in pieces(regulars) if begin <= last <= end]
    return Explanation(
        balance,
        tuple(steps),
        now[0] if now else None,
        agreed_between(regulars, period[0], last),
        agreed_between(regulars, *period),
        ((last - period[0]).days + 1) // 7,
        later,
    )
