"""What budgets need from packages they do not know, joined when the application is put together."""

from typing import Protocol


class CouncilFinder(Protocol):
    """The council that answers for a full postcode; None when the postcode is not known."""

    def __call__(self, postcode: str) -> int | None: ...


def _no_council(postcode: str) -> int | None:
    return None


_council_finder: CouncilFinder = _no_council


def join(*, council_finder: CouncilFinder) -> None:
    """Called once by the application."""
    global _council_finder
    _council_finder = council_finder


def find_council_id(postcode: str | None) -> int | None:
    """The council of a full postcode, by whoever was joined."""
    return _council_finder(postcode) if postcode else None
