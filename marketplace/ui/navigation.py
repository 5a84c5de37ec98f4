"""Addresses that every page needs: the links at its foot, and its own address with one thing changed."""

from urllib.parse import urlencode

from flask import request

from marketplace.kernel.clock import now
from marketplace.ui.filters import short_date

FOOTER_LINKS: tuple[dict[str, str], ...] = (
    {"text": "Help", "href": "/help"},
    {"text": "Check for yourself", "href": "/tools"},
    {"text": "About", "href": "/about"},
    {"text": "For providers", "href": "/help/for-providers"},
    {"text": "Terms of use", "href": "/terms"},
    {"text": "Accessibility statement", "href": "/accessibility"},
    {"text": "Privacy", "href": "/privacy"},
    {"text": "Where our data comes from", "href": "/open-data"},
    {"text": "Large print", "href": "/page-settings"},
)


def url_with(**changes: object) -> str:
    """The address of this page with query parameters changed: None takes one away, a list sets several of one name.

    A change to anything but `page` goes back to the first page of a list.
    """
    kept = request.args.to_dict(flat=False)
    if "page" not in changes and "print" not in changes:
        kept.pop("page", None)
    for name, value in changes.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]
    query = urlencode(kept, doseq=True)
    path = f"{request.script_root}{request.path}"
    return f"{path}?{query}" if query else path


def page_asked(last: int = 10_000) -> int:
    """The page of a list that this page's address asks for: from 1 to `last`, and 1 for what is no number."""
    return min(max(1, request.args.get("page", 1, type=int)), last)


def about_same_person() -> dict[str, str]:
    """The person that this page's address names, and the outcome beside them, for links to pages about the same.

    Without it a page opened for one person would lead to one for whoever was chosen last, in another tab perhaps.
    """
    return {name: value for name in ("for", "outcome") if (value := request.args.get(name, "")) and _is_number(value)}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def printed_on() -> str:
    """The date for the head of a printed page."""
    return short_date(now())
