"""For whom the signed-in user acts on this page. What the address or the form says wins over what was chosen before.

So two tabs that act for two people never mix: each carries its person in its address and its forms, and the choice kept
in the session only fills in where neither names anybody.
"""

from flask import g, request, session
from werkzeug.exceptions import HTTPException

from budgets.domain import PersonView
from budgets.queries.access import find_acting
from marketplace.accounts.access import current_actor
from marketplace.kernel.errors import NotFound

SESSION_KEY = "acting_for"
TOGETHER_KEY = "together_with"
"""The person with whom the signed-in user plans together now: the banner leads back to where they were."""
_BOUND = "_acting_for_bound"


def acting_for() -> PersonView | None:
    """The person acted for, with a right that stands now; None for oneself, and where the person named is a stranger.

    In order: what the page bound itself to, the address (`/…/<person_id>` or `?for=`), the form's `person_id`, and only
    then the session's choice.
    """
    actor = current_actor()
    if not actor.is_signed_in:
        return None
    named, person_id = _named()
    if not named:
        person_id = session.get(SESSION_KEY)
    if person_id is None:
        return None
    known: dict[tuple[int | None, int], PersonView | None] = g.setdefault("_acting_for_known", {})
    key = actor.user_id, person_id
    if key not in known:
        known[key] = find_acting(actor, person_id)
    return known[key]


def bind(person_id: int) -> None:
    """For a page whose address names something of one person's, such as a checkout: it is about that person."""
    g._acting_for_bound = person_id


def start(person_id: int) -> PersonView:
    """Choose the person for pages that name nobody. Raises NotFound when there is no right to act for them."""
    person = find_acting(current_actor(), person_id)
    if person is None:
        raise NotFound
    session[SESSION_KEY] = person.id
    return person


def stop() -> None:
    """Act for oneself again."""
    session.pop(SESSION_KEY, None)


def banner() -> dict[str, object]:
    """The context processor: `acting_for` for the banner on every page."""
    person = acting_for()
    if person is None:
        return {"acting_for": None}
    return {
        "acting_for": {
            "id": person.id,
            "name": person.name,
            "change_href": "/people/choose",
            "stop_href": "/acting/stop",
            "together_href": f"/people/{person.id}/together/choices"
            if session.get(TOGETHER_KEY) == person.id
            else None,
        }
    }


def _named() -> tuple[bool, int | None]:
    """Whether the page names somebody, and whom. Something that is no number names nobody that there is."""
    if hasattr(g, _BOUND):
        return True, getattr(g, _BOUND)
    candidates = ((request.view_args or {}).get("person_id"), request.args.get("for"), person_in_form())
    for candidate in candidates:
        if candidate not in (None, ""):
            text = str(candidate)
            return True, int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
    return False, None


def person_in_form() -> str | None:
    """The form's person, as it was sent. A form too large to read names nobody: its error page still has its frame."""
    try:
        return request.form.get("person_id")
    except HTTPException:
        return None
