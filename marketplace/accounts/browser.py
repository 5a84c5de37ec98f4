"""Between a sign-in and the browser that holds it: cookie in, cookie out, and what the browser says of itself."""

from flask import request, session
from flask_login import login_user, logout_user

from marketplace.accounts.services import sessions
from marketplace.accounts.services.signing_in import SignedIn

_LARGE_PRINT = "large_print"
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "a Chromebook"),
    ("Mac OS X", "a Mac"),
    ("Linux", "Linux"),
)


def device_words() -> str:
    """What the browser of this request says of itself, such as `Firefox on Windows`."""
    agent = request.user_agent.string
    browser = next((words for mark, words in _BROWSERS if mark in agent), "A browser")
    system = next((words for mark, words in _SYSTEMS if mark in agent), "an unknown device")
    return f"{browser} on {system}"


def enter(signed_in: SignedIn) -> None:
    """Give this browser a sign-in that `services.signing_in` began."""
    user = sessions.find(signed_in.token) if signed_in.token else None
    if user is None:
        raise ValueError("no sign-in to enter with")
    login_user(user)
    if signed_in.large_print:
        session[_LARGE_PRINT] = True


def leave() -> None:
    """End this browser's sign-in and forget everything about it but the size of print."""
    token = session.get("_user_id")
    if token:
        sessions.end(token)
    large = session.get(_LARGE_PRINT)
    logout_user()
    session.clear()
    if large:
        session[_LARGE_PRINT] = True


def token() -> str:
    """The token of this browser's sign-in."""
    return str(session["_user_id"])


def ended() -> tuple[int, sessions.Ending] | None:
    """Whose sign-in this browser still carries although it ended, and why; told once. None when there is none."""
    left_over = session.pop("_user_id", None)
    return sessions.how_it_ended(left_over) if left_over else None
