"""Pages of the operator's desk. Every one of them is for the operator alone."""

from flask import Blueprint

from marketplace.ui.navigation import page_asked

blueprint = Blueprint("desk", __name__, template_folder="../templates")
PER_PAGE = 50


def page_of(count: int) -> tuple[int, int]:
    """The page that the address asks for and the last one there is, for a list of `count` things."""
    last = max(1, -(-count // PER_PAGE))
    return page_asked(last), last


from marketplace.desk.routes import (  # noqa: E402 - the modules hang their pages on the blueprint
    applications,
    finding,
    levy,
    looking,
    money,
    orders,
    reviews,
    today,
)

__all__ = ["applications", "blueprint", "finding", "levy", "looking", "money", "orders", "reviews", "today"]
