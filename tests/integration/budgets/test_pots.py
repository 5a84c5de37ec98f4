"""Amounts agreed for pots become exactly what their periods have; less waits for two; what is over is closed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from budgets import checks
from budgets.commands import AgreeAmount, Deploy, PayOnce, PotRules
from budgets.domain import BudgetState, ContributionHow, Every, Funder, OutsideRule, ProposedLine
from budgets.domain.allocations import agreed_between
from budgets.errors import BudgetError, LineRefused
from budgets.forms import pots as pot_forms
from budgets.models import PersonalBudget, Pot, PotAmount, PotPeriod
from budgets.queries.amounts import list_amounts, periods_of, regular_amounts
from budgets.queries.book import list_balances
from budgets.queries.one_pot import list_deployments
from budgets.queries.pots import get_pot_choice, list_pot_choices
from budgets.services import allocations, deployments, finance, pots
from budgets.services.pots import judge_pot
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.ids import new_token
from marketplace.kernel.rails import Rail
from tests.browser import sign_in, submit, text_of
from tests.integration.budgets.finance import Finance
from tests.integration.budgets.town import Town, Visit
from tests.integration.payments.orders.shop import fields_of
from tests.races import at_once

SPRING = datetime(2026, 4, 10, 9, tzinfo=UTC)
FIRST, LAST = date(2026, 4, 6), date(2027, 4, 4)  # 52 weeks


class Agreeing(Finance):
    """Ida has £100.00 a week for 52 weeks from 6 April."""

    def __init__(self, **changes: object) -> None:
        super().__init__()
        values = {"every": Every.WEEK, "amount_pence": 10_000, "starts_on": FIRST, "ends_on": LAST} | changes
        self.budget_id = finance.set_up_budget(self.one, replace(self.command, **values))  # type: ignore[arg-type]
        self.pot_id = int(db.session.scalars(select(Pot.id).where(Pot.budget_id == self.budget_id)).one())

    def amount(self, pence: int, first: date, last: date = LAST, **more: object) -> AgreeAmount:
        return AgreeAmount(self.pot_id, Every.WEEK, pence, first, last, "Reviewed", **more)  # type: ignore[arg-type]

    def allocated(self) -> list[int]:
        db.session.rollback()
        return [period.allocated_pence for period in periods_of(self.pot_id)]

    def agrees_with_its_amounts(self) -> None:
        regulars = regular_amounts([self.pot_id])[self.pot_id]
        for period in periods_of(self.pot_id):
            assert period.allocated_pence == agreed_between(regulars, period.starts_on, period.ends_on).paid_in_pence
        assert all(check.fault is None for check in checks.run())


def test_the_periods_have_exactly_what_was_agreed_through_changes_and_two_periods(app: Flask) -> None:
    with clock.fixed_clock(SPRING):
        ida = Agreeing(ends_on=date(2028, 4, 9), each_april=True, contribution_pence=2_000)
        assert [(p.starts_on, p.ends_on) for p in periods_of(ida.pot_id)] == [
            (FIRST, date(2027, 4, 5)),
            (date(2027, 4, 6), date(2028, 4, 5)),
            (date(2028, 4, 6), date(2028, 4, 9)),
        ]
        assert sum(ida.allocated()) == 8_000 * 105  # 735 days are 105 weeks, less the contribution
        ida.agrees_with_its_amounts()
        more = ida.amount(12_000, date(2026, 7, 6), date(2028, 4, 9), replaces=True, contribution_pence=2_000)
        assert allocations.agree_amount(ida.one, more) is None
        assert sum(ida.allocated()) == 13 * 8_000 + 92 * 10_000
        ida.agrees_with_its_amounts()
        before = ida.allocated()
        less = replace(more, amount_pence=9_000, starts_on=date(2026, 10, 5), ends_on=date(2026, 11, 1))
        waiting = allocations.agree_amount(ida.one, less)
        assert waiting is not None and ida.allocated() == before
        with pytest.raises(NotAllowed, match="a second person"):
            allocations.decide_amount(ida.one, waiting, agree=True)
        allocations.decide_amount(ida.two, waiting, agree=True)
        allocations.decide_amount(ida.two, waiting, agree=True)
        assert sum(before) - sum(ida.allocated()) == 4 * 3_000
        ida.agrees_with_its_amounts()


def test_the_database_itself_wants_a_second_person_for_less(app: Flask) -> None:
    with clock.fixed_clock(SPRING):
        ida = Agreeing()
        amount_id = allocations.agree_amount(ida.one, ida.amount(5_000, FIRST, replaces=True))
        by = f"UPDATE pot_amounts SET approved = true, decided_by_user_id = {{}} WHERE id = {amount_id}"
        with pytest.raises(IntegrityError, match="second_person"), transaction():
            db.session.execute(text(by.format(ida.user_ids[0])))
        with transaction():
            db.session.execute(text(by.format(ida.user_ids[1])))


def test_less_that_waits_when_the_budget_ends_is_only_sent_back(app: Flask) -> None:
    with clock.fixed_clock(SPRING):
        ida = Agreeing()
        waiting = allocations.agree_amount(ida.one, ida.amount(5_000, FIRST, replaces=True)) or 0
        with transaction():
            db.session.execute(update(PersonalBudget).values(state=BudgetState.ENDED))
        before = ida.allocated()
        with pytest.raises(NotAllowed, match="This budget has ended"):
            allocations.decide_amount(ida.two, waiting, agree=True)
        allocations.decide_amount(ida.two, waiting, agree=False)
        assert db.session.get_one(PotAmount, waiting).approved is False and ida.allocated() == before


def test_what_was_agreed_in_one_sum_gives_way_by_days(app: Flask) -> None:
    with clock.fixed_clock(SPRING):
        ida = Agreeing(every=None, amount_pence=364_00)
        waiting = allocations.agree_amount(ida.one, ida.amount(700, FIRST + timedelta(days=100), replaces=True))
        assert waiting is None and ida.allocated() == [100_00 + 264_00]
        less = ida.amount(0, FIRST + timedelta(days=200), replaces=True)
        allocations.decide_amount(ida.two, allocations.agree_amount(ida.one, less) or 0, agree=True)
        assert ida.allocated() == [200_00]


@pytest.mark.parametrize(
    ("changes", "words", "field"),
    [
        ({"starts_on": date(2026, 5, 1)}, "These days overlap £100.00 a week, agreed from 6 April", "starts_on"),
        ({"ends_on": date(2026, 4, 5)}, "The last day must be on or after the first day", "ends_on"),
        ({"amount_pence": -1}, "£0.00 or more", "amount"),
        ({"contribution_pence": 10_001}, "cannot be more than the amount", "contribution"),
        ({"reason": " "}, "Say why", "reason"),
    ],
)
def test_an_amount_that_cannot_be_says_what_to_change(
    app: Flask, changes: dict[str, object], words: str, field: str
) -> None:
    with clock.fixed_clock(SPRING):
        ida = Agreeing()
        before = ida.allocated()
        with pytest.raises(DomainError, match=words) as refused:
            allocations.agree_amount(ida.one, replace(ida.amount(10_000, FIRST), **changes))  # type: ignore[arg-type]
        assert refused.value.field == field
        assert ida.allocated() == before and len(list_amounts(ida.one)) == 1


def test_a_period_that_is_over_is_closed_from_the_first_minute_of_6_april(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.fixed_clock(SPRING):
        ida = Agreeing(ends_on=date(2028, 4, 2), each_april=True)
        (first, _) = before = ida.allocated()
        period_id = periods_of(ida.pot_id)[0].id
    late = ida.amount(20_000, date(2027, 4, 1), date(2028, 4, 2), replaces=True)
    with clock.fixed_clock(datetime(2027, 4, 5, 23, 1, tzinfo=UTC)):  # a minute past midnight in London
        with pytest.raises(DomainError, match="ended on 5 April and is closed"):
            allocations.agree_amount(ida.one, late)
        with pytest.raises(DomainError, match="is closed"):
            allocations.pay_once(ida.one, PayOnce(ida.pot_id, date(2027, 4, 5), 100, "Taxi", "key-1"))
        with pytest.raises(DomainError, match="is closed"):
            ida.change(period_id, 1_000_000)
        assert ida.allocated() == before
        allocations.pay_once(ida.one, PayOnce(ida.pot_id, date(2027, 4, 6), 100, "Taxi", "key-2"))
        assert ida.allocated() == [first, before[1] + 100]
        monkeypatch.setattr(allocations, "is_closed", lambda ends_on: False)  # the guard taken away
        allocations.agree_amount(ida.one, late)
        assert ida.allocated()[0] > first
    monkeypatch.undo()
    with clock.fixed_clock(datetime(2027, 4, 5, 22, 59, tzinfo=UTC)):  # a minute before midnight: still open
        allocations.pay_once(ida.one, PayOnce(ida.pot_id, date(2027, 4, 5), 100, "Taxi", "key-3"))


def _pay_twice(client: FlaskClient, ida: Agreeing) -> tuple[str, dict[str, object]]:
    """Send one form twice; answers where it went, and the form."""
    sign_in(client, ida.user_ids[0])
    address = f"/council/budgets/pots/{ida.pot_id}"
    day = {f"once_on-{part}": getattr(SPRING, part) for part in ("day", "month", "year")}
    form = {**fields_of(client.get(address)), **day, "once_pence": "500.00", "once_reason": "A ramp"}
    for _ in range(2):
        assert client.post(f"{address}/once", data=form).status_code == 302
    return address, form


def test_a_payment_that_is_sent_twice_is_paid_once(app: Flask, client: FlaskClient) -> None:
    with clock.fixed_clock(SPRING):
        ida = Agreeing()
        (before,) = ida.allocated()
        address, form = _pay_twice(client, ida)
        assert ida.allocated() == [before + 50_000]
        other = client.post(f"{address}/once", data={**form, "once_pence": "600.00"})
        assert "with another amount" in other.text
        again = {**form, **fields_of(client.get(address))}  # the key alone tells: a page of its own is another payment
        client.post(f"{address}/once", data=again)
        assert ida.allocated() == [before + 100_000]


def test_without_the_key_of_its_form_it_would_be_paid_twice(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pot_forms, "PayOnce", lambda *values: PayOnce(*values[:-1], new_token()))
    with clock.fixed_clock(SPRING):
        ida = Agreeing()
        (before,) = ida.allocated()
        _pay_twice(client, ida)
        assert ida.allocated() == [before + 100_000]


def test_periods_of_a_pot_never_share_a_day(app: Flask) -> None:
    with clock.fixed_clock(SPRING):
        ida = Agreeing()
    row = {"pot_id": ida.pot_id, "starts_on": LAST, "ends_on": LAST}
    with pytest.raises(IntegrityError, match="ck_pot_periods_apart"), transaction():
        db.session.execute(insert(PotPeriod).values(**row))
    with transaction():
        postgresql = db.engine.dialect.name == "postgresql"
        for name in ("pot_periods_apart",) if postgresql else ("pot_periods_apart_insert", "pot_periods_apart_update"):
            db.session.execute(text(f"DROP TRIGGER {name}" + (" ON pot_periods" if postgresql else "")))
        db.session.execute(insert(PotPeriod).values(**row))  # without the guard they do
    assert len(periods_of(ida.pot_id)) == 2


def test_a_pot_is_asked_about_or_stopped_for_what_it_is_not_for(app: Flask) -> None:
    ida = Agreeing(starts_on=clock.today(), ends_on=clock.today() + timedelta(days=363))
    line = ProposedLine(100, "gardening", clock.today(), None, 1)
    (choice,) = list_pot_choices(list_balances_of(ida), clock.today())
    judge_pot(choice, [line])
    pots.change_rules(ida.one, ida.pot_id, PotRules("Respite", ("short-breaks",)))
    (choice,) = list_pot_choices(list_balances_of(ida), clock.today())
    with pytest.raises(LineRefused, match=r"Ida’s respite money is meant for .* Say why it is right all the same"):
        judge_pot(choice, [line])
    judge_pot(choice, [replace(line, outside_reason="It lets her daughter rest")])
    judge_pot(choice, [replace(line, category_slug="short-breaks")])
    pots.change_rules(ida.one, ida.pot_id, PotRules("Respite", ("short-breaks",), OutsideRule.STOP))
    (choice,) = list_pot_choices(list_balances_of(ida), clock.today())
    with pytest.raises(LineRefused, match="Pay another way, or ask the council"):
        judge_pot(choice, [replace(line, outside_reason="It lets her daughter rest")])
    with pytest.raises(BudgetError, match="has a pot of that name already"):
        pots.add_pot(ida.one, ida.budget_id, PotRules("Respite"))


def list_balances_of(ida: Agreeing) -> int:
    return get_pot_choice(periods_of(ida.pot_id)[0].id).person_id


def test_a_pot_is_paid_in_another_way_from_a_day_on_and_the_days_before_keep_theirs(app: Flask) -> None:
    today = clock.today()
    ida = Agreeing(starts_on=today, ends_on=today + timedelta(days=363))
    person_id, change = list_balances_of(ida), today + timedelta(days=28)
    other = pots.add_pot(ida.one, ida.budget_id, PotRules("Equipment"))
    allocations.agree_amount(ida.one, replace(ida.amount(100, today, today + timedelta(days=363)), pot_id=other))
    deployments.deploy(ida.one, Deploy(ida.pot_id, Rail.DIRECT_PAYMENT, change, "She asked for it"))

    def rails(day: date) -> dict[str, Rail]:
        return {choice.pot_name: choice.rail for choice in list_pot_choices(person_id, day)}

    before, managed = rails(change - timedelta(days=1)), {"Equipment": Rail.COUNCIL_MANAGED}
    assert before == managed | {"Respite": Rail.COUNCIL_MANAGED}
    assert rails(change) == managed | {"Respite": Rail.DIRECT_PAYMENT}
    assert next(c for c in list_pot_choices(person_id, today) if c.pot_id == ida.pot_id).changes_on == change
    assert {balance.pot_name: balance.rail for balance in list_balances(person_id)} == before
    with clock.fixed_clock(lambda: datetime.combine(change, datetime.min.time(), UTC) + timedelta(hours=12)):
        assert {balance.pot_name: balance.rail for balance in list_balances(person_id)} == rails(change)
    for day, rail, words in (
        (today - timedelta(days=1), Rail.DIRECT_PAYMENT, "What is over stays as it was"),
        (today + timedelta(days=900), Rail.DIRECT_PAYMENT, "This pot ends on"),
        (today, Rail.ISF, "There is no organisation of that name"),
        (today, Rail.OWN_MONEY, "Choose how it is paid"),
    ):
        with pytest.raises(DomainError, match=words):
            deployments.deploy(ida.one, Deploy(ida.pot_id, rail, day, "Why not"))


def test_a_change_of_deployment_that_is_sent_twice_is_written_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    today = clock.today()
    ida = Agreeing(starts_on=today, ends_on=today + timedelta(days=363))
    change = Deploy(ida.pot_id, Rail.DIRECT_PAYMENT, today + timedelta(days=28), "She asked for it")

    def rails() -> list[Rail]:
        return [line.rail for line in list_deployments(ida.pot_id)]

    assert at_once(app, [lambda: deployments.deploy(ida.one, change)] * 2) == [None, None]
    assert rails() == [Rail.DIRECT_PAYMENT]
    deployments.deploy(ida.two, replace(change, rail=Rail.COUNCIL_MANAGED, reason="She does not want it after all"))
    deployments.deploy(ida.one, change)
    assert rails() == [Rail.DIRECT_PAYMENT, Rail.COUNCIL_MANAGED, Rail.DIRECT_PAYMENT], "to and fro is three changes"
    monkeypatch.setattr(deployments, "_is_so", lambda *arguments: False)
    deployments.deploy(ida.one, change)
    assert len(rails()) == 4


def test_nhs_money_is_a_budget_of_its_own_that_the_council_never_settles(app: Flask) -> None:
    ida = Agreeing(starts_on=clock.today(), ends_on=clock.today() + timedelta(days=363))
    nhs = {"funder": Funder.NHS, "reference": "N1", "person_name": "Ida Cole"}
    with pytest.raises(DomainError, match="settles only its own money"):
        ida.set_up(**nhs)
    ida.set_up(**nhs, rail=Rail.DIRECT_PAYMENT)
    assert sorted(balance.funder for balance in list_balances(list_balances_of(ida))) == ["council", "nhs"]


def test_only_finance_of_the_council_agrees_amounts(app: Flask) -> None:
    ida = Agreeing(starts_on=clock.today(), ends_on=clock.today() + timedelta(days=363))
    amount = ida.amount(1, clock.today())
    for stranger in (actor_of(ida.elsewhere_id), actor_of(ida.auditor_id)):
        with pytest.raises(NotFound):
            allocations.agree_amount(stranger, amount)
        with pytest.raises(NotFound):
            allocations.pay_once(stranger, PayOnce(ida.pot_id, clock.today(), 1, "x", "key-4"))
        with pytest.raises(NotFound):
            pots.change_rules(stranger, ida.pot_id, PotRules("X"))
        with pytest.raises(NotFound):
            deployments.deploy(stranger, Deploy(ida.pot_id, Rail.DIRECT_PAYMENT, clock.today(), "x"))
    assert db.session.scalars(select(PotAmount.amount_pence)).all() == [10_000]


def test_a_pot_is_looked_after_on_its_page_and_the_person_reads_where_the_money_comes_from(
    town: Town, visit: Visit
) -> None:
    client, budget = visit(town.finance[0]), f"/council/budgets/{town.budget_id}"
    added = submit(client, f"{budget}/pots/new", {"name": "Carers", "outside": "warn"})
    pot = str(added.location)
    today = clock.today()
    end = today + timedelta(days=363)
    days = {
        f"{name}-{part}": getattr(day, part)
        for name, day in (("starts_on", today), ("ends_on", end))
        for part in ("day", "month", "year")
    }
    data = days | {
        "amount": "70",
        "every": "week",
        "contribution": "7",
        "contribution_how": "net",
        "reason": "Assessed",
    }
    refused = submit(client, pot, data | {"amount": "70.123"}, to=f"{pot}/amount")
    assert refused.status_code == 200
    page = refused.get_data(as_text=True)
    assert "Enter an amount in pounds, like 12.50" in page and 'value="70.123"' in page and "Assessed" in page
    assert submit(client, pot, data, to=f"{pot}/amount").status_code == 302
    once = {"once_key": fields_of(client.get(pot))["once_key"], "once_pence": "25", "once_reason": "A ramp"} | {
        f"once_on-{part}": getattr(today, part) for part in ("day", "month", "year")
    }
    assert submit(client, pot, once, to=f"{pot}/once").status_code == 302
    page = text_of(client.get(pot))
    assert "£70.00 a week" in page and "One-off payments" in page and "£3,301.00" in page  # 52 × £63.00 + £25.00
    less = submit(client, pot, data | {"amount": "60", "replaces": "y"}, to=f"{pot}/amount", follow_redirects=True)
    assert "this waits for a second person" in text_of(less)
    second = visit(town.finance[1])
    assert "Agree to the amount" in text_of(second.get("/council/budgets"))
    (line,) = list_amounts(actor_of(town.finance[0]), waiting=True)
    submit(second, "/council/budgets", {}, to=f"/council/budgets/amounts/{line.amount.id}/agree")
    assert "£2,781.00" in text_of(client.get(pot))  # 52 × £53.00 + £25.00
    mine = text_of(visit(town.margaret).get("/budgets"))
    assert "Paid in by the council regularly: £53.00 a week now" in mine
    assert "you add £7.00 a week from your own money" in mine
    theirs = text_of(visit(town.ann).get(f"/budgets/{town.person_id}"))
    assert "Margaret adds £7.00 a week from their own money" in theirs


def test_gross_the_whole_amount_is_there_and_the_bill_is_said(app: Flask) -> None:
    with clock.fixed_clock(SPRING):
        ida = Agreeing(contribution_pence=2_000, contribution_how=ContributionHow.GROSS)
        assert ida.allocated() == [52 * 10_000]
