"""Whole pence everywhere: no fraction, no word, no rounding by sign, and lines that add up to their total."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Float, func, inspect, select, text, update
from sqlalchemy.exc import DatabaseError, StatementError

from marketplace.database import Base, Pence, db, transaction
from marketplace.kernel import clock
from marketplace.kernel.money import split_by_largest_remainder
from marketplace.kernel.rails import Rail
from payments.levy import levy, levy_by_line
from payments.models import LevyRate, Order, OrderFunding, OrderLine
from payments.services import refunds
from tests.integration.payments.money.telling import settled_story

AMOUNTS = st.integers(-10_000_000, 10_000_000)
WEIGHTS = st.lists(st.integers(0, 100_000), min_size=1, max_size=12)
PENCE_COLUMNS = [
    (table.name, column.name)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, Pence)
]


@given(AMOUNTS, WEIGHTS)
def test_a_credit_is_split_as_its_charge_was(total: int, weights: list[int]) -> None:
    shares = split_by_largest_remainder(total, weights)
    assert sum(shares) == total
    assert split_by_largest_remainder(-total, weights) == [-share for share in shares]


def test_division_that_rounds_downwards_would_split_a_credit_otherwise() -> None:
    """Negative control: Python's own // on a negative amount."""
    assert -(100 * 1 // 3) != -100 * 1 // 3


@given(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=10), st.integers(0, 1_000))
def test_the_levy_by_line_adds_up_to_the_levy_of_the_order(lines: list[int], rate_bp: int) -> None:
    assert sum(levy_by_line(lines, rate_bp)) == levy(sum(lines), rate_bp)


def test_a_levy_that_is_rounded_line_by_line_would_not_add_up() -> None:
    """Negative control: three lines of 30p bear 1p each by themselves, and 2p together."""
    assert sum(levy(30, 250) for _ in range(3)) == 3
    assert sum(levy_by_line([30, 30, 30], 250)) == levy(90, 250) == 2


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 4_000)), min_size=1, max_size=6))
def test_lines_parts_and_total_of_an_order_are_the_same_money(app: Flask, lines: list[tuple[int, int]]) -> None:
    story = settled_story(lines=tuple(lines))
    of_order = [
        db.session.scalar(select(func.sum(column)).where(table.order_id == story.order_id))
        for column, table in ((OrderLine.amount_pence, OrderLine), (OrderFunding.pence, OrderFunding))
    ]
    assert of_order == [story.order.total_pence] * 2


def test_a_line_that_is_not_its_quantity_times_its_price_is_refused(app: Flask) -> None:
    story = settled_story()
    with pytest.raises(DatabaseError), transaction():
        db.session.execute(text("UPDATE order_lines SET amount_pence = amount_pence + 1"))
    assert story.order.total_pence == 5_400


def test_every_amount_in_the_database_is_a_whole_number(app: Flask) -> None:
    found = inspect(db.engine)
    for table, column in PENCE_COLUMNS:
        (kind,) = [each["type"] for each in found.get_columns(table) if each["name"] == column]
        assert kind.python_type is int, (table, column)
    assert len(PENCE_COLUMNS) > 20
    money = [(t.name, c.name) for t in Base.metadata.sorted_tables for c in t.columns if c.name.endswith("pence")]
    assert sorted(money) == sorted(PENCE_COLUMNS)
    inexact = [
        column.name for t in Base.metadata.sorted_tables for column in t.columns if isinstance(column.type, Float)
    ]
    assert not any(word in name for name in inexact for word in ("price", "amount", "levy", "rate"))


def test_floats_would_leave_a_gap(app: Flask) -> None:
    """Negative control: ten payments of 10p kept as pounds are not £1.00."""
    with transaction():
        db.session.execute(text("CREATE TABLE pounds (amount DOUBLE PRECISION)"))
        for _ in range(10):
            db.session.execute(text("INSERT INTO pounds VALUES (0.1)"))
    assert db.session.execute(text("SELECT sum(amount) FROM pounds WHERE amount <> 'NaN'")).scalar_one() != 1.0


def test_what_is_no_whole_number_of_pence_never_reaches_the_database(app: Flask) -> None:
    for value in (1.5, float("inf"), float("nan"), True, "NaN", "12"):
        with pytest.raises(StatementError, match="pence must be int"), transaction():
            db.session.execute(update(Order).values(total_pence=value))


def test_the_database_itself_has_a_guard_on_every_amount(app: Flask, database: str) -> None:
    kind = text("SELECT data_type FROM information_schema.columns WHERE table_name = :table AND column_name = :name")
    trigger = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
    for table, column in PENCE_COLUMNS:
        if database == "postgresql":
            assert db.session.execute(kind, {"table": table, "name": column}).scalar_one() == "bigint"
        else:
            for verb in ("insert", "update"):
                found = db.session.execute(trigger, {"name": f"{table}_whole_pence_{verb}"}).scalar_one()
                assert f"NEW.{column})" in found


def test_words_and_infinities_are_refused_by_the_database(app: Flask) -> None:
    story = settled_story()
    for value in ("'NaN'", "'twelve'", "1e999", "'Infinity'"):
        for statement in (
            f"UPDATE order_funding SET levy_pence = {value}",
            f"INSERT INTO ledger_postings (entry_id, account_id, pence) SELECT 9, id, {value} FROM ledger_accounts",
        ):
            with pytest.raises(DatabaseError), transaction():
                db.session.execute(text("INSERT INTO ledger_accounts (code) VALUES ('test:1')"))
                db.session.execute(text(statement))
    assert story.funding.levy_pence == 135


def test_half_a_penny_is_refused_by_sqlite_and_no_fraction_stays_in_postgresql(app: Flask, database: str) -> None:
    story = settled_story()
    if database == "sqlite":
        with pytest.raises(DatabaseError, match="whole numbers"), transaction():
            db.session.execute(text("UPDATE order_funding SET levy_pence = 134.5"))
        assert story.funding.levy_pence == 135
    else:
        with transaction():
            db.session.execute(text("UPDATE order_funding SET levy_pence = 134.6"))
        assert story.funding.levy_pence == 135


def test_without_its_guard_sqlite_keeps_a_word_for_an_amount(app: Flask, database: str) -> None:
    """Negative control: PostgreSQL's guard is the type of the column, so there it is a column of text."""
    settled_story()
    with transaction():
        if database == "sqlite":
            db.session.execute(text("DROP TRIGGER order_funding_whole_pence_update"))
            db.session.execute(text("UPDATE order_funding SET levy_back_pence = 0, levy_pence = 'NaN'"))
        else:
            for name in ("levy_within",):
                db.session.execute(text(f"ALTER TABLE order_funding DROP CONSTRAINT ck_order_funding_{name}"))
            db.session.execute(text("ALTER TABLE order_funding ALTER levy_pence TYPE text"))
            db.session.execute(text("UPDATE order_funding SET levy_pence = 'NaN'"))
    assert db.session.execute(text("SELECT levy_pence FROM order_funding")).scalar_one() == "NaN"


def test_a_new_rate_changes_nothing_of_what_was_sold(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    story = settled_story()
    council_id = story.order.council_id
    with transaction():
        db.session.add(
            LevyRate(
                council_id=council_id,
                rail=Rail.COUNCIL_MANAGED,
                rate_bp=1_000,
                starts_on=clock.today(),
                created_at=clock.now(),
            )
        )
    refunds.ask_refund(story.provider, story.order_id, key="form", reason_code="goodwill", pence=1_800)
    assert (story.funding.levy_rate_bp, story.funding.levy_pence, story.funding.levy_back_pence) == (250, 135, 45)
    # Negative control: with the rate of today the refund would give back levy that was never taken.
    from payments.services import refund_rows
    from payments.services.levies import rate_for

    rate = rate_for(story.order.council_id, Rail.COUNCIL_MANAGED, clock.today())
    assert rate == 1_000
    frozen = refund_rows.levy_given_back
    monkeypatch.setattr(
        refund_rows, "levy_given_back", lambda gross, before, pence, _rate: frozen(gross, before, pence, rate)
    )
    with pytest.raises(DatabaseError):
        refunds.ask_refund(story.provider, story.order_id, key="more", reason_code="goodwill", pence=3_600)
