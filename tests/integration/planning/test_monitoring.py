"""Monitoring by exception: each sign, its rule set by two officers, a look with a reason that the person reads."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from budgets.models import Mandate
from budgets.services import book
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from marketplace.planning.monitoring import Sign
from marketplace.planning.queries.monitoring import get_monitoring, rules_of
from marketplace.planning.services import evidence, monitoring
from marketplace.planning.services.monitoring import SetRule
from payments.domain import OrderState
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory
from tests.factories.budgets import BudgetFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.factories.catalogue import ListingFactory
from tests.factories.payments import OrderFactory
from tests.integration.planning.counting import queries_of
from tests.integration.planning.test_evidence import a_file, finance_of
from tests.integration.planning.world import World


def bought(**fields: object) -> int:
    """Somebody who bought one thing from a budget, for an outcome of theirs; answers the person."""
    with transaction():
        person = PersonFactory()
        budget = BudgetFactory(person_id=person.id, rail=fields.get("rail", Rail.COUNCIL_MANAGED))
        fields.setdefault("outcome_id", OutcomeFactory(person_id=person.id).id)
        OrderFactory(
            person_id=person.id,
            council_id=person.council_id,
            pot_period_id=budget.pot_period_id,
            **{"state": OrderState.CONFIRMED} | fields,
        )
        return int(person.id)


def signs(council_id: int) -> dict[int, tuple[Sign, ...]]:
    db.session.rollback()
    return {each.person_id: each.signs for each in get_monitoring(council_id).people}


def test_each_sign_finds_its_person_and_nobody_else(app: Flask) -> None:
    council_id = World().council_id or 0
    expected: dict[int, tuple[Sign, ...]] = {}
    expected[bought(outcome_id=None)] = (Sign.OUTSIDE_PLAN,)
    expected[bought(outside_plan="Not in the plan. It rained")] = (Sign.OUTSIDE_PLAN,)
    with transaction():
        voucher, blanket = ListingFactory(title="Gift card"), ListingFactory(title="Cashmere blanket")
    expected[bought(listing=voucher)] = (Sign.CASH_LIKE,)
    bought(rail=Rail.DIRECT_PAYMENT)
    expected[bought(rail=Rail.DIRECT_PAYMENT, declared=False)] = (Sign.HOUSEHOLD,)
    for ordinary in ({"listing": blanket}, {"state": OrderState.PLACED}, {"state": OrderState.DECLINED}):
        bought(**ordinary)
    with clock.fixed_clock(clock.now() - timedelta(days=30)):  # the night of a clock change is 25 hours long
        expected[bought(unit_price_pence=10_000)] = (Sign.NO_RECEIPT,)
        bought(unit_price_pence=8_333)  # £249.99
        with_receipt = bought(unit_price_pence=20_000)
    order_id = db.session.scalar(text("SELECT max(id) FROM orders")) or 0
    with transaction():
        user_id = UserFactory().id
        MandateFactory(person_id=with_receipt, staff=[user_id])
    evidence.hand_in(actor_of(user_id), order_id, a_file())
    with transaction():
        quiet, cut = PersonFactory(), PersonFactory()
        BudgetFactory(person_id=quiet.id, starts_on=clock.today() - timedelta(weeks=8))
        BudgetFactory(person_id=PersonFactory().id, starts_on=clock.today() - timedelta(weeks=8) + timedelta(days=1))
        BudgetFactory(person_id=PersonFactory().id, starts_on=clock.today() - timedelta(weeks=9), suspended=True)
        expected[quiet.id] = (Sign.QUIET,)
        pot = BudgetFactory(person_id=cut.id, pence=10_000).pot_period_id
    with transaction():
        OrderFactory(
            person_id=cut.id,
            council_id=council_id,
            pot_period_id=pot,
            outcome_id=OutcomeFactory(person_id=cut.id).id,
        )
        book.allocate(pot, -9_000, cause="cut", actor_user_id=None, may_overcommit=True)
    expected[cut.id] = (Sign.OVERCOMMITTED,)
    assert signs(council_id) == expected
    shown = get_monitoring(council_id)
    people = db.session.scalar(text("SELECT count(DISTINCT person_id) FROM personal_budgets WHERE state = 'active'"))
    assert shown.unremarkable == (people or 0) - len(expected)


def test_money_kept_aside_under_an_authority_that_was_over_stands_out_and_care_booked_before_does_not(
    app: Flask,
) -> None:
    world = World()
    person_id = bought()
    with transaction():
        mandate = MandateFactory(person_id=person_id, ended=True)
        OrderFactory(
            person_id=person_id,
            council_id=world.council_id,
            mandate_id=mandate.id,
            outcome_id=OutcomeFactory(person_id=person_id).id,
            pot_period_id=db.session.scalar(
                text(
                    "SELECT pot_periods.id FROM pot_periods JOIN pots ON pots.id = pot_id "
                    "JOIN personal_budgets ON personal_budgets.id = budget_id WHERE person_id = :p"
                ),
                {"p": person_id},
            ),
        )
    with clock.fixed_clock(clock.now() + timedelta(seconds=1)):
        assert signs(world.council_id or 0) == {person_id: (Sign.AFTER_MANDATE,)}
    with transaction():
        db.session.get_one(Mandate, mandate.id).ended_at = clock.now() + timedelta(hours=1)
    assert signs(world.council_id or 0) == {}
    with transaction():
        db.session.get_one(Mandate, mandate.id).ends_on = clock.today()
    assert signs(world.council_id or 0) == {}, "it counted all of its last day"
    with transaction():
        db.session.get_one(Mandate, mandate.id).ends_on = clock.today() - timedelta(days=1)
    assert signs(world.council_id or 0) == {person_id: (Sign.AFTER_MANDATE,)}


def test_an_officer_says_why_the_person_reads_it_and_nobody_else_is_listed(client: FlaskClient, app: Flask) -> None:
    world = World(state=OrderState.CONFIRMED)
    ordinary = World()
    with transaction():
        voucher = ListingFactory(title="Gift card")
        OrderFactory(
            person_id=world.person_id,
            council_id=world.council_id,
            listing=voucher,
            outcome_id=world.outcome_id,
            pot_period_id=world.pot_period_id,
        )
    officer, auditor = finance_of(world.council_id), finance_of(world.council_id, Role.AUDITOR)
    sign_in(client, officer.user_id or 0)
    front = text_of(client.get("/council/monitoring"))
    assert "1 person stands out. 1 person does not" in front
    assert "Help at home" not in front and "Gift card" not in front
    assert "Margaret Hill" in text_of(client.get("/council/monitoring?sign=cash_like&page=9"))
    assert "Margaret Hill" not in text_of(client.get("/council/monitoring?sign=quiet"))
    page = f"/council/monitoring/person/{world.person_id}"
    assert "Gift card" not in text_of(client.get(page)), "first the reason"
    assert client.get(f"{page}/cash_like/all-right").status_code == 404
    assert "Say why you look" in text_of(submit(client, page, {"reason": " "}))
    assert submit(client, page, {"reason": "The sign for vouchers"}).status_code == 302
    seen = text_of(client.get(page))
    assert "Gift card, 3 hours" in seen
    assert "Help at home" not in seen, "what does not stand out is not shown"
    order_id = db.session.scalar(text("SELECT max(id) FROM orders"))
    address = f"{page}/cash_like/all-right?order={order_id}"
    sign_in(client, auditor.user_id or 0)
    assert client.get(address).status_code == 404
    sign_in(client, officer.user_id or 0)
    assert submit(client, address, {"words": "For the swimming pool"}).status_code == 302
    assert "2 people do not" in text_of(client.get("/council/monitoring"))
    assert "1 thing was looked at and found all right" in text_of(client.get("/council/monitoring"))
    sign_in(client, world.user_id)
    record = text_of(client.get(f"/people/{world.person_id}/audit"))
    assert "“For the swimming pool”" in record
    looks = text_of(client.get(f"/people/{world.person_id}/audit?show=looks"))
    assert "Olive Officer (Finance team) looked into what stands out, for the council" in looks
    assert "“The sign for vouchers”" in looks
    elsewhere = finance_of(None)
    for actor in (elsewhere, ordinary.margaret, world.margaret):
        sign_in(client, actor.user_id or 0)
        assert client.get(page).status_code == 404
    with pytest.raises(NotFound):
        monitoring.look(elsewhere, world.person_id, "Curious")


def test_something_about_a_person_that_was_explained_stands_out_again_after_12_weeks(app: Flask) -> None:
    with transaction():
        person = PersonFactory()
        BudgetFactory(person_id=person.id, starts_on=clock.today() - timedelta(weeks=10))
        person_id, council_id = person.id, person.council_id
    officer = finance_of(council_id)
    with pytest.raises(NotFound):
        monitoring.explain(officer, person_id, Sign.QUIET, None, "Not before a look")
    monitoring.look(officer, person_id, "Nothing spent")
    with pytest.raises(NotFound):
        monitoring.explain(officer, person_id, Sign.OVERCOMMITTED, None, "It does not stand out")
    monitoring.explain(officer, person_id, Sign.QUIET, None, "In hospital")
    assert signs(council_id) == {}
    with clock.fixed_clock(clock.now() + timedelta(weeks=12)):
        assert signs(council_id) == {}
    with clock.fixed_clock(clock.now() + timedelta(weeks=12, days=1)):
        assert signs(council_id) == {person_id: (Sign.QUIET,)}


def test_a_rule_counts_from_its_day_when_a_second_officer_agreed(client: FlaskClient, app: Flask) -> None:
    council_id = World().council_id or 0
    first, second = finance_of(council_id), finance_of(council_id)
    tomorrow = clock.today() + timedelta(days=1)
    sign_in(client, first.user_id or 0)
    page = "/council/monitoring/rules/quiet"
    wrong = submit(client, page, {"is_on": "yes", "measure": "1", "starts_on": tomorrow.isoformat(), "reason": "Fewer"})
    assert "Enter a number from 2 to 52." in text_of(wrong) and "Fewer" in wrong.get_data(as_text=True)
    past = clock.today() - timedelta(days=1)
    with pytest.raises(DomainError, match="today or a later day"):
        monitoring.set_rule(first, SetRule(council_id, Sign.QUIET, True, 12, past, "Then"))
    done = submit(
        client, page, {"is_on": "yes", "measure": "12", "starts_on": tomorrow.isoformat(), "reason": "Longer"}
    )
    assert done.status_code == 302
    rules = "/council/monitoring/rules"
    assert "Agree" not in text_of(client.get(rules)).replace("Agreed", "")
    with pytest.raises(NotAllowed, match="somebody else"):
        monitoring.agree_rule(first, 1)
    assert rules_of(council_id, tomorrow)[Sign.QUIET].measure == 8
    with pytest.raises(NotFound):
        monitoring.agree_rule(finance_of(None), 1)
    sign_in(client, second.user_id or 0)
    assert submit(client, rules, {}, to=f"{rules}/1/agree").status_code == 302
    assert "Set by Olive Officer. Agreed by Olive Officer" in text_of(client.get(rules))
    assert rules_of(council_id)[Sign.QUIET].measure == 8
    assert rules_of(council_id, tomorrow)[Sign.QUIET].measure == 12
    off = SetRule(council_id, Sign.QUIET, False, 12, tomorrow, "Not for now")
    monitoring.set_rule(first, off)
    monitoring.agree_rule(second, 2)
    assert not rules_of(council_id, tomorrow)[Sign.QUIET].is_on
    # The database itself refuses one officer as both.
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(text("UPDATE monitoring_rules SET agreed_by_user_id = set_by_user_id"))
    db.session.rollback()


def test_the_page_takes_as_many_queries_for_one_person_as_for_forty(client: FlaskClient, app: Flask) -> None:
    council_id = World().council_id or 0
    sign_in(client, finance_of(council_id).user_id or 0)
    bought(outcome_id=None)
    one = queries_of(client, "/council/monitoring")
    for _ in range(20):
        bought(outcome_id=None)
        bought()
    assert queries_of(client, "/council/monitoring") == one <= 20
