"""Two acts on budgets, records and authorities at once: what the lock between them is for, and what happens without."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import DBAPIError

from budgets.commands import AgreeAmount, ChangeHolder, PotRules
from budgets.domain import BudgetState, SolutionKind
from budgets.domain.allocations import Every
from budgets.domain.plans import ReviewReason
from budgets.errors import NotSpent
from budgets.models import (
    HandOver,
    Mandate,
    PlanReview,
    PlanSolution,
    PotAmount,
    PotPeriod,
    Surplus,
)
from budgets.services import (
    allocations,
    book,
    deaths,
    finance,
    hand_overs,
    mandates,
    people,
    plans,
    pots,
    reviews,
    surplus,
)
from budgets.services.hand_overs import Along
from budgets.services.rights import judge_order, spent_this_month
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import Email
from marketplace.planning.services import handing_over
from tests.factories.accounts import UserFactory, user_with_role
from tests.factories.budgets import BudgetFactory, OutcomeFactory, PersonFactory
from tests.integration.budgets.finance import Finance
from tests.integration.budgets.orders import an_order
from tests.integration.budgets.test_merges import Twins
from tests.integration.budgets.test_rights import Case
from tests.integration.budgets.test_surplus import Left
from tests.integration.budgets.test_teams import Team
from tests.integration.budgets.town import Town
from tests.integration.planning.world import World, somebody
from tests.interleaved import ADVISORY, WITH_AND_WITHOUT, Race, acts_named
from tests.races import errors


@pytest.fixture
def database() -> str:
    return "postgresql"


def count(model: type, *where: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def acts() -> list[str]:
    return list(db.session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


def no_error(said: list[object]) -> bool:
    return errors(said) == []


# Authorities


def a_team_moved_twice() -> Race:
    town = Team("Ann")
    move = partial(town.move, mandate_ids=town.mandate_ids())
    return Race("mandates", move, move, no_error, before="INSERT INTO mandate_staff")


class Asked:
    """Bea acts for Margaret; Cal is to take over."""

    def __init__(self) -> None:
        self.world = World()
        self.bea, self.cal = self.world.holder(role=Role.BUDGET_MANAGER), somebody(Role.BUDGET_MANAGER)

    def ask(self) -> bool:
        return handing_over.ask(self.bea, self.world.person_id, handing_over.HandOver(self.cal.email or "", "Knocks"))

    def answer(self) -> Callable[[], int]:
        self.ask()
        hand_over_id = db.session.scalars(select(HandOver.id)).one()
        return lambda: hand_overs.agree(self.world.margaret, hand_over_id, Along())


def a_hand_over_asked_twice() -> Race:
    ask = Asked().ask
    return Race("mandates", ask, ask, lambda _: count(HandOver) == 1, before="INSERT INTO hand_overs")


def a_hand_over_agreed_twice() -> Race:
    agree = Asked().answer()
    return Race("hand_overs", agree, agree, lambda _: count(Mandate) == 2)


def a_hand_over_agreed_while_the_council_pauses() -> Race:
    """Else what was stopped goes on under another name."""
    asked = Asked()
    agree, old_id = asked.answer(), db.session.scalars(select(Mandate.id)).one()
    with transaction():
        officer_id = user_with_role(Role.SAFEGUARDING_LEAD).id
    pause = partial(mandates.suspend, actor_of(officer_id), old_id, reason="Look into it")
    return Race(
        "mandates",
        agree,
        pause,
        lambda _: not (count(Mandate) == 2 and acts_named("mandate.suspend")),
        "UPDATE mandates",
    )


def two_orders_within_one_months_limit() -> Race:
    case = Case(month_limit_pence=10_000)
    with transaction():
        pot_period_id = BudgetFactory(person_id=case.person_id).pot_period_id
        orders = [an_order(case.person_id) for _ in range(2)]
    actor = case.manager

    def place(order_id: int) -> None:
        with transaction():
            right = judge_order(actor, case.person_id, 6_000, [case.line(6_000)], rail=Rail.COUNCIL_MANAGED)
            about = {"order_id": order_id, "outcome_id": case.outcome_id, "mandate_id": case.mandate_id}
            if not right.needs_approval:
                book.hold(pot_period_id, 6_000, cause=f"hold:{order_id}", actor_user_id=case.user_id, **about)

    first, second = (partial(place, order_id) for order_id in orders)
    return Race("mandates", first, second, lambda _: spent_this_month(case.mandate_id) == 6_000)


# People


def a_death_recorded_twice() -> Race:
    team = Finance()
    with transaction():
        person_id = PersonFactory().id
    die = partial(deaths.record_death, team.one, person_id, clock.today())
    return Race("people", die, die, lambda _: acts_named("person.died") == 1)


def a_death_recorded_while_an_authority_is_paused() -> Race:
    """Else each waits for what the other holds: the record, and the authority."""
    case, team = Case(), Finance()
    with transaction():
        officer_id = user_with_role(Role.SAFEGUARDING_LEAD).id
    return Race(
        "mandates",
        partial(deaths.record_death, team.one, case.person_id, clock.today()),
        partial(mandates.suspend, actor_of(officer_id), case.mandate_id, reason="Look into it"),
        lambda said: not any(isinstance(one, DBAPIError) for one in said) and acts_named("person.died") == 1,
    )


def two_first_visits() -> Race:
    with transaction():
        user_id = UserFactory().id
    visit = partial(people.ensure_person_for_user, user_id)
    return Race(ADVISORY, visit, visit, no_error)


# Plans and reviews


def the_same_help_written_down_twice() -> Race:
    world = World()
    add = partial(
        plans.add_solution, world.margaret, world.person_id, world.outcome_id, kind=SolutionKind.FAMILY, words="Ida"
    )
    return Race("outcomes", add, add, lambda _: count(PlanSolution) == 1, before="INSERT INTO plan_solutions")


def two_changes_of_one_plan() -> Race:
    """Else one of both fails, because both are kept under one number."""
    world = World()
    with transaction():
        other_id = OutcomeFactory(person_id=world.person_id).id
    first, second = (
        partial(plans.add_solution, world.margaret, world.person_id, outcome_id, kind=SolutionKind.FAMILY, words="Ida")
        for outcome_id in (world.outcome_id, other_id)
    )
    return Race("people", first, second, no_error, before="INSERT INTO plan_versions")


def a_review_asked_for_while_it_is_held() -> Race:
    """Else the review that was asked for is one of before."""
    twins = Twins()
    reviews.open_due()
    person = actor_of(twins.user_id)
    review_id = db.session.scalars(select(PlanReview.id).where(PlanReview.person_id == twins.merged)).one()
    return Race(
        "plan_reviews",
        lambda: reviews.ask(person, twins.merged, reason=ReviewReason.CHANGE, why="My son moved away"),
        lambda: reviews.hold(twins.team.one, review_id, held_on=clock.today(), words="All is well"),
        lambda _: [act for act in acts() if act.startswith("review.")] == ["review.ask", "review.hold"],
        before="UPDATE plan_reviews",
    )


def two_workers_that_remind_of_a_review() -> Race:
    Twins()
    reviews.open_due()
    with transaction():
        db.session.execute(update(PlanReview).values(due_on=clock.today()))
    emails = count(Email)
    return Race("plan_reviews", reviews.remind, reviews.remind, lambda said: sum(said) == 2 and emails < count(Email))  # type: ignore[arg-type]


# Money


def a_cut_sent_back_while_it_is_agreed_to() -> Race:
    team = Finance()
    _, period_id = team.set_up()
    change_id = team.change(period_id, 400_000)
    assert change_id is not None
    decide = partial(finance.decide_change, team.two, change_id)
    return Race(
        "allocation_changes",
        partial(decide, agree=False),
        partial(decide, agree=True),
        lambda _: acts_named("budget.cut") + acts_named("budget.send_cut_back") == 1,
    )


def a_budget_paused_while_it_is_ended() -> Race:
    team = Finance()
    budget_id, _ = team.set_up()
    state = partial(finance.set_state, team.one, budget_id, reason="Review")
    return Race(
        "personal_budgets",
        partial(state, state=BudgetState.SUSPENDED),
        partial(state, state=BudgetState.ENDED),
        lambda _: db.session.scalar(select(AuditRow.action).order_by(AuditRow.id.desc()).limit(1)) == "budget.ended",
    )


def a_pot_added_while_the_budget_is_ended() -> Race:
    team = Finance()
    budget_id, _ = team.set_up()
    return Race(
        "personal_budgets",
        partial(pots.add_pot, team.one, budget_id, PotRules("Transport")),
        partial(finance.set_state, team.two, budget_id, BudgetState.ENDED, reason="Moved away"),
        lambda _: "budget.add_pot" not in acts() or acts().index("budget.add_pot") < acts().index("budget.ended"),
    )


def a_holder_changed_twice() -> Race:
    team = Finance()
    with transaction():
        budget_id = BudgetFactory(rail=Rail.ISF).id
        user_with_role(Role.BUDGET_MANAGER)
    from marketplace.accounts.models import Organisation

    name = db.session.scalars(select(Organisation.name).order_by(Organisation.id.desc())).first() or ""
    change = partial(finance.change_holder, team.one, ChangeHolder(budget_id, name, "Asked for"))
    return Race("personal_budgets", change, change, lambda _: acts_named("budget.holder") == 1)


def two_regular_amounts_agreed() -> Race:
    team = Finance()
    _, period_id = team.set_up()
    period = db.session.get_one(PotPeriod, period_id)
    amount = AgreeAmount(period.pot_id, Every.WEEK, 1_000, clock.today(), period.ends_on, "Transport")
    agree = partial(allocations.agree_amount, team.one, amount)
    return Race("pots", agree, agree, lambda _: count(PotAmount) == 1, before="INSERT INTO pot_amounts")


def an_order_given_back_twice() -> Race:
    """Else more is given back than was spent on it, out of what was spent on another."""
    with transaction():
        person_id = PersonFactory().id
        account = BudgetFactory(person_id=person_id).pot_period_id
        ids = [an_order(person_id) for _ in range(2)]
        for order_id in ids:
            common = {"order_id": order_id, "outcome_id": None, "actor_user_id": None, "mandate_id": None}
            book.hold(account, 5_000, cause=f"hold:{order_id}", **common)
            book.spend(account, 5_000, cause=f"spend:{order_id}", **common)

    def give_back(cause: str) -> None:
        with transaction():
            book.refund(
                account, 5_000, cause=cause, order_id=ids[0], outcome_id=None, actor_user_id=None, mandate_id=None
            )

    first, second = partial(give_back, "one"), partial(give_back, "two")
    return Race("pot_periods", first, second, lambda said: isinstance(said[1], NotSpent))


def two_workers_at_the_end_of_a_period() -> Race:
    Left(Town())
    return Race("pot_periods", surplus.look_at_ended_periods, surplus.look_at_ended_periods, no_error)


def a_surplus_kept_while_it_is_taken_back() -> Race:
    left = Left(Town())
    surplus_id = left.look()
    with transaction():
        db.session.execute(update(Surplus).values(not_before=clock.today()))
    surplus.prepare_reclaim(left.one, surplus_id, 100, reason="Not used")
    return Race(
        "surpluses",
        lambda: surplus.let_keep(left.one, surplus_id, reason="A stair lift"),
        lambda: surplus.decide_reclaim(left.two, surplus_id, agree=True),
        lambda _: acts_named("budget.let_keep") + acts_named("budget.reclaim") == 1,
    )


def a_keeping_rule_sent_back_while_it_is_agreed_to() -> Race:
    team = Finance()
    rule_id = surplus.propose_rule(team.one, team.council_id, weeks_kept=4, notice_days=28)
    decide = partial(surplus.decide_rule, team.two, rule_id)
    return Race(
        "surplus_rules",
        partial(decide, agree=False),
        partial(decide, agree=True),
        lambda _: acts_named("budget.surplus_rule") + acts_named("budget.send_surplus_rule_back") == 1,
    )


@pytest.mark.parametrize("is_locked", WITH_AND_WITHOUT)
@pytest.mark.parametrize(
    "race",
    [
        a_team_moved_twice,
        a_hand_over_asked_twice,
        a_hand_over_agreed_twice,
        a_hand_over_agreed_while_the_council_pauses,
        two_orders_within_one_months_limit,
        a_death_recorded_twice,
        a_death_recorded_while_an_authority_is_paused,
        two_first_visits,
        the_same_help_written_down_twice,
        two_changes_of_one_plan,
        a_review_asked_for_while_it_is_held,
        two_workers_that_remind_of_a_review,
        a_cut_sent_back_while_it_is_agreed_to,
        a_budget_paused_while_it_is_ended,
        a_pot_added_while_the_budget_is_ended,
        a_holder_changed_twice,
        two_regular_amounts_agreed,
        an_order_given_back_twice,
        two_workers_at_the_end_of_a_period,
        a_surplus_kept_while_it_is_taken_back,
        a_keeping_rule_sent_back_while_it_is_agreed_to,
    ],
)
def test_of_two_at_once_the_second_waits_for_the_first(app: Flask, race: Callable[[], Race], is_locked: bool) -> None:
    """Without the lock something is doubled, lost or fails: the negative control."""
    assert race().is_well(app, is_locked=is_locked) is is_locked
