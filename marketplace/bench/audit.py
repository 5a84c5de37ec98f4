"""The pages of the record with a million acts: by person, by whom, by day, and one order with its leave.

One order is placed by services; acts of many people, actors and days are written by SQL beside it. Each page is asked
for many times, as one from the middle of all that there is; the floor is a page of 20 cards without a database.
"""

import time
from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any

import click
from flask import Flask
from sqlalchemy import event, text

from budgets.services.people import create_person
from marketplace.accounts.domain import SYSTEM, Role
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import registration
from marketplace.bench import ground, shoppers
from marketplace.bench.pages import WARM_UP, floor_page, sign_in
from marketplace.database import db, transaction
from payments.queries.checkouts import get_plan
from payments.services import checkout

MOST_SECONDS = 1.0
PEOPLE, ACTORS, DAYS = 500, 200, 1_000
_ACTS = ("order.create", "order.place", "budget.increase", "mandate.grant", "person.look", "order.confirm")


def register(bench: click.Group) -> None:
    bench.add_command(audit_command)


@click.command("audit")
@click.option("--rows", default=1_000_000, show_default=True, help="How many acts the record has.")
@click.option("--requests", default=40, show_default=True, help="How many requests of each page.")
@click.option("--postgresql/--no-postgresql", default=True, show_default=True, help="Measure a PostgreSQL too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def audit_command(rows: int, requests: int, postgresql: bool, as_json: bool) -> None:
    """The record's pages with very many acts."""
    results = {}
    with ground.own_app() as app:
        results["SQLite"] = _measure(app, rows, requests)
    if postgresql:
        with ground.own_postgresql() as admin, ground.own_app(ground.url_of(admin, "bench")) as app:
            results["PostgreSQL"] = _measure(app, rows, requests)
    result: dict[str, Any] = {"rows": rows, **results}
    ground.show("audit", result, list(_lines(result)), as_json=as_json)
    slow = [name for found in results.values() for name, page in found["pages"].items() if page["p95_ms"] > 1000]
    if slow:
        raise click.ClickException(f"Above {MOST_SECONDS:.0f} second: {', '.join(slow)}")


def _measure(app: Flask, rows: int, requests: int) -> dict[str, Any]:
    (buyer, checkout_id), *_ = shoppers.ready_checkouts(1)
    officer = int(
        db.session.execute(text("SELECT user_id FROM memberships WHERE role = 'council_finance'")).scalar_one()
    )
    db.session.rollback()
    plan = get_plan(buyer, checkout_id)
    (order_id,) = checkout.place(buyer, checkout_id, key=plan.checkout.key, seen=plan.digest).order_ids
    started = time.perf_counter()
    with transaction():
        ids = _fill(rows, order_id, plan.checkout.person_id, officer)
    loaded = round(time.perf_counter() - started, 1)
    auditor, person = app.test_client(), app.test_client()
    sign_in(app, auditor, officer)
    sign_in(app, person, buyer.user_id or 0)
    floor = _times(floor_page(), requests)
    asked: dict[str, Callable[[], Any]] = {
        "order": lambda: auditor.get(f"/council/record/orders/{order_id}"),
        "newest": lambda: auditor.get("/council/record"),
        "by person": lambda: auditor.get(f"/council/record?person=P0&before={ids['middle']}"),
        "by whom": lambda: auditor.get("/council/record?who=actor7@bench.example"),
        "by day": lambda: auditor.get(f"/council/record?day={ids['day']}"),
        "person, whom, day": lambda: auditor.get(
            f"/council/record?person=P0&who=actor7@bench.example&day={ids['day']}"
        ),
        "nobody's day": lambda: auditor.get("/council/record?day=2001-01-01"),
        "the person's own": lambda: person.get(f"/people/{plan.checkout.person_id}/audit"),
        "the looks": lambda: person.get(f"/people/{plan.checkout.person_id}/audit?show=looks"),
    }
    pages = {}
    for name, get in asked.items():
        taken = _times(get, requests)
        pages[name] = {**taken, "statements": _statements(get), "ratio": round(taken["p50_ms"] / floor["p50_ms"], 1)}
    return {"load_seconds": loaded, "floor_ms": floor["p50_ms"], "pages": pages}


def _times(get: Callable[[], Any], requests: int) -> dict[str, float]:
    """The middle and the slowest twentieth, in milliseconds of the wall: a database waits too."""
    taken = []
    for number in range(WARM_UP + requests):
        started = time.perf_counter()
        answer = Context().run(get)
        if number >= WARM_UP:
            taken.append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            raise click.ClickException(f"a page answered {answer.status_code}")
    taken.sort()
    return {"p50_ms": round(taken[len(taken) // 2], 1), "p95_ms": round(taken[int(len(taken) * 0.95)], 1)}


def _statements(get: Callable[[], Any]) -> int:
    sent: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        Context().run(get)
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return sum(not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")) for statement in sent)


def _fill(rows: int, order_id: int, person_id: int, auditor: int) -> dict[str, Any]:
    """Acts of many people, by many actors, over many days; each tenth is about the one order that is looked at."""
    (council,) = actor_of(auditor).council_ids(Role.COUNCIL_FINANCE)
    actors = [registration.create_user(f"Actor {number}", f"actor{number}@bench.example") for number in range(ACTORS)]
    people = [
        create_person(
            SYSTEM, name=f"Person {number}", postcode=None, council_id=council, council_reference=f"Q{number}"
        )
        for number in range(PEOPLE)
    ]
    is_sqlite = db.engine.dialect.name == "sqlite"
    numbers = "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < :count)"
    day = "datetime('now', '-' || ((:count - k) * :days / :count) || ' days')"
    if not is_sqlite:
        day = "now() - make_interval(days => CAST((:count - k) * :days / :count AS integer))"
    choose = " ".join(f"WHEN {number} THEN '{act}'" for number, act in enumerate(_ACTS))
    details = "'{}'" if is_sqlite else "CAST('{}' AS json)"
    db.session.execute(
        text(
            f"{numbers} INSERT INTO audit_rows "  # noqa: S608 - our own words
            "(at, action, object_type, object_id, actor_user_id, person_id, council_id, details) "
            f"SELECT {day}, CASE k % {len(_ACTS)} {choose} END, CASE k % 10 WHEN 0 THEN 'order' ELSE 'budget' END, "
            "CASE WHEN k % 50000 = 0 THEN :order WHEN k % 10 = 0 THEN :order + 1 + k % 1000 ELSE k END, "
            f":actor + k % {ACTORS}, CASE WHEN k % 97 = 0 THEN :own ELSE :person + k % {PEOPLE} END, "
            f":council, {details} FROM n"
        ),
        {
            "count": rows,
            "days": DAYS,
            "order": order_id,
            "actor": actors[0],
            "person": people[0],
            "own": person_id,
            "council": council,
        },
    )
    db.session.execute(text("ANALYZE"))
    middle, at = db.session.execute(
        text("SELECT id, at FROM audit_rows WHERE id >= (SELECT max(id) / 2 FROM audit_rows) ORDER BY id LIMIT 1")
    ).one()
    return {"middle": middle, "day": str(at)[:10]}


def _lines(result: dict[str, Any]) -> Iterator[str]:
    for name in ("SQLite", "PostgreSQL"):
        if found := result.get(name):
            yield f"{name}: {result['rows']:,} acts, loaded in {found['load_seconds']} s. Floor {found['floor_ms']} ms."
            for page, figures in found["pages"].items():
                yield (
                    f"  {page}: {figures['p50_ms']} ms, p95 {figures['p95_ms']} ms, "
                    f"{figures['statements']} statements, {figures['ratio']} times the floor."
                )
