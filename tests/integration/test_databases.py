"""A wiped PostgreSQL database is what a new copy would be: rows, counters, and the schema."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.databases import PostgresServer


@pytest.fixture
def connection(postgres_server: PostgresServer) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    postgres_server.fresh("wiped")
    with psycopg.connect(postgres_server.server.get_uri("wiped"), autocommit=True) as opened:
        yield opened


def _again(server: PostgresServer) -> tuple[object, ...]:
    server.fresh("wiped")
    with psycopg.connect(server.server.get_uri("wiped"), autocommit=True) as opened:
        found = opened.execute(
            "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM audit_rows), (SELECT count(*) FROM councils),"
            " (SELECT count(*) FROM councils WHERE joined_at IS NOT NULL),"
            " (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal),"
            " (SELECT count(*) FROM pg_sequences WHERE sequencename = 'users_id_seq' AND last_value IS NOT NULL)"
        ).fetchone()
    assert found
    return found


def test_rows_counters_and_reference_data_are_as_migrated(
    postgres_server: PostgresServer, connection: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    before = _again(postgres_server)
    with psycopg.connect(postgres_server.server.get_uri("wiped"), autocommit=True) as opened:
        opened.execute(
            "INSERT INTO users (email, name, created_at, large_print) VALUES ('a@example.org', 'A', now(), false)"
        )
        opened.execute("UPDATE councils SET joined_at = now()")
        opened.execute("DELETE FROM councils WHERE id = (SELECT max(id) FROM councils)")
    wipes = postgres_server._copies["wiped"].wipes
    assert _again(postgres_server) == before
    assert postgres_server._copies["wiped"].wipes == wipes + 1


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE audit_rows DISABLE TRIGGER USER",
        "ALTER TABLE users ADD COLUMN more integer",
        "ALTER TABLE users DROP COLUMN name",
        "CREATE TABLE more (id integer)",
        "CREATE OR REPLACE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    ],
)
def test_a_changed_schema_asks_for_a_new_copy(
    postgres_server: PostgresServer, connection: "psycopg.Connection[tuple[object, ...]]", change: str
) -> None:
    connection.execute(change)  # type: ignore[call-overload]
    assert not postgres_server._copies["wiped"].wipe()
    postgres_server.fresh("wiped")
    assert postgres_server._copies["wiped"].wipe()
