"""Refusals of the catalogue."""

from marketplace.kernel.errors import DomainError, NotFound

WHERE_SENTENCE = "Enter a postcode, the first half of one or a council, like DL3 7TX, DL3 or Darlington"


class UnknownPlace(DomainError):
    """The words for where are no postcode, no first half of one and no council that we know."""

    status = 422

    def __init__(self, message: str = WHERE_SENTENCE) -> None:
        super().__init__(message, field="postcode")


class ListingNotFound(NotFound):
    """No such listing, or one that was never open to everybody."""
