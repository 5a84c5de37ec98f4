"""The caseload: who of many people needs somebody today."""

from flask import render_template, request

from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel import clock
from marketplace.planning import words
from marketplace.planning.domain import Need, Order
from marketplace.planning.queries.caseload import Asked, get_caseload, list_cases
from marketplace.planning.routes import blueprint
from marketplace.ui.navigation import page_asked, url_with
from payments.queries.orders import count_to_confirm, list_to_confirm

LONGEST_WORDS, PAGE = 80, 50


def asked_from_request() -> Asked:
    """What the address asks for. What makes no sense is left out, so that an old or mistyped link still works."""
    args = request.args
    show = args.get("show", "")
    return Asked(
        words=args.get("q", "").replace("\x00", " ").strip()[:LONGEST_WORDS],
        need=next((need for need in Need if need.value == show), None),
        today=show == "today",
        order=next((order for order in Order if order.value == args.get("sort")), Order.NEED),
        page=page_asked(),
    )


@blueprint.get("/caseload")
@allow(SIGNED_IN)
def caseload() -> str:
    """Everybody for whom I hold a live mandate, whoever needs me today on top."""
    asked = asked_from_request()
    page = get_caseload(current_actor(), asked)
    return render_template(
        "planning/caseload.html",
        today=clock.today(),
        page=page,
        asked=asked,
        filters=_filters(page.matching, page.needed_today, page.counts, asked),
        sorts=words.ORDERS,
    )


def _filters(matching: int, needed_today: int, counts: dict[Need, int], asked: Asked) -> list[dict[str, object]]:
    def option(text: str, count: int, show: str | None, chosen: bool) -> dict[str, object]:
        return {"text": text, "count": count, "href": url_with(show=show, page=None), "chosen": chosen}

    everybody = asked.need is None and not asked.today
    options = [
        option("Everybody", matching, None, everybody),
        option("Needs me today", needed_today, "today", asked.today),
    ]
    options += [
        option(text, counts[need], need.value, need is asked.need)
        for need, text in words.NEED_FILTERS.items()
        if counts[need] or need is asked.need
    ]
    return [{"title": "Show", "options": options}]


@blueprint.get("/caseload/to-confirm")
@allow(SIGNED_IN)
def to_confirm() -> str:
    """Orders of everybody on my caseload that are done and wait for somebody to agree, the oldest first."""
    people = [case.person_id for case in list_cases(current_actor()) if case.to_confirm]
    count = count_to_confirm(people)
    last = max(1, -(-count // PAGE))
    page = page_asked(last)
    return render_template(
        "planning/to_confirm.html",
        orders=list_to_confirm(people, limit=PAGE, offset=(page - 1) * PAGE) if count else [],
        count=count,
        page=page,
        last=last,
    )
