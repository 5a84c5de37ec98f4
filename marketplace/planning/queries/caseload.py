"""A caseload: everybody for whom somebody holds a live mandate, and who of them needs something today."""

from dataclasses import dataclass
from datetime import date, datetime

from budgets.domain import Balance, BudgetState, MandateAction, MandateView
from budgets.domain.people import LetterAbout
from budgets.queries.access import list_mandates_of
from budgets.queries.book import balances_of
from budgets.queries.helped import count_waiting, may_print
from budgets.queries.reviews import next_reviews
from marketplace.accounts.domain import Actor
from marketplace.kernel import clock
from marketplace.planning.domain import Case, Money, Need, Order, in_order, matches, with_needs
from marketplace.planning.queries.help_requests import count_to_choose
from payments.queries.orders import OrderCounts, counts_of_people
from payments.queries.orders.of_people import approvals_waiting, last_bought_at

PAGE_SIZE = 25


@dataclass(frozen=True)
class Asked:
    """What the address asks for. `need` None shows everybody; `today` True those who need something today."""

    words: str = ""
    need: Need | None = None
    today: bool = False
    order: Order = Order.NEED
    page: int = 1

    @property
    def show(self) -> str:
        """The name of the filter in the address; empty for everybody."""
        return "today" if self.today else self.need.value if self.need else ""


@dataclass(frozen=True)
class Caseload:
    """One page of a caseload. Counts are of those whose names match, whatever the filter."""

    asked: Asked
    cases: tuple[Case, ...]
    everybody: int
    matching: int
    needed_today: int
    found: int
    counts: dict[Need, int]
    page: int
    last_page: int
    to_confirm: int


def get_caseload(actor: Actor, asked: Asked) -> Caseload:
    """The caseload of an actor. As many queries for one person as for a thousand."""
    cases = list_cases(actor)
    named = [case for case in cases if matches(case.name, asked.words)]
    shown = [
        case
        for case in named
        if (asked.need is None or asked.need in case.needs) and (not asked.today or case.pressing)
    ]
    last_page = max(1, -(-len(shown) // PAGE_SIZE))
    page = min(max(1, asked.page), last_page)
    return Caseload(
        asked=asked,
        cases=tuple(in_order(shown, asked.order)[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]),
        everybody=len(cases),
        matching=len(named),
        needed_today=sum(1 for case in named if case.pressing),
        found=len(shown),
        counts={need: sum(1 for case in named if need in case.needs) for need in Need},
        page=page,
        last_page=last_page,
        to_confirm=sum(case.to_confirm for case in cases),
    )


def list_cases(actor: Actor) -> list[Case]:
    """Everybody for whom the actor holds a live mandate that allows anything, by name. Nine queries."""
    today = clock.today()
    held: dict[int, list[MandateView]] = {}
    for mandate in list_mandates_of(actor):
        if mandate.actions:
            held.setdefault(mandate.person_id, []).append(mandate)
    actions = {person_id: frozenset().union(*(m.actions for m in mandates)) for person_id, mandates in held.items()}

    def who_may(*any_of: MandateAction) -> list[int]:
        return [person_id for person_id, may in actions.items() if may & frozenset(any_of)]

    balances = balances_of(who_may(MandateAction.READ_BUDGET), today)
    counts = counts_of_people(who_may(MandateAction.CONFIRM, MandateAction.ORDER))
    approvals = approvals_waiting(who_may(MandateAction.APPROVE), not_prepared_by=actor.user_id)
    bought = last_bought_at(balances)
    reviews = next_reviews(who_may(MandateAction.READ_BUDGET, MandateAction.READ_PLAN))
    answered = count_to_choose(who_may(MandateAction.ORDER))
    letters = count_waiting(held)
    cases = [
        _case(
            mandates,
            actions[person_id],
            balances.get(person_id),
            counts.get(person_id),
            approvals.get(person_id, 0),
            bought.get(person_id),
            reviews.get(person_id),
            answered.get(person_id, 0),
            letters.get(person_id, {}),
        )
        for person_id, mandates in held.items()
    ]
    return [with_needs(case, today) for case in cases]


def _case(
    mandates: list[MandateView],
    actions: frozenset[MandateAction],
    balances: list[Balance] | None,
    counts: OrderCounts | None,
    approvals: int,
    bought_at: datetime | None,
    review_on: date | None,
    to_choose: int,
    letters: dict[LetterAbout, int],
) -> Case:
    return Case(
        person_id=mandates[0].person_id,
        name=mandates[0].person_name,
        actions=actions,
        mandate_ends_on=max(m.ends_on for m in mandates),
        money=None if balances is None else money_of(balances),
        to_confirm=counts.to_confirm if counts and MandateAction.CONFIRM in actions else 0,
        to_approve=approvals,
        to_pay=counts.to_pay if counts and MandateAction.ORDER in actions else 0,
        to_choose=to_choose,
        to_print=sum(letters.get(about, 0) for about in may_print(actions)),
        last_bought_on=london_day(bought_at),
        review_on=review_on,
        postcode=mandates[0].person_postcode,
    )


def money_of(balances: list[Balance]) -> Money:
    """What somebody's budgets have together; those that were ended do not count."""
    counted = [balance for balance in balances if balance.state is not BudgetState.ENDED]
    return Money(
        yours_pence=sum(balance.yours_pence for balance in counted),
        held_pence=sum(balance.held_pence for balance in counted),
        spent_pence=sum(balance.net_spent_pence for balance in counted),
        left_pence=sum(balance.left_pence for balance in counted),
        began_on=min((balance.starts_on for balance in counted), default=None),
    )


def london_day(moment: datetime | None) -> date | None:
    return clock.london(moment).date() if moment is not None else None
