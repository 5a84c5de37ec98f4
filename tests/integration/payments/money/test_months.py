"""A closed month never changes: what comes late is booked in the next one, and says when it happened."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments import ledger
from payments.checks import run as run_checks
from payments.cli import ledger as commands
from payments.ledger import Entry, Posting
from payments.models import LedgerEntry, LedgerMonth, LedgerMonthBalance

BANK, FEES = ledger.OPERATOR_BANK, ledger.OPERATOR_PROCESSING_FEES
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
LAST_SECOND_OF_MARCH = datetime(2026, 3, 31, 22, 59, 59, tzinfo=UTC)
FIRST_SECOND_OF_APRIL = datetime(2026, 3, 31, 23, 0, 1, tzinfo=UTC)


def _book(cause: str, pence: int = 100, *, occurred_at: datetime | None = None) -> LedgerEntry:
    with transaction():
        entry = Entry(cause, "test", (Posting(BANK, pence), Posting(FEES, -pence)), occurred_at or clock.now())
        entry_id = ledger.book(entry)
    return db.session.get_one(LedgerEntry, entry_id, populate_existing=True)


def _at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.fixture
def in_april(app: Flask) -> Iterator[None]:
    """Something was booked in March, March is closed, and it is 6 April."""
    with clock.fixed_clock(_at(2026, 3, 10, 12)):
        _book("march", 700)
    with clock.fixed_clock(_at(2026, 4, 6, 12)):
        assert ledger.close_due_months() == [MARCH]
        yield


def _drop_trigger(database: str, name: str, table: str = "ledger_entries") -> None:
    on = f" ON {table}" if database == "postgresql" else ""
    with transaction():
        db.session.execute(text(f"DROP TRIGGER {name}{on}"))


def _backdated(cause: str) -> dict[str, object]:
    day = _at(2026, 3, 31, 12)
    return {"cause": cause, "kind": "test", "booked_on": day.date(), "occurred_at": day, "recorded_at": day}


def _write_backdated() -> None:
    with transaction():
        accounts = ledger.booking._account_ids([BANK, FEES])
        for account_id, pence in zip(accounts.values(), (5, -5), strict=True):
            db.session.execute(
                text("INSERT INTO ledger_postings (entry_id, account_id, pence) VALUES (9, :account, :pence)"),
                {"account": account_id, "pence": pence},
            )
        db.session.execute(insert(LedgerEntry).values(id=9, **_backdated("late")))


@pytest.mark.usefixtures("in_april")
def test_a_late_entry_goes_to_the_next_month_with_both_dates() -> None:
    entry = _book("late", 30, occurred_at=LAST_SECOND_OF_MARCH)
    assert entry.booked_on == date(2026, 4, 6)
    assert entry.occurred_at == LAST_SECOND_OF_MARCH
    assert ledger.balance(BANK, date(2026, 3, 31)) == 700
    assert ledger.balance(BANK) == 730
    (line,) = ledger.statement(BANK, APRIL, date(2026, 4, 30))
    assert (line.booked_on, line.happened_on, line.balance_pence) == (date(2026, 4, 6), date(2026, 3, 31), 730)


@pytest.mark.usefixtures("in_april")
def test_a_clock_that_lags_behind_books_on_the_first_day_that_is_open() -> None:
    with clock.fixed_clock(_at(2026, 3, 31, 12)):
        assert _book("lagging").booked_on == APRIL
    with transaction():
        march = ledger.find_entry("march")
        assert march is not None
        with clock.fixed_clock(_at(2026, 3, 31, 12)):
            reversal = ledger.reverse(march, "Entered twice")
    assert db.session.get_one(LedgerEntry, reversal).booked_on == APRIL


@pytest.mark.usefixtures("in_april")
def test_the_database_refuses_an_entry_in_a_closed_month_whoever_writes_it(database: str) -> None:
    with pytest.raises(DatabaseError, match="closed month"):
        _write_backdated()
    assert ledger.find_entry("late") is None
    # Without the trigger it goes in, and only the check still sees it.
    _drop_trigger(database, "ledger_entries_open_month")
    _write_backdated()
    (fault,) = [check.fault for check in run_checks() if check.fault]
    assert "March 2026" in fault
    assert "2 entries" in fault


@pytest.mark.usefixtures("in_april")
@pytest.mark.parametrize("table", ["ledger_months", "ledger_month_balances"])
def test_a_closed_month_cannot_be_opened_again(table: str) -> None:
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {_column(table)} = 0"):
        with pytest.raises(DatabaseError, match="only grows"), transaction():
            db.session.execute(text(statement))
    assert [month.starts_on for month in ledger.list_months()] == [MARCH]


def _column(table: str) -> str:
    return "entries" if table == "ledger_months" else "pence"


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (LAST_SECOND_OF_MARCH, MARCH),
        (FIRST_SECOND_OF_APRIL, APRIL),
        (_at(2026, 12, 31, 23, 59, 59), date(2026, 12, 1)),
        (_at(2027, 1, 1, 0, 0, 1), date(2027, 1, 1)),
        (_at(2026, 10, 31, 23, 59, 59), date(2026, 10, 1)),
    ],
)
def test_months_are_cut_in_london(app: Flask, moment: datetime, month: date) -> None:
    with clock.fixed_clock(moment):
        entry = _book("edge")
        assert clock.first_of_month(entry.booked_on) == month
        assert ledger.close_months() == []  # it is not over
    with clock.fixed_clock(clock.month_bounds(month)[1] - timedelta(seconds=1)):
        assert ledger.close_months() == []
    with clock.fixed_clock(clock.month_bounds(month)[1]):
        assert ledger.close_months() == [month]


@pytest.mark.usefixtures("in_april")
def test_months_are_closed_in_order_once_and_with_their_balances() -> None:
    _book("april", 20)
    with clock.fixed_clock(_at(2026, 7, 4, 12)):
        assert ledger.close_due_months() == [APRIL, date(2026, 5, 1)]  # June has been over for three days only
        assert ledger.close_due_months() == []
        assert ledger.close_months() == [date(2026, 6, 1)]
    assert [(month.entries, month.debit_pence) for month in ledger.list_months()] == [(1, 700), (1, 20), (0, 0), (0, 0)]
    kept = db.session.execute(
        select(LedgerMonthBalance.month_starts_on, LedgerMonthBalance.pence)
        .where(LedgerMonthBalance.pence > 0)
        .order_by(LedgerMonthBalance.month_starts_on)
    )
    assert [row.pence for row in kept] == [700, 720, 720, 720]
    found = list(run_checks())
    assert [check.fault for check in found if check.fault] == []
    assert [(check.count, check.what) for check in found if "month" in check.what] == [(4, "closed months")]


def test_where_nothing_was_ever_booked_no_month_is_closed(app: Flask) -> None:
    assert ledger.close_months() == []
    assert db.session.scalar(select(LedgerMonth.starts_on)) is None


@pytest.mark.usefixtures("in_april")
def test_the_ledger_can_be_read_on_the_command_line(app: Flask) -> None:
    _book("late", 30, occurred_at=LAST_SECOND_OF_MARCH)

    def say(*arguments: str) -> str:
        said = CliRunner().invoke(commands.group, list(arguments), obj=lambda: app)
        assert said.exit_code == 0, said.output
        return said.output

    assert say("balances", "--on", "2026-03-31").split() == [BANK, "£7.00", FEES, "−£7.00", "together", "£0.00"]
    assert '"operator:bank": 730' in say("balances", "--json")
    april = say("account", BANK).splitlines()
    assert april[0].split()[:1] == ["£7.00"]
    assert "£0.30" in april[1]
    assert april[1].endswith("late, happened on 2026-03-31")
    assert "2026-03" in say("months")
    assert say("close").strip() == "No month that is over is open."
    with clock.fixed_clock(_at(2026, 6, 2, 12)):
        assert say("close", "--up-to", "2026-04").strip() == "April 2026 is closed."
    missing = CliRunner().invoke(commands.group, ["account", "operator:nothing"], obj=lambda: app)
    assert missing.exit_code == 1
    assert "There is no account operator:nothing" in missing.output
