"""A refusal of a domain that has no form to go back to: said at the top of the page that comes next."""

from flask import flash

from marketplace.kernel.errors import DomainError, NotFound


def flash_refusal(error: DomainError) -> None:
    """Say what was refused and why on the next page. Raises NotFound on: that is a page like any other 404."""
    if isinstance(error, NotFound):
        raise error
    flash(error.message, "error")
