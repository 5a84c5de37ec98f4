"""Refusals of payments, in words that say what to do."""

from marketplace.kernel.errors import DomainError, NotAllowed


class NotForBasket(DomainError):
    """A listing that cannot be ordered: free, without a price, withdrawn. The sentence says how to go on."""


class WrongQuantity(DomainError):
    """A quantity outside what the listing allows."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="quantity")


class PriceChangedAgain(DomainError):
    """Somebody accepted a price that is not the price any more."""

    def __init__(self, title: str, price: str) -> None:
        super().__init__(
            f"The price of “{title}” has changed again. It is {price} now. Look at it before you accept it."
        )


class CheckoutChanged(NotAllowed):
    """What would be ordered is not what the buyer last saw; nothing was ordered."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(
            message
            or "Something changed since you looked at this page. Look at it again, then order. Nothing was ordered."
        )


class CardNeeded(NotAllowed):
    """An order by card cannot be placed before the card was given."""

    def __init__(self) -> None:
        super().__init__("Enter the card first, then place the order.")


class PaysByCard(DomainError):
    """No pot pays for it without a card. `is_own_money`: nobody's budget could, so it would be the person's own."""

    def __init__(self, message: str, *, is_own_money: bool = False) -> None:
        super().__init__(message)
        self.is_own_money = is_own_money


class CannotPayByCard(NotAllowed):
    """A card cannot pay this: too little, or a provider that takes no cards yet."""
