"""What somebody typed into a form just after their sign-in had ended: kept until they are back, for them alone.

It travels in the browser's own signed cookie, without passwords and secrets, and is shown again only to the user whose
sign-in had ended: on a library's computer the next visitor must not find it.
"""

import json

from flask import Flask, g, request, session
from flask_login import current_user
from werkzeug.datastructures import MultiDict

_KEY = "kept_form"
_MOST_BYTES = 2000  # a cookie holds 4,093 bytes, and other things are in it too
_NEVER = ("password", "csrf", "token", "present", "card", "proof", "sealed")


def remember_owner(user_id: int) -> None:
    """Say whose the kept form is; called when the sign-in page has found out whose sign-in ended."""
    kept = session.get(_KEY)
    if kept and kept.get("user") is None:
        session[_KEY] = {**kept, "user": user_id}


def forget() -> None:
    session.pop(_KEY, None)


def keep(page: str) -> None:
    """Keep the fields of this request's form for `page`, if they are small and a sign-in has just ended."""
    if "_user_id" not in session or request.files:
        return
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not any(word in name.lower() for word in _NEVER)
    ]
    kept = {"page": page.partition("?")[0], "fields": fields, "user": None}
    if fields and len(json.dumps(kept)) <= _MOST_BYTES:
        session[_KEY] = kept


def give_back() -> None:
    """Before each request: on the page of a kept form, hand its fields to the forms of that page, once."""
    kept = session.get(_KEY)
    if not kept or request.method != "GET" or request.path != kept["page"] or not current_user.is_authenticated:
        return
    forget()
    if kept["user"] is not None and kept["user"] == current_user.actor.user_id:
        g.kept_form = MultiDict([(name, value) for name, value in kept["fields"]])


def init_app(app: Flask) -> None:
    app.before_request(give_back)
