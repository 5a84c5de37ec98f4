"""Sign in through one's council: off to its own page, and back with what it says."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from marketplace.accounts import browser, council_logins, navigation
from marketplace.accounts.access import ANYONE, allow, current_actor
from marketplace.accounts.council_logins import CouncilLogin
from marketplace.accounts.queries import actor_of
from marketplace.accounts.routes import blueprint
from marketplace.accounts.services import council_sign_in as service
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.ui.routes import own_path

log = logging.getLogger(__name__)

_WAY = "council_sign_in"
LEEWAY_SECONDS = 120
ANSWER_SECONDS = 10


@blueprint.get("/sign-in/council/<gss_code>")
@allow(ANYONE)
def council_sign_in(gss_code: str) -> Response | tuple[str, int]:
    """Off to the council's sign-in page. With `confirm` it asks anew, whoever is signed in there already."""
    login = _login(gss_code)
    again = bool(request.args.get("confirm"))
    session[_WAY] = {"next": request.args.get("next", ""), "confirm": again}
    try:
        found: Response = _client(login).authorize_redirect(
            _way_back(login), **({"prompt": "login", "max_age": 0} if again else {})
        )
    except (AuthlibBaseError, requests.RequestException, LookupError, RuntimeError, ValueError) as error:
        return _failed(login, error, "Your council’s sign-in page does not answer. Try again in a few minutes.", 503)
    return found


@blueprint.get("/sign-in/council/<gss_code>/back")
@allow(ANYONE)
def council_sign_in_back(gss_code: str) -> Response | tuple[str, int]:
    """Back from the council's page, with a code that its server turns into what it says of somebody."""
    login = _login(gss_code)
    way = session.pop(_WAY, {})
    try:
        said = _ask(login)
    except (AuthlibBaseError, JoseError) as error:
        words = "That did not work: you may have said no there, or taken long. Try again."
        return _failed(login, error, words, 403)
    except (requests.RequestException, LookupError, RuntimeError, TypeError, ValueError) as error:
        return _failed(login, error, "Your council’s sign-in does not answer. Try again in a few minutes.", 503)
    asked = own_path(way.get("next") or "/")
    try:
        actor = current_actor()
        if way.get("confirm") and actor.user_id is not None:
            service.confirm(login, said, actor.user_id, browser.token())
            return redirect(asked)
        signed_in = service.enter(login, said, device=browser.device_words())
    except NotAllowed as error:
        return _failed(login, error, error.message, 403)
    if actor.is_signed_in:
        browser.leave()
    browser.enter(signed_in)
    return redirect(asked if asked != "/" else navigation.first_page(actor_of(signed_in.user_id), signed_in.user_id))


def council_asked_for(path: str | None) -> str | None:
    """The council that the page somebody wants to open names, such as a link from its case system; None without."""
    asked = parse_qs(urlsplit(path or "").query).get("council", [""])[0]
    return asked if council_logins.find(asked) else None


def _ask(login: CouncilLogin) -> service.Said:
    """What the issuer says of whoever came back, verified: signature, issuer, audience, nonce, time, browser."""
    claims_options = {
        "iss": {"essential": True, "values": [login.issuer]},
        "sub": {"essential": True},
        "aud": {"essential": True, "values": [login.client_id]},
    }
    token = _client(login).authorize_access_token(claims_options=claims_options, leeway=LEEWAY_SECONDS)
    claims: dict[str, Any] | None = token.get("userinfo")
    if not claims:
        raise ValueError("no id token")
    verified = claims.get("email_verified") is not False
    return service.Said(
        subject=str(claims["sub"])[:255],
        email=str(claims.get("email") or "") if verified else "",
        name=" ".join(str(claims.get("name") or "").split()),
        roles=login.roles_of(claims),
        authenticated_at=_moment(claims.get("auth_time")),
    )


def _moment(seconds: object) -> datetime | None:
    """The time of `auth_time`; None when it is none, or has not come yet."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        said = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    now = clock.now()
    return None if said > now + timedelta(seconds=LEEWAY_SECONDS) else min(said, now)


def _login(gss_code: str) -> CouncilLogin:
    login = council_logins.find(gss_code)
    if login is None:
        raise NotFound
    return login


def _client(login: CouncilLogin) -> Any:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    oauth: OAuth = app.extensions.get("authlib.integrations.flask_client") or OAuth(app)
    return oauth.register(
        login.gss_code,
        overwrite=False,
        client_id=login.client_id,
        client_secret=login.client_secret,
        server_metadata_url=login.issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "default_timeout": ANSWER_SECONDS,
        },
    )


def _way_back(login: CouncilLogin) -> str:
    """The address that the council has registered for us."""
    settings = current_app.extensions["settings"]
    return f"{settings.public_url}{url_for('accounts.council_sign_in_back', gss_code=login.gss_code)}"


def _failed(login: CouncilLogin, error: Exception, words: str, status: int) -> tuple[str, int]:
    """One sentence for whoever tried; the kind of fault, and nothing of what was sent, in the log."""
    log.warning("sign-in through council %s: %s", login.gss_code, type(error).__name__)
    return render_template("accounts/council_sign_in_failed.html", words=words, gss_code=login.gss_code), status
