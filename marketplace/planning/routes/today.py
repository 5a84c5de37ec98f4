"""What needs doing today, by the kind of thing, and one search over everybody of a caseload."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from flask import render_template, request, url_for

from budgets.domain import MandateAction
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel import clock
from marketplace.planning import words
from marketplace.planning.domain import Case, Need, Order, in_order, presses
from marketplace.planning.queries.caseload import list_cases
from marketplace.planning.queries.searching import search_caseload
from marketplace.planning.routes import blueprint
from marketplace.ui.filters import london_date, plural, pounds, short_date

LONGEST = 80


@dataclass(frozen=True)
class Group:
    """Everybody with one kind of thing to do, and where it is done."""

    need: Need
    title: str
    cases: tuple[Case, ...]
    href: Callable[[Case], str]
    words: Callable[[Case], str]


def _orders(case: Case) -> str:
    return f"/orders?for={case.person_id}"


def _person(case: Case) -> str:
    return url_for("planning.person", person_id=case.person_id)


def _review(case: Case) -> str:
    """The plan's reviews; whoever may not read the plan sees the day on the person's page."""
    may_read = case.may(MandateAction.READ_PLAN)
    return url_for("planning.reviews", person_id=case.person_id) if may_read else _person(case)


_WHERE: dict[Need, tuple[Callable[[Case], str], Callable[[Case], str]]] = {
    Need.CONFIRM: (_orders, lambda case: plural(case.to_confirm, "order")),
    Need.APPROVE: (lambda case: "/approvals", lambda case: plural(case.to_approve, "order")),
    Need.PAY: (_orders, lambda case: plural(case.to_pay, "order")),
    Need.CHOOSE: (
        lambda case: url_for("planning.requests_of", person_id=case.person_id),
        lambda case: plural(case.to_choose, "request"),
    ),
    Need.PRINT: (
        lambda case: url_for("budgets.letters_of", person_id=case.person_id),
        lambda case: plural(case.to_print, "letter"),
    ),
    Need.REVIEW: (_review, lambda case: f"Due {london_date(case.review_on)}" if case.review_on else ""),
    Need.ENDING: (_person, lambda case: f"Ends {short_date(case.mandate_ends_on)}"),
    Need.LOW: (
        lambda case: url_for("planning.statement", person_id=case.person_id),
        lambda case: f"{pounds(case.money.left_pence)} left now" if case.money else "",
    ),
}


@blueprint.get("/caseload/today")
@allow(SIGNED_IN)
def today() -> str:
    """The day's work on one page to print: orders first, because somebody waits for those."""
    day = clock.today()
    cases = in_order(list_cases(current_actor()), Order.NAME)
    groups = [
        Group(need, words.NEED_FILTERS[need], _needing(need, cases, day), *where) for need, where in _WHERE.items()
    ]
    return render_template("planning/today.html", groups=[group for group in groups if group.cases], day=day)


def _needing(need: Need, cases: list[Case], day: date) -> tuple[Case, ...]:
    return tuple(case for case in cases if need in case.needs and presses(need, case, day))


@blueprint.get("/caseload/search")
@allow(SIGNED_IN)
def search_people() -> str:
    """One box over names, references, orders, providers, outcomes and notes of everybody I may act for."""
    text = request.args.get("q", "").replace("\x00", " ").strip()[:LONGEST]
    return render_template("planning/search.html", found=search_caseload(current_actor(), text))
