"""A payment once that is agreed for a later day counts from that day on, wherever money is shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from budgets import checks
from budgets.commands import PayOnce
from budgets.queries.amounts import periods_of
from budgets.queries.book import list_balances
from budgets.queries.explained import explained
from budgets.queries.people import get_person
from budgets.queries.statement_page import money_page
from budgets.services import allocations, book
from budgets.words import day_words
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.planning.papers import easy_paper, statement_paper
from marketplace.planning.queries.statements import get_statement
from marketplace.planning.statement_files import as_csv
from tests.browser import sign_in, text_of
from tests.integration.budgets.test_pots import SPRING, Agreeing, list_balances_of


def test_a_payment_for_a_later_day_counts_from_that_day_on_wherever_it_is_shown(
    app: Flask, client: FlaskClient
) -> None:
    day = SPRING.date() + timedelta(days=40)
    with clock.fixed_clock(SPRING):
        ida = Agreeing()
        ramp = PayOnce(ida.pot_id, day, 50_000, "A ramp", "key-later")
        before = _shown(ida)
        allocations.pay_once(ida.one, ramp)
        allocations.pay_once(ida.one, ramp)
        with pytest.raises(DomainError, match="sent before, for another day"):
            allocations.pay_once(ida.one, replace(ramp, on=day + timedelta(days=1)))
        (found,) = explained(list_balances(list_balances_of(ida)), to_the_person=False).values()
        assert f"One-off payments, £500.00 of it on {day_words(day)}" in {row.words for row in found.rows}
        assert _shown(ida) == (before[0], before[1] + 50_000, before[2], 50_000)
        (pot,) = money_page(get_person(list_balances_of(ida))).pots
        assert pot.sentence.endswith(f"£500.00 of it comes on {day_words(day)}.")
        statement = get_statement(list_balances_of(ida), SPRING.date())
        assert statement.left_with_that_pence == pot.balance.left_pence
        assert f"Still to come,,,,,500.00,,,One-off payment on {day_words(day)}: A ramp" in as_csv(statement)
        assert "£500.00 on " in str(statement_paper(statement, "Ida Cole", "Care", "01632").sections)
        assert "£500.00 more comes on" in str(easy_paper(statement, "Ida Cole", "Care", "01632").rows)
        sign_in(client, ida.user_ids[0])
        assert f"£500.00 of it on {day_words(day)}" in text_of(client.get(f"/council/budgets/pots/{ida.pot_id}"))
    with clock.fixed_clock(datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)):
        _, whole, left, to_come = _shown(ida)
        assert (whole, to_come) == (before[1] + 50_000, 0)
        assert left == before[2] + 50_000
        (line,) = [
            line for pot in get_statement(list_balances_of(ida), day).pots for line in pot.lines if line.pence == 50_000
        ]
        assert clock.london(line.at).date() == day
        assert get_statement(list_balances_of(ida), SPRING.date()) == replace(
            statement, is_open=False, after=statement.month + timedelta(days=30)
        ), "what a month said it says for ever"
        (found,) = explained(list_balances(list_balances_of(ida)), to_the_person=False).values()
        assert next(row.so_far_pence for row in found.rows if row.words == "One-off payments") == 50_000
    assert [check.fault for check in checks.run()] == [None] * 4
    # Negative control: an entry that does not say from when counts at once.
    with clock.fixed_clock(SPRING):
        other = Agreeing(reference="B9")
        was = _shown(other)
        with transaction():
            period_id = periods_of(other.pot_id)[0].id
            book.allocate(period_id, 50_000, cause="one-off:0:x", actor_user_id=None, reason="A ramp")
        assert _shown(other) == (was[0] + 50_000, was[1] + 50_000, was[2] + 50_000, 0)


def _shown(ida: Agreeing) -> tuple[int, int, int, int]:
    """Of this pot: agreed so far, agreed in all, left by the statement of the month, and what that says is to come."""
    balances = [each for each in list_balances(list_balances_of(ida)) if each.pot_id == ida.pot_id]
    (found,) = explained(balances, to_the_person=False).values()
    periods = {balance.pot_period_id for balance in balances}
    pots = [p for p in get_statement(list_balances_of(ida), clock.today()).pots if p.pot_period_id in periods]
    return (
        found.explanation.agreed_so_far_pence,
        found.explanation.left_pence,
        sum(pot.closing.left_pence for pot in pots),
        sum(each.pence for pot in pots for each in pot.to_come),
    )
