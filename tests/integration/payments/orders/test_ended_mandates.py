"""A mandate is looked at when the act is carried out: in a checkout, at an agreement, by the worker; pot by pot."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from budgets.domain import MandateAction, ProposedLine
from budgets.errors import AuthorityEnded, LineRefused, OutsideMandate
from budgets.models import Mandate, MandatePot, MandateStaff, PotPeriod
from budgets.queries import access
from budgets.queries.access import find_access
from budgets.services import book, mandate_staff, mandates, safeguarding
from budgets.services import letters as budget_letters
from budgets.services.rights import judge_order
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.models import Membership, User
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from payments.domain import OrderState
from payments.models import Order
from payments.services import approvals, buyer_letters, checkout, expiry, money_letters
from payments.services.approvals import deciding
from payments.services.approvals.deciding import Decided
from payments.services.checkout import paying
from payments.services.orders import delivery, letters
from tests.browser import text_of
from tests.factories.accounts import user_with_role
from tests.factories.budgets import BudgetFactory, ConsentFactory, MandateFactory
from tests.integration.payments.orders.shop import Shop, all_orders, fields_of
from tests.integration.payments.orders.test_approvals import Above
from tests.integration.payments.orders.town import Town, balance, subjects


def end(mandate_id: int) -> None:
    with transaction():
        db.session.get(Mandate, mandate_id).ended_at = clock.now()


def is_there(actor: Actor, person_id: int) -> bool:
    return find_access(actor, person_id, MandateAction.ORDER) is not None


def test_what_an_ended_mandate_prepared_is_agreed_to_by_the_person_alone(app: Flask) -> None:
    case = Above(app)
    second = case.second()
    end(case.shop.mandate_id)
    with pytest.raises(NotAllowed, match="Only Margaret can agree to it now"):
        approvals.approve(second, case.id, seen=case.digest)
    assert case.order.state is OrderState.AWAITING_APPROVAL
    before = len(subjects(case.shop.manager.email or ""))
    assert approvals.approve(case.shop.margaret, case.id, seen=case.digest) is Decided.PLACED
    assert len(subjects(case.shop.manager.email or "")) == before, "who may act no more reads no more of it"


def test_without_the_look_at_the_preparer_an_ended_mandate_orders(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Above(app)
    second = case.second()
    end(case.shop.mandate_id)
    monkeypatch.setattr(deciding, "require_preparer", lambda *arguments: None)
    assert approvals.approve(second, case.id, seen=case.digest) is Decided.PLACED


@pytest.mark.parametrize("how", ["left the organisation", "taken out", "flagged", "suspended", "over"])
def test_every_way_to_lose_a_mandate_stops_a_checkout_at_the_button(
    app: Flask, client: FlaskClient, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    address = shop.ready(client, who=shop.manager)
    page, checkout_id = fields_of(client.get(address)), int(address.rsplit("/", 1)[1])
    with transaction():
        lead, other = user_with_role(Role.SAFEGUARDING_LEAD).id, user_with_role(Role.BUDGET_MANAGER).id
        mandate = db.session.get(Mandate, shop.mandate_id)
        db.session.add(MandateStaff(mandate_id=shop.mandate_id, user_id=other))
        if how == "left the organisation":
            db.session.query(Membership).filter_by(user_id=shop.manager.user_id).delete()
        elif how == "over":
            mandate.starts_on, mandate.ends_on = (clock.today() - timedelta(days=days) for days in (9, 1))
    if how == "taken out":
        mandate_staff.remove_staff(shop.margaret, shop.mandate_id, shop.manager.user_id or 0)
    elif how == "flagged":
        safeguarding.raise_flag(actor_of(lead), shop.person_id, reason="A neighbour is worried")
    elif how == "suspended":
        mandates.suspend(actor_of(lead), shop.mandate_id, reason="A neighbour is worried")
    manager = actor_of(shop.manager.user_id or 0)
    with pytest.raises(AuthorityEnded):
        checkout.place(manager, checkout_id, key=page["key"], seen=page["seen"])
    assert "has ended or is paused" in text_of(client.post(address, data=page))
    assert all_orders() == []
    # Negative control: a right that was looked at once and kept orders.
    kept = access.PersonAccess(access.find_person(shop.person_id), mandate=None)  # type: ignore[arg-type]
    monkeypatch.setattr("payments.queries.checkouts.get_access_begun", lambda *arguments: kept)
    checkout.place(manager, checkout_id, key=page["key"], seen=page["seen"])
    assert len(all_orders()) == 2


def test_who_may_act_no_more_gives_no_card_and_asks_no_bank(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    checkout_id = int(shop.ready(client, who=shop.manager).rsplit("/", 1)[1])
    paying.after_bank(shop.manager, checkout_id)
    end(shop.mandate_id)
    for act in (
        lambda: paying.start_card(shop.manager, checkout_id, success_url="/", cancel_url="/"),
        lambda: paying.finish_card(shop.manager, checkout_id, return_url="/"),
        lambda: paying.try_payment(shop.manager, checkout_id, return_url="/"),
        lambda: paying.after_bank(shop.manager, checkout_id),
    ):
        with pytest.raises(AuthorityEnded):
            act()
    # Negative control: without the look at the right, the buyer of the checkout goes on.
    monkeypatch.setattr(paying, "get_access_begun", lambda *arguments: None)
    paying.after_bank(shop.manager, checkout_id)


def test_a_flag_stops_new_orders_under_every_mandate_and_later_ones_and_what_is_booked_goes_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(state=OrderState.DONE)
    with transaction():
        lead, worker = (actor_of(user_with_role(role).id) for role in (Role.SAFEGUARDING_LEAD, Role.SOCIAL_WORKER))
    manager = town.manager
    assert is_there(manager, town.person_id)
    safeguarding.raise_flag(worker, town.person_id, reason="Worried about money")
    safeguarding.raise_flag(worker, town.person_id, reason="Again")
    with transaction():
        later = user_with_role(Role.BUDGET_MANAGER).id
        for user_id in (manager.user_id, later):
            MandateFactory(person_id=town.person_id, staff=[user_id])
    for actor in (manager, actor_of(later)):
        assert not is_there(actor, town.person_id)
        with monkeypatch.context() as patch:  # the negative control: where a flag takes no action away
            patch.setattr(access, "SPENDING", frozenset())
            assert is_there(actor, town.person_id)
    assert find_access(manager, town.person_id, MandateAction.CONFIRM) is not None
    for actor in (manager, worker):
        with pytest.raises(NotFound):
            safeguarding.lift_flag(actor, town.person_id, reason="All well")
    safeguarding.lift_flag(lead, town.person_id, reason="Looked into")
    assert is_there(manager, town.person_id)


def test_a_flag_stops_new_orders_at_an_access_point_and_what_is_booked_goes_on(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    with transaction():
        worker = actor_of(user_with_role(Role.ACCESS_POINT_WORKER).id)
        lead = actor_of(user_with_role(Role.SAFEGUARDING_LEAD).id)
        place = worker.memberships[0].organisation_id
        ConsentFactory(person_id=shop.person_id, organisation_id=place, assisted=True)
    address = shop.ready(client, who=worker)
    page, checkout_id = fields_of(client.get(address)), int(address.rsplit("/", 1)[1])
    assert "Shop with Margaret Hill" in text_of(client.get("/assisted"))
    safeguarding.raise_flag(lead, shop.person_id, reason="A neighbour is worried")
    with pytest.raises(AuthorityEnded):
        checkout.place(worker, checkout_id, key=page["key"], seen=page["seen"])
    assert all_orders() == []
    assert not is_there(worker, shop.person_id) and access.list_people(worker, MandateAction.ORDER) == []
    for going_on in (MandateAction.CONFIRM, MandateAction.READ_PLAN):
        assert find_access(worker, shop.person_id, going_on) is not None
    words = text_of(client.get("/assisted"))
    assert "Nothing new can be ordered with Margaret Hill for now" in words and "Shop with" not in words
    assert is_there(shop.margaret, shop.person_id), "what somebody buys for themself is never stopped"
    # Negative control: where a flag takes no action away, the order goes through.
    monkeypatch.setattr(access, "SPENDING", frozenset())
    checkout.place(worker, checkout_id, key=page["key"], seen=page["seen"])
    assert len(all_orders()) == 2


def test_the_worker_reminds_nobody_whose_mandate_has_ended(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(state=OrderState.DONE)
    with transaction():
        order = db.session.get(Order, town.order_id)
        order.buyer_user_id, order.mandate_id = town.manager.user_id, town.mandate_id
        order.done_at = clock.now() - timedelta(days=2, hours=1)
    end(town.mandate_id)
    before = len(subjects(town.manager.email or ""))
    assert expiry.remind() == 1
    assert len(subjects(town.manager.email or "")) == before
    with transaction():
        money_letters.money_comes_back(db.session.get(Order, town.order_id), 500, card_pence=0)
    assert len(subjects(town.manager.email or "")) == before, "what comes back is nothing to them either"
    assert "comes back" in subjects(town.margaret.email or "")[-1]
    monkeypatch.setattr(buyer_letters, "buyer_is_told", lambda order: True)
    with transaction():
        letters.reminder(db.session.get(Order, town.order_id), 2)
        money_letters.money_comes_back(db.session.get(Order, town.order_id), 500, card_pence=0)
    assert len(subjects(town.manager.email or "")) == before + 2


def test_letters_follow_the_address_of_the_account_and_leave_the_old_one_alone(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(state=OrderState.DONE)
    old = town.margaret.email or ""
    with transaction():
        db.session.execute(update(User).where(User.id == town.margaret.user_id).values(email="new@example.org"))

    def write() -> None:
        with transaction():
            order = db.session.get(Order, town.order_id)
            letters.reminder(order, 2)
            money_letters.money_comes_back(order, 500, card_pence=0)

    before = len(subjects(old))
    write()
    assert (len(subjects("new@example.org")), len(subjects(old))) == (2, before)
    monkeypatch.setattr(budget_letters, "address_of", lambda person: person.email)
    with transaction():
        db.session.execute(update(Order).values(buyer_user_id=town.manager.user_id))
    write()
    assert len(subjects(old)) == before + 2  # what was known of them once is somebody else's by now


class Pots:
    """The manager may use Respite alone; Margaret has Equipment as well."""

    def __init__(self) -> None:
        self.shop = Shop()
        with transaction():
            equipment = BudgetFactory(person_id=self.shop.person_id, pot="Equipment")
            self.equipment = equipment.pot_period_id
            respite = db.session.get(PotPeriod, self.shop.pot).pot_id
            db.session.add(MandatePot(mandate_id=self.shop.mandate_id, pot_id=respite))


def test_a_mandate_for_one_pot_offers_and_spends_that_pot_alone(app: Flask, client: FlaskClient) -> None:
    case = Pots()
    shop = case.shop
    address = shop.ready(client, who=shop.manager)
    paid = client.get(f"{address}/paid").get_data(as_text=True)
    assert f'value="pot:{shop.pot}"' in paid
    assert f'value="pot:{case.equipment}"' not in paid and 'value="own_money"' not in paid
    shop.place(client, address)
    assert len(all_orders()) == 2 and balance(shop.pot).held_pence == 6_700
    entry = {"order_id": all_orders()[0].id, "outcome_id": shop.outcome_id, "actor_user_id": shop.manager.user_id}
    with pytest.raises(OutsideMandate, match="does not cover Margaret’s equipment money"), transaction():
        book.hold(case.equipment, 100, cause="outside", mandate_id=shop.mandate_id, **entry)
    with transaction():
        book.hold(case.equipment, 100, cause="by herself", mandate_id=None, **entry)
        # Negative control: the same hold under a mandate that names no pots.
        db.session.query(MandatePot).delete()
        book.hold(case.equipment, 100, cause="outside", mandate_id=shop.mandate_id, **entry)
    assert balance(case.equipment).held_pence == 200


def test_a_mandate_for_one_pot_does_not_cover_own_money(app: Flask) -> None:
    shop = Pots().shop
    line = ProposedLine(100, "home-care", clock.today(), None, 0)
    with pytest.raises(LineRefused, match="own money"):
        judge_order(shop.manager, shop.person_id, 100, [line], rail=Rail.OWN_MONEY)
    assert judge_order(shop.margaret, shop.person_id, 100, [line], rail=Rail.OWN_MONEY).mandate_id is None


def test_a_mandate_for_one_pot_does_not_agree_to_what_another_pot_pays(app: Flask, client: FlaskClient) -> None:
    case = Pots()
    shop = case.shop
    shop.place(client, shop.ready(client, who=shop.manager))
    order_id = all_orders()[0].id
    with transaction():
        done = {"state": OrderState.DONE, "accepted_at": clock.now(), "done_at": clock.now()}
        db.session.execute(update(Order).where(Order.id == order_id).values(done))
    assert "Yes, it was done" in text_of(client.get(f"/orders/{order_id}"))
    equipment = db.session.get(PotPeriod, case.equipment).pot_id
    with transaction():
        db.session.execute(update(MandatePot).values(pot_id=equipment))
    assert "Yes, it was done" not in text_of(client.get(f"/orders/{order_id}"))
    with pytest.raises(NotFound):
        delivery.confirm(shop.manager, order_id)
    assert balance(shop.pot).spent_pence == 0
    # Negative control: without pots in the mandate the same act goes through.
    with transaction():
        db.session.query(MandatePot).delete()
    delivery.confirm(shop.manager, order_id)
    assert balance(shop.pot).spent_pence > 0
