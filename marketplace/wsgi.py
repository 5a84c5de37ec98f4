"""The WSGI application, for any server: `gunicorn "marketplace.wsgi:create_app()"`."""

from marketplace.app import create_app

__all__ = ["create_app"]
