"""Response headers that keep other people's scripts out, and private pages out of caches."""

from flask import Flask, Response, request, session

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
}
SIGNED_IN_KEY = "_user_id"  # where Flask-Login keeps who is signed in


def add_security_headers(response: Response) -> Response:
    """Set what is not set: a view that needs another policy (a public API) says so on its own response."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def keep_private(response: Response) -> Response:
    """No copy of a signed-in person's page is kept anywhere; other pages are asked for anew each time."""
    if request.endpoint is not None and request.endpoint.endswith(".static"):
        return response
    if SIGNED_IN_KEY in session:
        response.headers["Cache-Control"] = "no-store"
    else:
        response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def init_app(app: Flask) -> None:
    """Put the headers on every response of the application."""
    app.after_request(add_security_headers)
    app.after_request(keep_private)
