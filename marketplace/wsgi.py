"""The WSGI application, for any server: `gunicorn "marketplace.wsgi:create_app()"`."""

from flask import Flask

import marketplace.app
from marketplace.kernel import memory

__all__ = ["create_app"]


def create_app() -> Flask:
    """The whole marketplace in a process that serves it until it is stopped."""
    app = marketplace.app.create_app()
    memory.set_aside()
    return app
