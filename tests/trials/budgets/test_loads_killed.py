"""The command that loads a council's file is killed again and again, and run again: no row is lost, none counts twice.

The process is killed with SIGKILL at a moment drawn by lot, within the first chunk or the last. The seed is printed.
"""

import os
import random
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from budgets import checks
from budgets.models import BudgetEntry, Person, PersonalBudget, PotPeriod
from marketplace.audit.services import link_rows
from marketplace.database import db

pytestmark = pytest.mark.trial

ROWS = 8_000
KILLS = 20
BAD = 16


def write_file(path: Path, amount: str = "100.00") -> None:
    """8,000 budgets, of which 16 are bad, with their control totals."""
    step = ROWS // BAD
    lines = ["reference,person_reference,name,rail,amount,starts_on,ends_on"]
    lines += [
        f"K{n},L{n},Person {n},{'cheque' if n % step == 0 else 'dp'},{amount},2026-04-01,2027-03-31"
        for n in range(1, ROWS + 1)
    ]
    path.write_text("\n".join([*lines, f"TRAILER,{ROWS},{Decimal(amount) * ROWS:.2f}", ""]))


def start(app: Flask, path: Path) -> "subprocess.Popen[str]":
    settings = app.extensions["settings"]
    environment = os.environ | {
        "DATABASE_URL": settings.database_url,
        "MARKETPLACE_DATA": str(settings.marketplace_data),
        "SECRET_KEY": settings.secret_key,
    }
    command = [sys.executable, "-m", "marketplace.cli", "import", "budgets", str(path), "--council", "E06000005"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_within(process: "subprocess.Popen[str]", chunks: int, dice: random.Random) -> int:
    """Let a process say that it took some chunks, wait a part of another, and kill it; answers the rows it spoke of."""
    assert process.stderr is not None
    rows = 0
    for _ in range(chunks):
        line = process.stderr.readline()
        if not line:
            break
        rows = int(line.split(" of ")[0].replace(",", ""))
    time.sleep(dice.random() * 0.2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return rows


def counts() -> tuple[int, int, int, int]:
    db.session.rollback()
    models = (Person, PersonalBudget, PotPeriod, BudgetEntry)
    return tuple(db.session.scalar(select(func.count(model.id))) or 0 for model in models)  # type: ignore[return-value]


def test_a_load_killed_again_and_again_ends_with_each_row_once(app: Flask, tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", "20261122"))
    dice = random.Random(seed)
    path = tmp_path / "budgets.csv"
    write_file(path)
    db.session.rollback()
    kills = 0
    while kills < KILLS and counts()[1] < ROWS // 2:
        kill_within(start(app, path), dice.randint(0, 1), dice)
        kills += 1
    assert 0 < counts()[1] < ROWS - BAD, "no kill came in the middle"
    said, progress = start(app, path).communicate(timeout=300)
    assert "was broken off before: it went on from row" in said, progress
    assert f"{ROWS - BAD:,} taken, 0 changed, 0 unchanged, {BAD} refused" in said
    assert counts() == (ROWS - BAD,) * 4
    assert [check.fault for check in checks.run() if not check.ok] == []
    again, _ = start(app, path).communicate(timeout=300)
    assert f"0 taken, 0 changed, {ROWS - BAD:,} unchanged, {BAD} refused" in again
    rise = tmp_path / "rise.csv"
    write_file(rise, "110.00")
    kill_within(start(app, rise), 4, dice)
    said, _ = start(app, rise).communicate(timeout=300)
    assert f"0 taken, {ROWS - BAD:,} changed, 0 unchanged" in said
    assert counts() == (ROWS - BAD, ROWS - BAD, ROWS - BAD, 2 * (ROWS - BAD))
    assert db.session.scalar(select(func.sum(PotPeriod.allocated_pence))) == 11_000 * (ROWS - BAD)
    assert [check.fault for check in checks.run() if not check.ok] == []
    while link_rows():
        pass
    print(f"seed {seed}: {kills + 1} kills")
