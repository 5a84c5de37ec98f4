"""A caseload shows everybody of a live mandate, whoever needs somebody today on top, in a fixed number of queries."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from budgets.domain import MandateAction
from budgets.domain.plans import ReviewReason
from budgets.models import PlanReview
from marketplace.accounts.domain import Actor, Role
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.planning.domain import Need
from marketplace.planning.queries.caseload import Asked, get_caseload, list_cases
from payments.domain import OrderState
from payments.models import Approval
from tests.browser import sign_in, text_of
from tests.factories.accounts import UserFactory, council
from tests.factories.budgets import BudgetFactory, MandateFactory, PersonFactory
from tests.factories.payments import OrderFactory
from tests.integration.planning.counting import queries_of
from tests.integration.planning.world import A, somebody

LONG_AGO = timedelta(days=60)


def _person(
    manager: Actor,
    name: str,
    *,
    budget: dict[str, object] | None = None,
    review_on: date | None = None,
    **mandate: object,
) -> int:
    """Somebody with £5,000.00 for whom the manager may act until next year; `review_on` is the review of their plan."""
    with transaction():
        person_id = PersonFactory(name=name).id
        BudgetFactory(person_id=person_id, starts_on=clock.today(), **(budget or {}))
        MandateFactory(**({"person_id": person_id, "staff": [manager.user_id]} | mandate))
        if review_on is not None:
            review = {"reason": ReviewReason.YEARLY, "due_on": review_on, "opened_at": clock.now()}
            db.session.add(PlanReview(person_id=person_id, council_id=council().id, **review))
    return person_id


def _order(person_id: int, state: OrderState, *, preparer: int | None = None, **fields: object) -> int:
    with transaction():
        buyer = preparer or UserFactory().id
        order = OrderFactory(person_id=person_id, buyer_user_id=buyer, state=state, rail="own_money", **fields)
        if state is OrderState.AWAITING_APPROVAL:
            db.session.add(
                Approval(
                    order_id=order.id,
                    prepared_by_user_id=buyer,
                    why="Above the limit",
                    content_digest="0" * 64,
                    asked_at=clock.now(),
                    ends_at=clock.now() + timedelta(days=7),
                )
            )
        return order.id


def _needs(manager: Actor) -> dict[str, tuple[Need, ...]]:
    return {case.name: case.needs for case in list_cases(manager)}


def test_everybody_of_a_live_mandate_is_there_and_nobody_else(app: Flask) -> None:
    manager = somebody()
    _person(manager, "Ann Live")
    for name, state in (
        ("Bob Early", "not_started"),
        ("Cid Over", "expired"),
        ("Dot Ended", "ended"),
        ("Eve Paused", "suspended"),
        ("Fay Waiting", "unconfirmed"),
    ):
        _person(manager, name, **{state: True})
    _person(somebody(), "Gus Stranger")
    assert [case.name for case in list_cases(manager)] == ["Ann Live"]


def test_two_mandates_for_one_person_are_one_row_with_the_rights_of_both(app: Flask) -> None:
    manager = somebody()
    person_id = _person(manager, "Ann Live", actions=[A.ORDER], ends_on=clock.today() + timedelta(days=5))
    with transaction():
        MandateFactory(person_id=person_id, staff=[manager.user_id], actions=[A.READ_BUDGET])
    (case,) = list_cases(manager)
    assert case.actions == {A.ORDER, A.READ_BUDGET}
    assert case.mandate_ends_on == clock.today() + timedelta(days=334)
    assert Need.ENDING not in case.needs


def test_what_there_is_to_do_is_named_for_each_person(app: Flask) -> None:
    manager = somebody()
    other = somebody().user_id
    today = clock.today()
    _order(_person(manager, "Confirm"), OrderState.DONE)
    _order(_person(manager, "Approve"), OrderState.AWAITING_APPROVAL, preparer=other)
    _order(_person(manager, "Pay"), OrderState.AWAITING_PAYMENT)
    _person(manager, "Review", review_on=today + timedelta(days=28))
    _person(manager, "Later", review_on=today + timedelta(days=29), budget={"review_on": today})
    _person(manager, "Ending", ends_on=today + timedelta(days=28))
    _person(manager, "Low", budget={"pence": 0})
    _person(manager, "Nothing")
    assert _needs(manager) == {
        "Approve": (Need.APPROVE,),
        "Confirm": (Need.CONFIRM,),
        "Ending": (Need.ENDING,),
        "Later": (),
        "Low": (),
        "Nothing": (),
        "Pay": (Need.PAY,),
        "Review": (Need.REVIEW,),
    }


def test_an_approval_that_i_prepared_myself_does_not_wait_for_me(app: Flask) -> None:
    manager = somebody()
    _order(_person(manager, "Mine"), OrderState.AWAITING_APPROVAL, preparer=manager.user_id)
    assert _needs(manager) == {"Mine": ()}


def test_nothing_bought_for_four_weeks_is_a_reason_to_call_and_a_declined_order_is_no_purchase(app: Flask) -> None:
    manager = somebody()
    began = {"starts_on": clock.today() - LONG_AGO, "ends_on": clock.today() + LONG_AGO}
    for name, state, age in (
        ("Quiet", None, 0),
        ("Bought", OrderState.CONFIRMED, 27),
        ("Long ago", OrderState.CONFIRMED, 29),
        ("Declined", OrderState.DECLINED, 1),
    ):
        with transaction():
            person_id = PersonFactory(name=name).id
            BudgetFactory(person_id=person_id, **began)
            MandateFactory(person_id=person_id, staff=[manager.user_id])
        if state is not None:
            _order(
                person_id,
                state,
                created_at=clock.start_of_day(clock.today() - timedelta(days=age)) + timedelta(hours=12),
            )
    assert _needs(manager) == {
        "Bought": (),
        "Declined": (Need.QUIET,),
        "Long ago": (Need.QUIET,),
        "Quiet": (Need.QUIET,),
    }


@pytest.mark.parametrize("missing", [A.READ_BUDGET, A.CONFIRM, A.APPROVE, A.ORDER])
def test_what_a_mandate_does_not_allow_is_neither_shown_nor_asked(
    client: FlaskClient, app: Flask, missing: MandateAction
) -> None:
    manager = somebody()
    person_id = _person(
        manager,
        "Ann Live",
        review_on=clock.today(),
        actions=[action for action in MandateAction if action is not missing],
    )
    _order(person_id, OrderState.DONE)
    _order(person_id, OrderState.AWAITING_APPROVAL)
    _order(person_id, OrderState.AWAITING_PAYMENT)
    (case,) = list_cases(manager)
    hidden = {A.CONFIRM: Need.CONFIRM, A.APPROVE: Need.APPROVE, A.ORDER: Need.PAY}
    everything = {Need.REVIEW, Need.CONFIRM, Need.APPROVE, Need.PAY}
    assert set(case.needs) == everything - {hidden.get(missing)}
    sign_in(client, manager.user_id or 0)
    words = text_of(client.get("/caseload"))
    assert ("£5,000.00" in words) is (missing is not A.READ_BUDGET)
    assert ("Shop for Ann Live" in words) is (missing is not A.ORDER)
    near = f'value="/search?postcode=DL3+7TX&amp;for={person_id}"'
    assert (near in client.get("/caseload").get_data(as_text=True)) is (missing is not A.ORDER)


def test_whoever_needs_somebody_today_is_on_top_then_by_name(app: Flask) -> None:
    manager = somebody()
    _person(manager, "Zoe Nothing")
    _person(manager, "Abe Nothing")
    _person(manager, "Yan Later", ends_on=clock.today() + timedelta(days=20))
    _order(_person(manager, "Xia Confirm"), OrderState.DONE)
    _person(manager, "Wim Overdue", review_on=clock.today() - timedelta(days=1))
    names = [case.name for case in get_caseload(manager, Asked()).cases]
    assert names == ["Xia Confirm", "Wim Overdue", "Yan Later", "Abe Nothing", "Zoe Nothing"]
    page = get_caseload(manager, Asked(today=True))
    assert [case.name for case in page.cases] == ["Xia Confirm", "Wim Overdue"]
    assert page.needed_today == 2


def test_names_are_found_by_their_beginnings_and_filters_stand_in_the_address(client: FlaskClient, app: Flask) -> None:
    manager = somebody()
    _person(manager, "Margaret Hill")
    _person(manager, "Mark Hilton", ends_on=clock.today() + timedelta(days=3))
    _person(manager, "Ivy Robson")
    sign_in(client, manager.user_id or 0)
    page = client.get("/caseload?q=mar+hil&show=ending")
    words = text_of(page)
    assert "Mark Hilton" in words
    assert "Margaret Hill" not in words
    assert "Authority ending (1)" in words
    assert 'name="show" value="ending"' in page.get_data(as_text=True)
    assert "Nobody here" in text_of(client.get("/caseload?q=%00zz"))
    for nonsense in ("?page=x", "?page=-1", "?page=999999999", "?show=x&sort=x", "?q=" + "x" * 500):
        assert client.get("/caseload" + nonsense).status_code == 200, nonsense


def test_a_review_is_seen_by_whoever_reads_the_plan_or_the_money_and_by_nobody_else(
    client: FlaskClient, app: Flask
) -> None:
    manager = somebody()
    for name, actions in (("Plan", [A.READ_PLAN]), ("Money", [A.READ_BUDGET]), ("Neither", [A.CONFIRM])):
        _person(manager, name, review_on=clock.today() - timedelta(days=1), actions=actions)
    assert _needs(manager) == {"Plan": (Need.REVIEW,), "Money": (Need.REVIEW,), "Neither": ()}
    sign_in(client, manager.user_id or 0)
    shown = client.get("/caseload?show=review").get_data(as_text=True)
    assert "Review was due" in shown and "Neither" not in shown
    assert [name for name in ("Plan", "Money") if f">{name}<" in shown] == ["Plan", "Money"]
    assert len(re.findall(r'href="/people/\d+/reviews"', shown)) == 1  # only the plan's reader may open its reviews


def test_a_long_caseload_has_pages_that_keep_the_order(client: FlaskClient, app: Flask) -> None:
    manager = somebody()
    with transaction():
        for number in range(60):
            person_id = PersonFactory(name=f"Person {number:02d}").id
            MandateFactory(person_id=person_id, staff=[manager.user_id])
    sign_in(client, manager.user_id or 0)
    shown = []
    for page in (1, 2, 3):
        html = client.get(f"/caseload?sort=name&page={page}").get_data(as_text=True)
        shown += re.findall(r'app-case__name"><a[^>]*>([^<]+)<', html)
    assert shown == [f"Person {number:02d}" for number in range(60)]


def test_somebody_who_acts_for_nobody_is_told_so(client: FlaskClient, app: Flask) -> None:
    sign_in(client, somebody().user_id or 0)
    assert "You act for nobody yet" in text_of(client.get("/caseload"))


def test_the_number_of_queries_is_the_same_for_ten_and_for_five_hundred(client: FlaskClient, app: Flask) -> None:
    few, many = somebody(Role.BUDGET_MANAGER), somebody(Role.BUDGET_MANAGER)
    for manager, count in ((few, 10), (many, 500)):
        with transaction():
            for number in range(count):
                person_id = PersonFactory(name=f"Person {number:03d}", council_id=None).id
                MandateFactory(
                    person_id=person_id,
                    staff=[manager.user_id],
                    organisation_id=manager.memberships[0].organisation_id,
                    actions=[A.READ_BUDGET, A.ORDER, A.CONFIRM, A.APPROVE],
                )
                if number < 4:
                    BudgetFactory(person_id=person_id)
    sign_in(client, few.user_id or 0)
    counts = [queries_of(client, "/caseload")]
    sign_in(client, many.user_id or 0)
    counts += [queries_of(client, "/caseload"), queries_of(client, "/caseload?sort=name&page=7&q=per")]
    assert counts[0] == counts[1] == counts[2]
    assert counts[0] <= 12


def test_orders_to_confirm_of_everybody_are_one_list(client: FlaskClient, app: Flask) -> None:
    manager = somebody()
    first = _order(_person(manager, "Ann Live"), OrderState.DONE, person_name="Ann Live")
    _order(_person(manager, "Bob May not confirm", actions=[A.READ_BUDGET]), OrderState.DONE)
    _order(_person(somebody(), "Gus Stranger"), OrderState.DONE)
    sign_in(client, manager.user_id or 0)
    html = client.get("/caseload/to-confirm").get_data(as_text=True)
    assert re.findall(r'href="/orders/(\d+)"', html) == [str(first)]
