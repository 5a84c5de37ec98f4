"""For whom a page of buying is: what its address or its form says, then the choice of the session, then oneself."""

from typing import Any

from flask import request, session, url_for

from budgets.services import acting
from marketplace.kernel.errors import NotFound


def named_person_id() -> int | None:
    """The person that this request names; None for oneself.

    A form that carries an empty `person_id` means oneself, whatever was chosen in another tab meanwhile. Whether the
    actor may do anything for that person is for the service to ask.
    """
    sent = acting.person_in_form()
    if sent is not None:
        return _number(sent)
    if "for" in request.args:
        return _number(request.args["for"])
    person = acting.acting_for()
    return person.id if person else None


def likely_person_id() -> int | None:
    """Whom `named_person_id` will most likely answer, before it is known who asks: a right is not looked at."""
    text = acting.person_in_form() or request.args.get("for") or str(session.get(acting.SESSION_KEY) or "")
    try:
        return _number(text)
    except NotFound:
        return None


def is_named() -> bool:
    """Whether the address or the form says for whom, rather than what was chosen before."""
    return "for" in request.args or acting.person_in_form() is not None


def basket_address(person_id: int | None) -> str:
    """The basket's page, with its person in the address."""
    named: dict[str, Any] = {"for": person_id} if person_id is not None else {}
    return url_for("payments.basket", **named)


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotFound()
    return int(text)
