"""Refusals of ratings, in words that say what to do."""

from marketplace.kernel.errors import DomainError, NotAllowed


class NotAgreedYet(NotAllowed):
    """A review before the person agreed that it was done."""

    def __init__(self) -> None:
        super().__init__("You can write a review once you have agreed that this order was done.")


class ReviewedAlready(NotAllowed):
    """A second review of the same order."""

    def __init__(self) -> None:
        super().__init__("There is a review of this order already. Each order has one.")


class LinkedToProvider(NotAllowed):
    """Somebody who works for a provider, or whose organisation shares people with it, reviews it."""

    def __init__(self, provider_name: str) -> None:
        super().__init__(
            f"You or a colleague of yours works for {provider_name}, so you cannot review it. "
            "The person themself can, from their own sign-in or at an access point."
        )


class AnsweredAlready(NotAllowed):
    """A second reply to the same review."""

    def __init__(self) -> None:
        super().__init__("This review has an answer already. Each review has one.")


class ReviewError(DomainError):
    """Something in a review or a reply has to change before it can be taken."""
