"""How often one place, and one account, may try. Every limit passes by itself; none locks anybody out for good."""

import hashlib
import math
import time
from collections.abc import Callable
from typing import Any

from flask import Response, g, make_response, render_template, request
from flask_limiter import RateLimitExceeded, RequestLimit

from marketplace.accounts.access import current_actor
from marketplace.accounts.routes import blueprint
from marketplace.extensions import limiter
from marketplace.ui.error_pages import page_for_status, show

View = Callable[..., Any]


def account_key() -> str:
    """The account that a form speaks of: by its address, as a digest, because limits are kept outside the database."""
    email = request.form.get("email", "").strip().lower()
    return "account:" + hashlib.sha256(email.encode()).hexdigest()


def count_failure() -> None:
    """This try failed: it counts. Those that succeed do not."""
    g.failed_try = True


def count_letter() -> None:
    """This try sent a letter: it counts."""
    g.letter_sent = True


def _letter_sent(response: Response) -> bool:
    return bool(g.get("letter_sent"))


def _failed(response: Response) -> bool:
    return bool(g.get("failed_try"))


def _too_many(limit: RequestLimit) -> Response:
    minutes = max(1, math.ceil((limit.reset_at - time.time() - 1) / 60))
    response = make_response(render_template("accounts/too_many.html", minutes=minutes), 429)
    response.headers["Retry-After"] = str(minutes * 60)
    return response


@blueprint.app_errorhandler(RateLimitExceeded)
def _breached(error: RateLimitExceeded) -> Response:
    """The page that the limit chose; limits of other packages get the ordinary one."""
    return error.response or show(page_for_status(429), error)  # type: ignore[return-value]


def limit_failures(view: View) -> View:
    """At most 10 failed tries for one account and 50 from one place in 15 minutes."""
    by_account = limiter.limit(
        "10 per 15 minutes", key_func=account_key, methods=["POST"], deduct_when=_failed, on_breach=_too_many
    )
    by_place = limiter.limit("50 per 15 minutes", methods=["POST"], deduct_when=_failed, on_breach=_too_many)
    limited: View = by_account(by_place(view))
    return limited


def limit_place_failures(view: View) -> View:
    """At most 20 failed tries from one place in 15 minutes, where the form names no account."""
    limited: View = limiter.limit("20 per 15 minutes", methods=["POST"], deduct_when=_failed, on_breach=_too_many)(view)
    return limited


def user_key() -> str:
    """The account of whoever is signed in."""
    return f"user:{current_actor().user_id}"


def limit_code_failures(view: View) -> View:
    """At most 10 wrong codes for one account in 15 minutes, wherever they come from, and 20 from one place."""
    by_user = limiter.limit(
        "10 per 15 minutes", key_func=user_key, methods=["POST"], deduct_when=_failed, on_breach=_too_many
    )
    limited: View = by_user(limit_place_failures(view))
    return limited


def limit_codes_sent(view: View) -> View:
    """At most 5 codes by letter to one account in an hour, and 30 from one place."""
    by_user = limiter.limit(
        "5 per hour", key_func=user_key, methods=["POST"], deduct_when=_letter_sent, on_breach=_too_many
    )
    by_place = limiter.limit("30 per hour", methods=["POST"], deduct_when=_letter_sent, on_breach=_too_many)
    limited: View = by_user(by_place(view))
    return limited


def limit_letters(view: View) -> View:
    """At most 5 letters to one address and 30 from one place in an hour: nobody's letter box is ours to fill."""
    by_account = limiter.limit(
        "5 per hour", key_func=account_key, methods=["POST"], deduct_when=_letter_sent, on_breach=_too_many
    )
    by_place = limiter.limit("30 per hour", methods=["POST"], deduct_when=_letter_sent, on_breach=_too_many)
    limited: View = by_account(by_place(view))
    return limited
