"""One declared rule per route, deny by default.

Every view carries `@allow(rule)`. A view without one answers 404, and a test that walks the URL map fails. What a rule
cannot know (whose order, which person) is decided where the row is read, and looks the same: 404.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask import Response as FlaskResponse
from flask_login import UserMixin, current_user
from werkzeug.wrappers import Response

from marketplace.accounts import kept_forms
from marketplace.accounts.domain import ANYONE as NOBODY
from marketplace.accounts.domain import Actor, Role
from marketplace.kernel import clock
from marketplace.ui.error_pages import path_for_logs

log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., Any])
FRESH = timedelta(minutes=10)


@dataclass(frozen=True)
class Rule:
    """Who may call a route: a name for the table of permissions, and the check."""

    name: str
    check: Callable[[Actor], bool]
    needs_sign_in: bool = True


ANYONE = Rule("anyone", lambda actor: True, needs_sign_in=False)
SIGNED_IN = Rule("signed in", lambda actor: actor.is_signed_in)


def roles(*allowed: Role) -> Rule:
    """Those who hold one of the roles in some organisation."""
    return Rule(" or ".join(sorted(allowed)), lambda actor: actor.has(*allowed))


def allow(rule: Rule) -> Callable[[View], View]:
    """Declare the rule of a view. Goes directly above the function, below the route."""

    def declare(view: View) -> View:
        view.access_rule = rule  # type: ignore[attr-defined]
        return view

    return declare


class SignedInUser(UserMixin):
    """What Flask-Login keeps for a request: the actor, and the sign-in that proves it."""

    def __init__(
        self,
        actor: Actor,
        token: str,
        sign_in_id: int,
        *,
        confirmed_at: datetime | None = None,
        large_print: bool = False,
    ) -> None:
        self.actor = actor
        self.confirmed_at = confirmed_at
        self.token = token
        self.sign_in_id = sign_in_id
        self.large_print = large_print

    def get_id(self) -> str:
        return self.token


def current_actor() -> Actor:
    """The actor of this request; nobody in particular when not signed in."""
    user = current_user
    return user.actor if user.is_authenticated else NOBODY


def is_fresh() -> bool:
    """Whether whoever is signed in proved who they are in this browser within the last 10 minutes."""
    user = current_user
    if not user.is_authenticated or user.confirmed_at is None:
        return False
    return bool(clock.now() - user.confirmed_at <= FRESH)


def require_fresh() -> None:
    """Go on only when a code was given within 10 minutes; otherwise ask for one, and come back to this page.

    For acts that weigh more than a sign-in of this morning proves: approving above a limit, changing where money goes.
    Call it where the form is shown, so that nothing typed is lost, and again where the form is taken.
    """
    if not is_fresh():
        abort(redirect(url_for("accounts.confirm", next=page_to_come_back_to())))


def page_to_come_back_to() -> str:
    """The path of this page, or, when a form is being sent, of the page that the form was on."""
    return request.full_path.rstrip("?") if request.method == "GET" else _page_of_form()


def enforce() -> Response | None:
    """Before each request: apply the rule of the route."""
    if request.endpoint is None:
        return None
    view = current_app.view_functions.get(request.endpoint)
    rule: Rule | None = getattr(view, "access_rule", None)
    if rule is None:
        log.error("no access rule for %s", request.endpoint)
        abort(404)
    if not rule.needs_sign_in:
        return None
    actor = current_actor()
    if not actor.is_signed_in:
        back = page_to_come_back_to()
        if request.method == "POST":
            kept_forms.keep(back)
        return redirect(url_for("accounts.sign_in", next=back))
    if not rule.check(actor):
        abort(404)
    return None


def note_refusal(response: FlaskResponse) -> FlaskResponse:
    """After each request: the log says who was told that there is nothing, by the rule or by what was read.

    Pages that anybody may open belong to it: a basket or an order on them is somebody's all the same. What is refused
    and what does not exist look the same to whoever asks, and here too: both say what was tried. The line holds the
    path without its secrets and the number of the user, and no names.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if response.status_code == 404 and hasattr(view, "access_rule"):
        user_id = current_actor().user_id
        who = "nobody signed in" if user_id is None else f"user {user_id}"
        log.warning("refused %s %s for %s", request.method, path_for_logs(), who)
    return response


def _page_of_form() -> str:
    """Where a form that was sent without a sign-in came from, if that was one of our own pages."""
    referrer = request.referrer or ""
    if referrer.startswith(request.host_url):
        return "/" + referrer.removeprefix(request.host_url)
    return "/"


def init_app(app: Flask) -> None:
    app.before_request(enforce)
    app.after_request(note_refusal)
    kept_forms.init_app(app)
