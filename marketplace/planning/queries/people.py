"""A person's own page: the week, the money, the plan, who acts for them, and who looked."""

from dataclasses import dataclass
from datetime import date, timedelta

from budgets.domain import Balance, BudgetState, MandateAction, OutcomeView
from budgets.queries.book import balances_of
from budgets.queries.mandates import MandateLine
from budgets.queries.mandates import list_for_person as list_mandates
from budgets.queries.outcomes import list_outcomes
from budgets.queries.reviews import next_reviews
from marketplace.accounts.domain import Actor
from marketplace.kernel import clock
from marketplace.planning.domain import Case, Money, Need, with_needs
from marketplace.planning.queries.caseload import london_day, money_of
from marketplace.planning.queries.record import Look, list_looks
from marketplace.planning.queries.rights import Rights, get_rights
from payments.domain import OrderState
from payments.queries.orders import OrderSummary, counts_of_people, list_orders_for_person
from payments.queries.orders.of_people import Visit, approvals_waiting, last_bought_at, list_visits

LATEST_ORDERS = 8
LATEST_LOOKS = 5


@dataclass(frozen=True)
class Day:
    """One day of the week and what happens on it."""

    on: date
    visits: tuple[Visit, ...]
    is_today: bool


@dataclass(frozen=True)
class PersonPage:
    """What stands on a person's page. `balances` are those of today, without budgets that were ended."""

    rights: Rights
    case: Case
    balances: tuple[Balance, ...]
    money: Money
    week: tuple[Day, ...]
    orders: tuple[OrderSummary, ...]
    to_confirm: tuple[OrderSummary, ...]
    outcomes: tuple[OutcomeView, ...]
    mandates: tuple[MandateLine, ...]
    looks: tuple[Look, ...]

    @property
    def needs(self) -> tuple[Need, ...]:
        return self.case.needs


def get_person_page(actor: Actor, person_id: int) -> PersonPage:
    """The page of a person, for themself and for whoever may read their budget. Raises NotFound for everybody else."""
    rights = get_rights(actor, person_id, MandateAction.READ_BUDGET)
    today = clock.today()
    current = [b for b in balances_of([person_id], today)[person_id] if b.state is not BudgetState.ENDED]
    orders = list_orders_for_person(person_id, limit=LATEST_ORDERS)
    to_confirm = list_orders_for_person(person_id, limit=LATEST_ORDERS, states=[OrderState.DONE])
    mandates = [m for m in list_mandates(person_id) if m.is_open]
    if not rights.is_own:
        held = {m.id for m in rights.mandates}
        mandates = [m for m in mandates if m.id in held]
    return PersonPage(
        rights=rights,
        case=_case(actor, rights, money_of(current)),
        balances=tuple(current),
        money=money_of(current),
        week=week_of(list_visits(person_id, clock.monday_of(today), clock.monday_of(today) + timedelta(days=6)), today),
        orders=tuple(orders),
        to_confirm=tuple(reversed(to_confirm)),
        outcomes=tuple(list_outcomes(person_id)) if rights.plan else (),
        mandates=tuple(mandates),
        looks=tuple(list_looks(person_id, limit=LATEST_LOOKS)),
    )


def _case(actor: Actor, rights: Rights, money: Money) -> Case:
    person_id = rights.person.id
    counts = counts_of_people([person_id])[person_id]
    approvals = (
        approvals_waiting([person_id], not_prepared_by=actor.user_id) if rights.may(MandateAction.APPROVE) else {}
    )
    bought = last_bought_at([person_id]).get(person_id)
    case = Case(
        person_id=person_id,
        name=rights.person.name,
        actions=rights.actions,
        mandate_ends_on=max((m.ends_on for m in rights.mandates), default=date.max),
        money=money,
        to_confirm=counts.to_confirm if rights.may(MandateAction.CONFIRM) else 0,
        to_approve=approvals.get(person_id, 0),
        to_pay=counts.to_pay if rights.order else 0,
        last_bought_on=london_day(bought),
        review_on=next_reviews([person_id]).get(person_id),
    )
    return with_needs(case, clock.today())


def week_of(visits: list[Visit], today: date) -> tuple[Day, ...]:
    """The seven days of today's week, Monday first."""
    monday = clock.monday_of(today)
    days = [monday + timedelta(days=number) for number in range(7)]
    return tuple(Day(day, tuple(visit for visit in visits if visit.on == day), day == today) for day in days)
