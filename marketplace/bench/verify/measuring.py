"""Run `marketplace verify` as a process of its own over large books, and one plain sum over their postings."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from sqlalchemy import func, select, text

from catalogue.services import index
from marketplace.bench import ground
from marketplace.bench.verify.books import fill
from marketplace.database import Base, db

# The process says its own peak (kB): what `wait4` says of a child begins at the size of the process that started it.
VERIFY = """
import re, resource, sys
from pathlib import Path
from marketplace.cli import main
sys.argv[1:], peak = ["verify", "--json"], Path(sys.argv[1])
try:
    main()
finally:
    status = Path("/proc/self/status")
    known = re.search(r"VmHWM:\\s*(\\d+)", status.read_text()) if status.exists() else None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    peak.write_text(known[1] if known else str(most))
"""
FLOOR = "SELECT sum(pence), count(*) FROM ledger_postings"


def on_sqlite(postings: int) -> dict[str, Any]:
    with ground.own_app():
        return _measure(postings)


def on_postgresql(postings: int) -> dict[str, Any]:
    with ground.own_postgresql() as admin_url, ground.own_app(ground.url_of(admin_url, "bench")):
        found = _measure(postings)
        db.session.remove()
        db.engine.dispose()
        return found


def lines(name: str, found: dict[str, Any]) -> list[str]:
    return [
        f"{name}: {found['postings']:,} postings of {found['orders']:,} orders, {found['audit_rows']:,} audit rows; "
        f"made in {found['fill_seconds']} s",
        f"  verify: {found['seconds']} s ({found['cpu_seconds']} s of CPU of its own), {found['peak_mb']} MB at most",
        f"  one sum over the postings (the floor): {found['floor_seconds']} s; {found['ratio']} times that",
    ]


def _measure(postings: int) -> dict[str, Any]:
    started = time.perf_counter()
    fill(postings)
    index.reindex()
    filled = time.perf_counter() - started
    sizes = {
        "postings": _count("ledger_postings"),
        "entries": _count("ledger_entries"),
        "orders": _count("orders"),
        "audit_rows": _count("audit_rows"),
        "budget_entries": _count("budget_entries"),
    }
    floor = min(_floor() for _ in range(3))
    db.session.remove()
    db.engine.dispose()
    seconds, cpu_seconds, peak_mb, checks = _verify()
    return {
        **sizes,
        "fill_seconds": round(filled, 1),
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 1),
        "peak_mb": round(peak_mb),
        "floor_seconds": round(floor, 6),
        "ratio": round(seconds / floor, 1),
        "checks": checks,
    }


def _count(table: str) -> int:
    return int(db.session.execute(select(func.count()).select_from(Base.metadata.tables[table])).scalar_one())


def _floor() -> float:
    db.session.rollback()
    started = time.perf_counter()
    db.session.execute(text(FLOOR)).one()
    return time.perf_counter() - started


def _verify() -> tuple[float, float, float, int]:
    """Seconds, those of CPU, megabytes at most and the number of checks of `marketplace verify`, from start to end."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        peak = Path(folder) / "peak"
        with subprocess.Popen([sys.executable, "-c", VERIFY, str(peak)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            said = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        found = json.loads(said)
        peak_mb = int(peak.read_text()) / 1024
    if not found["ok"]:
        raise click.ClickException(f"the books that were made are not right: {found}")
    return seconds, usage.ru_utime + usage.ru_stime, peak_mb, len(found["checks"])
