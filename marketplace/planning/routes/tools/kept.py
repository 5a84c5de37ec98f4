"""What somebody answered, kept in their own browser's signed cookie and nowhere else, until they close or clear it.

Nothing of it goes into an address, so that nothing of it is in a log; the place is kept as a half postcode.
"""

from dataclasses import dataclass
from typing import Any

from flask import session

from catalogue.errors import UnknownPlace
from catalogue.services.places import Located, locate
from marketplace.accounts.queries import CouncilView, find_council_by_gss, get_council
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.forms import BaseForm

_KEY = "self_checks"
_WHERE = "where"
_NOT_KEPT = ("csrf_token", "submit", "postcode")


@dataclass(frozen=True)
class Where:
    """Where somebody asks for: the council, when it is certain, and how to name the place near by."""

    council_id: int | None = None
    near: str = ""

    def council(self) -> CouncilView | None:
        try:
            return get_council(self.council_id) if self.council_id is not None else None
        except NotFound:
            return None


def answers(tool: str) -> dict[str, Any]:
    """What was kept for a tool; empty when nothing was."""
    found = session.get(_KEY, {}).get(tool, {})
    return dict(found) if isinstance(found, dict) else {}


def keep(tool: str, values: dict[str, Any]) -> None:
    session[_KEY] = {**session.get(_KEY, {}), tool: values}


def keep_form(tool: str, form: BaseForm) -> None:
    """Keep what a valid form holds; the place has a room of its own, and empty boxes need none."""
    empty: tuple[Any, ...] = (None, "", [])
    keep(tool, {name: value for name, value in form.data.items() if name not in _NOT_KEPT and value not in empty})


def forget() -> None:
    """Take every answer out of the cookie."""
    session.pop(_KEY, None)


def where() -> Where:
    kept = answers(_WHERE)
    return Where(kept.get("council"), str(kept.get("near", "")))


def place_of(text: str | None) -> Located | None:
    """The place that was typed, remembered for the other tools; None for an empty box, which forgets the last one.

    Typing the half postcode that is kept already leaves the council that was known with it. Raises DomainError.
    """
    if not text:
        keep(_WHERE, {})
        return None
    try:
        place = locate(text)
    except UnknownPlace as error:
        raise DomainError(error.message, field="postcode") from None
    known = where()
    council = find_council_by_gss(place.council_gss) if place.council_gss else None
    council_id = council.id if council else None
    near = place.outcode or place.label
    if council_id is None and near == known.near:
        council_id = known.council_id
    keep(_WHERE, {"council": council_id, "near": near})
    return place
