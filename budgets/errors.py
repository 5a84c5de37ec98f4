"""Refusals of budgets, in words that say what to do."""

from datetime import date

from marketplace.kernel.errors import DomainError, NotAllowed
from marketplace.kernel.money import format_pounds


class BudgetError(DomainError):
    """A refusal of the budget book."""


class NotEnoughLeft(BudgetError):
    """A hold would take more than is left. Carries its figures, so that a page can offer the ways on as buttons."""

    def __init__(
        self,
        *,
        asked_pence: int,
        left_pence: int,
        pot_words: str,
        until: date,
        until_words: str,
        pot_period_id: int,
        fewer: str = "fewer hours",
        ask: str = "the council",
    ) -> None:
        self.asked_pence = asked_pence
        self.left_pence = left_pence
        self.pot_words = pot_words
        self.until = until
        self.pot_period_id = pot_period_id
        left = f"{format_pounds(left_pence)} left" if left_pence > 0 else "nothing left"
        if left_pence > 0:
            ways = f"You can choose {fewer}, pay {format_pounds(self.short_pence)} yourself, or ask {ask}."
        else:
            ways = f"You can pay {format_pounds(asked_pence)} yourself, or ask {ask}."
        super().__init__(f"This costs {format_pounds(asked_pence)}. {pot_words} has {left} until {until_words}. {ways}")

    @property
    def short_pence(self) -> int:
        """What somebody would have to add."""
        return self.asked_pence - max(self.left_pence, 0)


class BudgetNotOpen(BudgetError):
    """The budget is suspended, has ended, or its dates do not reach the day of the support."""


class AuthorityEnded(NotAllowed):
    """The right under which something was begun has ended, or is paused."""

    def __init__(self, person_name: str) -> None:
        super().__init__(
            f"Your right to order for {person_name} has ended or is paused, so nothing was ordered and nothing was "
            "taken. Ask them, or their council, if you think that is wrong."
        )


class CouncilChanges(DomainError):
    """The postcode belongs to another council than before, and nobody has agreed to that yet."""

    def __init__(self, council_id: int) -> None:
        super().__init__("This postcode belongs to another council.", field="postcode")
        self.council_id = council_id


class OutsideMandate(BudgetError):
    """The mandate names pots, and this is none of them."""

    def __init__(self, person_name: str, pot: str) -> None:
        name = person_name.split()[0] if person_name.split() else person_name
        super().__init__(
            f"Your authority to act for {name} does not cover {pot}. Choose another way to pay, or ask {name} or the "
            "council about it."
        )


class CauseUsedDifferently(BudgetError):
    """A cause that stands in the book already came again with another amount, pot or order."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            "This was entered before with another amount, so nothing was changed. Look at the order again to see "
            "where things stand."
        )
        self.cause = cause


class NotKeptAside(NotAllowed):
    """More would be spent or let go than is kept aside for the order."""

    def __init__(self) -> None:
        super().__init__(
            "There is not that much kept aside for this order any more. Look at the order again to see where things "
            "stand."
        )


class NotSpent(NotAllowed):
    """More would be given back than was spent on the order."""

    def __init__(self) -> None:
        super().__init__(
            "More would be given back than was spent on this order. Look at the order again to see what was spent."
        )


class LineRefused(DomainError):
    """Something about what is to be ordered has to change first; `field` says what."""
