"""Orders above a limit: a second person agrees or sends back, never the preparer; what changed is asked again."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from budgets.domain import BudgetState, MandateAction, MandateView
from budgets.errors import BudgetNotOpen
from budgets.models import Mandate, MandatePot, PersonalBudget
from budgets.queries.book import balance
from budgets.queries.pots import get_pot_choice
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from payments.domain import OrderState
from payments.models import Approval, Order, OrderHistory, OrderLine
from payments.queries.approvals import list_waiting
from payments.services import approvals, expiry, orders
from payments.services.approvals import Decided
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory, user_with_role
from tests.factories.budgets import BudgetFactory, MandateFactory
from tests.integration.payments.orders.shop import Shop, all_orders, fields_of
from tests.integration.payments.orders.town import subjects


class Above:
    """The manager prepared an order of £67.00 from two providers above her limit of £10.00."""

    def __init__(self, app: Flask, *, rail: Rail = Rail.COUNCIL_MANAGED, way: str | None = None) -> None:
        self.shop = Shop(rail=rail)
        with transaction():
            db.session.get(Mandate, self.shop.mandate_id).order_limit_pence = 1_000
        client = app.test_client()
        checkout = self.shop.ready(client, who=self.shop.manager, way=way)
        if rail is Rail.DIRECT_PAYMENT or way == "own_money":
            self.shop.give_card(checkout)
        page = client.get(checkout)
        # The orders are placed by the service alone: no bank is asked while somebody else has to agree.
        self.shop.place(client, checkout)
        assert page.status_code == 200
        self.checkout = checkout
        approval = db.session.scalars(select(Approval).order_by(Approval.id)).first()
        self.id, self.order_id, self.digest = approval.id, approval.order_id, approval.content_digest

    def second(self, *actions: MandateAction) -> Actor:
        with transaction():
            user = user_with_role(Role.BUDGET_MANAGER)
            organisation_id = actor_of(user.id).memberships[0].organisation_id
            MandateFactory(
                person_id=self.shop.person_id,
                staff=[user.id],
                organisation_id=organisation_id,
                actions=actions or (MandateAction.APPROVE,),
            )
            user_id = user.id
        return actor_of(user_id)

    @property
    def order(self) -> Order:
        return next(order for order in all_orders() if order.id == self.order_id)


def test_the_person_agrees_and_the_provider_is_asked(app: Flask) -> None:
    case = Above(app)
    assert approvals.approve(case.shop.margaret, case.id, seen=case.digest) is Decided.PLACED
    assert case.order.state is OrderState.PLACED
    assert balance(case.shop.pot).held_pence == 6_700
    assert len(subjects(case.shop.dale.email or "")) == 1


def test_a_second_named_member_of_staff_agrees_under_their_own_mandate(app: Flask) -> None:
    case = Above(app)
    second = case.second()
    approvals.approve(second, case.id, seen=case.digest)
    move = db.session.execute(select(OrderHistory).where(OrderHistory.action == "place")).scalar_one()
    assert move.actor_user_id == second.user_id
    assert move.mandate_id not in (None, case.shop.mandate_id)


def test_whoever_prepared_it_never_agrees(app: Flask) -> None:
    case = Above(app)
    with pytest.raises(NotAllowed, match="You prepared this order"):
        approvals.approve(case.shop.manager, case.id, seen=case.digest)
    with pytest.raises(NotAllowed):
        approvals.send_back(case.shop.manager, case.id, seen=case.digest, words="No")
    assert case.order.state is OrderState.AWAITING_APPROVAL


def test_strangers_and_mandates_without_that_action_meet_nothing(app: Flask) -> None:
    case = Above(app)
    with transaction():
        stranger_id = UserFactory().id
    for who in (actor_of(stranger_id), case.shop.dale, case.second(MandateAction.ORDER, MandateAction.CONFIRM)):
        with pytest.raises(NotFound):
            approvals.approve(who, case.id, seen=case.digest)
    assert case.order.state is OrderState.AWAITING_APPROVAL


def test_a_second_person_agrees_only_to_what_is_paid_from_money_that_their_authority_covers(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Above(app)
    second = case.second()
    own_pot = get_pot_choice(case.shop.pot).pot_id
    with transaction():
        other = BudgetFactory(person_id=case.shop.person_id, reference="OTHER", pot="Equipment").pot_id
        theirs = db.session.scalar(select(Mandate.id).order_by(Mandate.id.desc()).limit(1))
        db.session.execute(insert(MandatePot).values(mandate_id=theirs, pot_id=other))
    assert list_waiting(second) == []
    with pytest.raises(NotFound):
        approvals.approve(second, case.id, seen=case.digest)
    with monkeypatch.context() as without:
        without.setattr(MandateView, "covers", lambda *_: True)
        assert [waiting.id for waiting in list_waiting(second)][:1] == [case.id]
        assert approvals.approve(second, case.id, seen="another") is Decided.CHANGED
    with transaction():
        db.session.execute(insert(MandatePot).values(mandate_id=theirs, pot_id=own_pot))
    assert [waiting.id for waiting in list_waiting(second)][:1] == [case.id]
    assert approvals.approve(second, case.id, seen=case.digest) is Decided.PLACED


def test_sent_back_it_ends_with_the_words_and_the_money_is_free(app: Flask) -> None:
    case = Above(app)
    with pytest.raises(DomainError) as refused:
        approvals.send_back(case.shop.margaret, case.id, seen=case.digest, words=" ")
    assert refused.value.field == "reason"
    approvals.send_back(case.shop.margaret, case.id, seen=case.digest, words="Fewer hours would do")
    assert case.order.state is OrderState.CANCELLED
    assert balance(case.shop.pot).held_pence == 1_300
    assert subjects(case.shop.manager.email or "")[-1] == f"Order {case.order.reference} was sent back"
    assert subjects(case.shop.dale.email or "") == []


def test_what_changed_since_it_was_asked_is_asked_again(app: Flask) -> None:
    case = Above(app)
    with transaction():
        db.session.execute(
            update(OrderLine)
            .where(OrderLine.order_id == case.order_id)
            .values(quantity=30, amount_pence=30 * OrderLine.unit_price_pence)
        )
    assert approvals.approve(case.shop.margaret, case.id, seen=case.digest) is Decided.CHANGED
    assert case.order.state is OrderState.AWAITING_APPROVAL
    now_is = db.session.scalars(select(Approval.content_digest).where(Approval.id == case.id)).one()
    assert now_is != case.digest
    assert approvals.approve(case.shop.margaret, case.id, seen=case.digest) is Decided.CHANGED
    assert approvals.approve(case.shop.margaret, case.id, seen=now_is) is Decided.PLACED


def test_two_answers_count_once(app: Flask) -> None:
    case = Above(app)
    approvals.approve(case.shop.margaret, case.id, seen=case.digest)
    again = approvals.send_back(case.second(), case.id, seen=case.digest, words="No")
    assert again is Decided.DECIDED_BEFORE
    assert case.order.state is OrderState.PLACED


def test_nobody_answers_for_seven_days_and_the_money_is_free(app: Flask) -> None:
    case = Above(app)
    start = clock.now()
    with clock.fixed_clock(start + timedelta(days=6, hours=23)):
        assert expiry.expire_unanswered() == 0
    with clock.fixed_clock(start + timedelta(days=7, minutes=1)):
        with pytest.raises(NotAllowed, match="seven days"):
            approvals.approve(case.shop.margaret, case.id, seen=case.digest)
        assert expiry.expire_unanswered() == 2
        with pytest.raises(NotAllowed):
            approvals.approve(case.shop.margaret, case.id, seen=case.digest)
    assert {order.state for order in all_orders()} == {OrderState.EXPIRED}
    assert balance(case.shop.pot).held_pence == 0


def test_own_money_goes_back_to_the_buyer_for_the_card(app: Flask) -> None:
    case = Above(app, way="own_money")
    assert case.order.state is OrderState.AWAITING_APPROVAL
    assert approvals.approve(case.shop.margaret, case.id, seen=case.digest) is Decided.AWAITING_PAYMENT
    assert case.order.state is OrderState.AWAITING_PAYMENT
    assert subjects(case.shop.manager.email or "")[-1].endswith("was agreed to: pay for it now")
    start = clock.now()
    with clock.fixed_clock(start + timedelta(days=2, minutes=1)):
        expiry.expire_unanswered()
    assert case.order.state is OrderState.EXPIRED


def test_a_direct_payment_with_its_card_is_placed_when_agreed(app: Flask) -> None:
    case = Above(app, rail=Rail.DIRECT_PAYMENT)
    assert approvals.approve(case.shop.margaret, case.id, seen=case.digest) is Decided.PLACED


def test_a_cancelled_case_cannot_be_agreed_to(app: Flask) -> None:
    case = Above(app)
    orders.cancel(case.shop.manager, case.order_id, "A mistake")
    with pytest.raises(NotAllowed, match="does not wait"):
        approvals.approve(case.shop.margaret, case.id, seen=case.digest)


def test_the_queue_and_the_case_show_what_is_asked_and_take_the_answer(app: Flask, client: FlaskClient) -> None:
    case = Above(app)
    sign_in(client, case.shop.margaret.user_id or 0)
    queue = text_of(client.get("/approvals"))
    assert "2 orders wait for you" in queue and "Bea Manager prepared it" in queue
    page = client.get(f"/approvals/{case.id}")
    words = text_of(page)
    assert "Do you agree to £54.00 for Margaret Hill?" in words
    assert "Your limit for one order is £10.00" in words
    assert "See people and get out of the house" in words and "Margaret’s respite money" in words
    assert "Prepared at the same time: Tees Meals, £13.00. £67.00 in all." in words
    assert "This is the first order from Dales Home Care" in words
    assert "2 orders wait for you to agree" in text_of(client.get("/orders"))
    missing = submit(client, f"/approvals/{case.id}", {"seen": fields_of(page)["seen"], "decision": "send_back"})
    assert "Say what should be different" in text_of(missing)
    data = {"seen": fields_of(page)["seen"], "decision": "approve"}
    assert submit(client, f"/approvals/{case.id}", data).location == "/approvals"
    assert case.order.state is OrderState.PLACED
    assert "Waiting for Dales Home Care to say yes" in text_of(client.get(f"/approvals/{case.id}"))


def test_the_preparer_sees_it_waiting_and_cannot_open_the_case(app: Flask, client: FlaskClient) -> None:
    case = Above(app)
    sign_in(client, case.shop.manager.user_id or 0)
    queue = text_of(client.get("/approvals"))
    assert "Nothing waits for you" in queue and "Prepared by you, waiting for somebody else" in queue
    assert client.get(f"/approvals/{case.id}").status_code == 409


def test_a_case_is_not_there_for_strangers(app: Flask, client: FlaskClient) -> None:
    case = Above(app)
    sign_in(client, case.shop.dale.user_id or 0)
    assert client.get(f"/approvals/{case.id}").status_code == 404
    assert client.get("/approvals/999999").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"), [({"state": BudgetState.SUSPENDED}, "is paused"), ({"state": BudgetState.ENDED}, "ended")]
)
def test_nobody_agrees_to_what_a_budget_that_stopped_meanwhile_would_pay(
    app: Flask, change: dict[str, object], words: str
) -> None:
    case = Above(app)
    with transaction():
        db.session.execute(update(PersonalBudget).where(PersonalBudget.id == case.shop.budget_id).values(**change))
    with pytest.raises(BudgetNotOpen, match=words):
        approvals.approve(case.shop.margaret, case.id, seen=case.digest)
    assert case.order.state is OrderState.AWAITING_APPROVAL
    approvals.send_back(case.shop.margaret, case.id, seen=case.digest, words="The budget has stopped")
    assert case.order.state is OrderState.CANCELLED


def test_without_asking_the_budget_again_it_would_be_ordered(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    case = Above(app)
    with transaction():
        db.session.execute(
            update(PersonalBudget).where(PersonalBudget.id == case.shop.budget_id).values(state=BudgetState.SUSPENDED)
        )
    monkeypatch.setattr("payments.services.approvals.deciding.require_open_budget", lambda order: None)
    assert approvals.approve(case.shop.margaret, case.id, seen=case.digest) is Decided.PLACED
