"""The one place that turns an error into a page: what happened, what to do, and a reference that is also in the log."""

import logging
from dataclasses import dataclass, replace

from flask import Flask, Response, current_app, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from marketplace.database import db
from marketplace.kernel.errors import DomainError
from marketplace.kernel.ids import new_reference

logger = logging.getLogger("marketplace.ui.errors")


@dataclass(frozen=True)
class ErrorPage:
    """What an error page says, in sentences."""

    status: int
    title: str
    what_happened: tuple[str, ...]
    what_to_do: tuple[str, ...]
    reference: str = ""


_NOT_FOUND = (
    "We could not find that page",
    ("The page may have moved, or the address may have a letter missing.",),
    ("Check the address.", "Go to the home page and search again."),
)

_WORDS: dict[int, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    400: (
        "We could not read that",
        ("Something in what was sent did not make sense to us. Nothing was changed.",),
        ("Go back and try again.",),
    ),
    404: _NOT_FOUND,
    405: (
        "That page cannot be opened like this",
        ("This address only takes an answer from a form. Nothing was changed.",),
        ("Go back to the page with the form and use its button.",),
    ),
    413: (
        "That file is too large",
        ("The file or the text you sent is larger than we can take. Nothing was changed.",),
        (
            "Go back and choose a smaller file: we take up to 9 MB.",
            "Divide a long list into several files, or take a photograph in a lower quality.",
        ),
    ),
    415: (
        "We cannot read that kind of file",
        ("What was sent is in a form that we cannot read. Nothing was changed.",),
        ("Go back and try again.",),
    ),
    429: (
        "Too many tries in a short time",
        ("To keep everybody’s account safe we stop for a while after many tries from one place.",),
        ("Wait a few minutes, then try again.",),
    ),
    500: (
        "Something went wrong at our end",
        (
            "We have been told, and the reference below says where to look.",
            "If you were paying, you will not pay twice.",
        ),
        ("Go back and try again in a few minutes.", "Look at your orders to see whether your last step went through."),
    ),
    503: (
        "We cannot answer just now",
        ("The site is busy or being looked after. Nothing was changed.",),
        ("Try again in a few minutes.",),
    ),
}

_SAME_AS_NOT_FOUND = (401, 403, 404, 410)
_HEADERS_TO_KEEP = ("Allow", "Retry-After")

_PAGE_OPEN_TOO_LONG = (
    "This page was open for too long",
    (
        "To keep your account safe, a page can only be sent for a while after it was opened.",
        "Nothing was sent, and nothing that you saved before was lost.",
    ),
    ("Go back, load the page again and use its button once more.", "If you typed a lot, copy it first."),
)


def page_for_status(status: int) -> ErrorPage:
    """The words for an HTTP status. Whatever may not be known looks the same as what is not there."""
    if status in _SAME_AS_NOT_FOUND:
        return ErrorPage(404, *_NOT_FOUND)
    if status in _WORDS:
        return ErrorPage(status, *_WORDS[status])
    return ErrorPage(status, *_WORDS[500 if status >= 500 else 400])


def page_for_refusal(error: DomainError) -> ErrorPage:
    """The words for a refusal that no form caught: the domain's own sentence."""
    if error.status in _SAME_AS_NOT_FOUND or error.status >= 500:
        return page_for_status(error.status)
    return ErrorPage(
        error.status,
        "We could not do that",
        (error.message, "Nothing was changed."),
        ("Go back and try another way.",),
    )


def show(page: ErrorPage, cause: BaseException) -> Response:
    """Draw `page` with a new reference; the reference and the cause go to the log, with the trace when it is ours."""
    page = replace(page, reference=new_reference())
    ours = page.status >= 500
    logger.log(
        logging.ERROR if ours else logging.INFO,
        "reference=%s status=%d method=%s path=%s cause=%s",
        page.reference,
        page.status,
        request.method,
        path_for_logs(),
        type(cause).__name__,
        exc_info=cause if ours else None,
    )
    try:
        body = render_template("ui/error.html", error=page)
    except Exception:
        # The frame needs the session and the navigation, which may be what failed: a page without them still answers.
        logger.exception("reference=%s the error page could not be drawn in its frame", page.reference)
        body = current_app.jinja_env.get_template("ui/error_plain.html").render(error=page)
    return Response(body, status=page.status, mimetype="text/html")


def path_for_logs() -> str:
    """The path of the request without the secret of an e-mailed link: whoever reads a log must not use it."""
    token = (request.view_args or {}).get("token")
    return request.path.replace(str(token), "…") if token else request.path


def _page_open_too_long(error: CSRFError) -> Response:
    return show(ErrorPage(400, *_PAGE_OPEN_TOO_LONG), error)


def _refusal(error: DomainError) -> Response:
    return show(page_for_refusal(error), error)


def _http_error(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    cause = getattr(error, "original_exception", None) or error
    response = show(page_for_status(error.code), cause)
    for name, value in error.get_headers():
        if name in _HEADERS_TO_KEEP:
            response.headers[name] = value
    return response


def _unreadable(error: DataError) -> Response:
    """A text with a character that is none, which PostgreSQL refuses: whoever sends it is told so, nothing is written.

    Whatever else a database cannot take is a fault of ours, and goes on as one.
    """
    sent = (request.path, *(text for values in (request.args, request.form) for _, text in values.items(multi=True)))
    if not any("\x00" in text for text in sent):
        raise error
    db.session.rollback()
    return show(page_for_status(400), error)


def register_error_handlers(app: Flask) -> None:
    """Answer every error of `app` with a page that has a reference; the same reference is in the log."""
    # Flask's own line about an exception would repeat ours, with the whole path.
    app.log_exception = lambda *_: None  # type: ignore[method-assign]
    app.register_error_handler(CSRFError, _page_open_too_long)
    app.register_error_handler(DomainError, _refusal)
    app.register_error_handler(DataError, _unreadable)
    app.register_error_handler(HTTPException, _http_error)
