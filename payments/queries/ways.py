"""Ways of paying for a basket: what each pays for, and what a card is to pay beside a budget."""

from dataclasses import dataclass
from datetime import date

from budgets.domain import PotChoice
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from payments.queries.baskets import BasketLineView

LEAST_BY_CARD_PENCE, MOST_BY_CARD_PENCE = 30, 99_999_999  # Stripe's own limits for one charge in pounds

WITH_CARD = "+card"
"""What a budget's way of paying ends with, in forms, when a card is to pay a part."""


@dataclass(frozen=True)
class TopUpChoice:
    """What the budget is to pay of a checkout, while a card pays the rest: the buyer's, or that of `payer_name`, who is
    asked by e-mail. `budget_pence` is None until it was said."""

    budget_pence: int | None = None
    payer_name: str | None = None
    payer_email: str | None = None

    @property
    def by_another(self) -> bool:
        return self.payer_email is not None


@dataclass(frozen=True)
class WayOfPaying:
    """A way of paying for this basket: what it pays for, and what would stay in the basket."""

    value: str
    rail: Rail
    pot: PotChoice | None
    pays_for: tuple[BasketLineView, ...]
    leaves: tuple[BasketLineView, ...]
    other_periods: tuple[PotChoice, ...] = ()
    can_be_topped_up: bool = False  # a card may pay a part of everything that it pays for

    @property
    def total_pence(self) -> int:
        return sum(line.amount_pence for line in self.pays_for)

    @property
    def is_enough(self) -> bool:
        return self.too_little is None

    @property
    def too_little(self) -> tuple[PotChoice, int] | None:
        """The first period that has less left than its days cost, and what they cost."""
        return next(((pot, pence) for pot, pence in self.shares if pot.available_pence < pence), None)

    @property
    def shares(self) -> list[tuple[PotChoice, int]]:
        """What each period of the pot would pay, earliest first: the days of support decide, not that of the order."""
        shares: dict[int, tuple[PotChoice, int]] = {}
        for line in self.pays_for:
            pot = self.pot_on(line.wanted_on)
            if pot is not None:
                shares[pot.pot_period_id] = (pot, shares.get(pot.pot_period_id, (pot, 0))[1] + line.amount_pence)
        return sorted(shares.values(), key=lambda share: (share[0].starts_on, share[0].pot_period_id))

    def pot_on(self, day: date | None) -> PotChoice | None:
        """The pot's period that pays for a day, today where none was named; the chosen one if none holds it."""
        if self.pot is None:
            return None
        day, periods = day or clock.today(), (self.pot, *self.other_periods)
        return next((pot for pot in periods if pot.starts_on <= day <= pot.ends_on), self.pot)
