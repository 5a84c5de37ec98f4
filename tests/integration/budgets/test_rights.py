"""Orders are judged by limits in London time, by outcomes and by who sells; who prepared one never agrees to it."""

import time
from datetime import date, timedelta
from functools import partial

import pytest
from flask import Flask

from budgets.domain import LegalBasis, MandateAction, OrderRight, ProposedLine
from budgets.errors import LineRefused
from budgets.services import book
from budgets.services.rights import judge_order, may_approve, spent_this_month
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from tests.factories.accounts import MembershipFactory, UserFactory, user_with_role
from tests.factories.budgets import BudgetFactory, ConsentFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.integration.budgets.orders import an_order
from tests.races import at_once, errors


class Case:
    """Margaret, with an outcome, and somebody who acts for her."""

    def __init__(self, **mandate: object) -> None:
        with transaction():
            self.own_user_id = UserFactory().id
            self.person_id = PersonFactory(name="Margaret Hill", user_id=self.own_user_id).id
            self.outcome_id = OutcomeFactory(person_id=self.person_id).id
            self.other_outcome_id = OutcomeFactory().id
            self.user_id = UserFactory().id
            self.mandate_id = MandateFactory(person_id=self.person_id, staff=[self.user_id], **mandate).id

    @property
    def manager(self) -> Actor:
        return actor_of(self.user_id)

    @property
    def person(self) -> Actor:
        return actor_of(self.own_user_id)

    def line(
        self, pence: int, *, outcome_id: int | None = -1, provider: int = 0, on: date | None = None
    ) -> ProposedLine:
        outcome = self.outcome_id if outcome_id == -1 else outcome_id
        return ProposedLine(pence, "home-care", on or clock.today(), outcome, provider)

    def judge(
        self, pence: int, *, actor: Actor | None = None, rail: Rail = Rail.COUNCIL_MANAGED, **line: object
    ) -> OrderRight:
        return judge_order(
            actor or self.manager,
            self.person_id,
            pence,
            [self.line(pence, **line)],
            rail=rail,  # type: ignore[arg-type]
        )


@pytest.mark.parametrize(("pence", "waits"), [(0, False), (50_000, False), (50_001, True)])
def test_an_order_above_the_limit_waits_and_one_at_the_limit_does_not(app: Flask, pence: int, waits: bool) -> None:
    case = Case(order_limit_pence=50_000)
    right = case.judge(pence)
    assert (right.mandate_id, right.needs_approval, right.why is not None) == (case.mandate_id, waits, waits)


def test_the_reason_to_ask_names_the_amount_the_limit_and_who_can_agree(app: Flask) -> None:
    assert Case().judge(62_000).why == (
        "This is £620.00. Your limit for one order is £500.00. "
        "So Margaret, or a second person named in your authority, has to agree."
    )


def test_people_have_no_limit_on_their_own_orders(app: Flask) -> None:
    case = Case()
    assert case.judge(9_999_900, actor=case.person) == OrderRight(None, None, False, None, ())


def test_a_mandate_without_a_limit_never_asks(app: Flask) -> None:
    assert not Case(order_limit_pence=None).judge(9_999_900).needs_approval


def test_strangers_and_wrong_scopes_are_not_found(app: Flask) -> None:
    case = Case(actions=[MandateAction.READ_BUDGET])
    with transaction():
        stranger = actor_of(UserFactory().id)
    for actor in (case.manager, stranger):
        with pytest.raises(NotFound):
            case.judge(100, actor=actor)


def hold(case: Case, pence: int, cause: str, *, mandate_id: int | None) -> tuple[int, int]:
    with transaction():
        pot_period_id = BudgetFactory(person_id=case.person_id, starts_on=date(2020, 1, 1)).pot_period_id
        order_id = an_order(case.person_id)
        book.hold(
            pot_period_id,
            pence,
            cause=cause,
            order_id=order_id,
            outcome_id=case.outcome_id,
            actor_user_id=case.user_id,
            mandate_id=mandate_id,
        )
        return pot_period_id, order_id


def test_the_months_limit_counts_what_was_kept_aside_under_the_mandate_and_not_what_was_let_go(app: Flask) -> None:
    case = Case(month_limit_pence=100_000)
    pot, order = hold(case, 40_000, "hold:1", mandate_id=case.mandate_id)
    hold(case, 45_000, "hold:2", mandate_id=case.mandate_id)
    hold(case, 90_000, "hold:own", mandate_id=None)
    assert spent_this_month(case.mandate_id) == 85_000
    assert not case.judge(15_000).needs_approval
    over = case.judge(15_001)
    assert over.needs_approval and over.why is not None
    assert "this month you ordered for £850.00 already. Your limit for a month is £1,000.00." in over.why
    with transaction():
        book.release(
            pot,
            40_000,
            cause="release:1",
            order_id=order,
            outcome_id=None,
            actor_user_id=None,
            mandate_id=None,
            reason="Declined",
        )
    assert spent_this_month(case.mandate_id) == 45_000
    assert not case.judge(15_001).needs_approval


def test_the_month_is_cut_in_london_time(app: Flask) -> None:
    case = Case(month_limit_pence=100_000, starts_on=date(2026, 1, 1), ends_on=date(2030, 1, 1))
    july = clock.start_of_day(date(2027, 7, 1))  # 23:00 UTC on 30 June
    with clock.fixed_clock(july - timedelta(seconds=1)):
        hold(case, 100_000, "hold:june", mandate_id=case.mandate_id)
        assert case.judge(1).needs_approval
    with clock.fixed_clock(july):
        assert not case.judge(1).needs_approval


def test_the_caller_may_count_own_money_into_the_month(app: Flask) -> None:
    case = Case(month_limit_pence=100_000)
    right = judge_order(
        case.manager, case.person_id, 10_000, [case.line(10_000)], rail=Rail.OWN_MONEY, spent_this_month_pence=95_000
    )
    assert right.needs_approval


@pytest.mark.parametrize("rail", [Rail.DIRECT_PAYMENT, Rail.COUNCIL_MANAGED, Rail.ISF])
def test_from_a_budget_every_line_names_an_outcome(app: Flask, rail: Rail) -> None:
    case = Case()
    with pytest.raises(LineRefused) as refused:
        case.judge(100, rail=rail, outcome_id=None)
    assert refused.value.field == "outcome_id"
    case.judge(100, rail=Rail.OWN_MONEY, outcome_id=None)


def test_an_outcome_of_somebody_else_is_refused_however_it_is_paid(app: Flask) -> None:
    case = Case()
    for rail in Rail:
        with pytest.raises(LineRefused):
            case.judge(100, rail=rail, outcome_id=case.other_outcome_id)


def test_buying_from_ones_own_firm_waits_for_somebody_else(app: Flask) -> None:
    case = Case()
    with transaction():
        firm_id = actor_of(user_with_role(Role.PROVIDER).id).memberships[0].organisation_id
        MembershipFactory(user_id=case.user_id, organisation_id=firm_id, role=Role.PROVIDER)
        MembershipFactory(user_id=case.own_user_id, organisation_id=firm_id, role=Role.PROVIDER)
    right = case.judge(100, provider=firm_id)
    assert (
        right.needs_approval and right.why is not None and right.why.startswith("You or your organisation sell this.")
    )
    assert not case.judge(100, provider=firm_id + 1).needs_approval
    own = case.judge(100, actor=case.person, provider=firm_id)
    assert (own.needs_approval, len(own.warnings)) == (False, 1)


def test_an_officer_never_buys_from_a_firm_of_their_own(app: Flask) -> None:
    with transaction():
        officer_id = user_with_role(Role.SOCIAL_WORKER).id
        council_team = actor_of(officer_id).memberships[0].organisation_id
        firm_id = actor_of(user_with_role(Role.PROVIDER).id).memberships[0].organisation_id
        MembershipFactory(user_id=officer_id, organisation_id=firm_id, role=Role.PROVIDER)
    case = Case(legal_basis=LegalBasis.COUNCIL_OFFICER, organisation_id=council_team)
    with transaction():
        MandateFactory(
            person_id=case.person_id,
            staff=[officer_id],
            organisation_id=council_team,
            legal_basis=LegalBasis.COUNCIL_OFFICER,
        )
    with pytest.raises(LineRefused):
        case.judge(100, actor=actor_of(officer_id), provider=firm_id)


def test_support_after_the_mandates_last_day_is_pointed_out(app: Flask) -> None:
    case = Case(ends_on=clock.today() + timedelta(days=10))
    assert case.judge(100, on=clock.today() + timedelta(days=10)).warnings == ()
    assert (
        "Your authority to act for Margaret ends on"
        in case.judge(100, on=clock.today() + timedelta(days=11)).warnings[0]
    )


def test_at_an_access_point_the_persons_consent_is_their_yes(app: Flask) -> None:
    case = Case()
    with transaction():
        worker_id = user_with_role(Role.ACCESS_POINT_WORKER).id
        organisation_id = actor_of(worker_id).memberships[0].organisation_id
        ConsentFactory(person_id=case.person_id, assisted=True, organisation_id=organisation_id)
    right = case.judge(60_000, actor=actor_of(worker_id))
    assert right == OrderRight(None, organisation_id, False, None, ())


def test_who_prepared_an_order_never_agrees_to_it(app: Flask) -> None:
    case = Case()
    with transaction():
        second_id = UserFactory().id
        MandateFactory(person_id=case.person_id, staff=[second_id], actions=[MandateAction.APPROVE])
        third_id = UserFactory().id
        MandateFactory(person_id=case.person_id, staff=[third_id], actions=[MandateAction.ORDER])
        stranger_id = UserFactory().id
    assert may_approve(case.person, case.person_id, case.user_id, ()) is None
    assert may_approve(actor_of(second_id), case.person_id, case.user_id, ()) is not None
    with pytest.raises(NotAllowed, match="somebody else has to agree: Margaret"):
        may_approve(case.manager, case.person_id, case.user_id, ())
    for nobody in (third_id, stranger_id):
        with pytest.raises(NotFound):
            may_approve(actor_of(nobody), case.person_id, case.user_id, ())


def test_a_mandate_that_has_ended_approves_nothing(app: Flask) -> None:
    case = Case(ended=True)
    with pytest.raises(NotFound):
        may_approve(case.manager, case.person_id, 99, ())


def _order_two_at_once(app: Flask, case: Case) -> int:
    """Two orders of £60 in threads that start together under a month's limit of £100; how many needed nobody's yes."""
    with transaction():
        pot_period_id = BudgetFactory(person_id=case.person_id).pot_period_id
        orders = [an_order(case.person_id) for _ in range(2)]
    actor = case.manager

    def place(order_id: int) -> bool:
        with transaction():
            right = judge_order(actor, case.person_id, 6_000, [case.line(6_000)], rail=Rail.COUNCIL_MANAGED)
            time.sleep(0.2)  # without the lock both would have judged by now
            if not right.needs_approval:
                book.hold(
                    pot_period_id,
                    6_000,
                    cause=f"hold:{order_id}",
                    order_id=order_id,
                    outcome_id=case.outcome_id,
                    actor_user_id=case.user_id,
                    mandate_id=case.mandate_id,
                )
            return not right.needs_approval

    placed = at_once(app, [partial(place, order_id) for order_id in orders])
    assert errors(placed) == []
    return placed.count(True)


def test_two_orders_at_once_cannot_both_pass_the_months_limit(app: Flask) -> None:
    case = Case(month_limit_pence=10_000)
    assert _order_two_at_once(app, case) == 1
    assert spent_this_month(case.mandate_id) == 6_000
