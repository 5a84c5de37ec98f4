"""An order goes from placed to closed, each act by whom it may, once, and its budget follows it."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from budgets.domain import MandateAction
from budgets.models import BudgetEntry, Consent, Mandate, MandateScope
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import Email
from payments.domain import OrderState, PaymentState
from payments.models import OrderHistory
from payments.queries.orders import get_order_for, get_order_for_provider, purchase_of
from payments.services import orders
from tests.factories.accounts import user_with_role
from tests.factories.budgets import ConsentFactory, MandateFactory
from tests.factories.catalogue import ListingFactory
from tests.factories.payments import OrderFactory
from tests.integration.payments.orders.town import Town, organisation_of, subjects, topics


def test_a_budget_is_kept_aside_until_the_person_agrees_and_then_spent(app: Flask) -> None:
    town = Town()
    assert town.sums() == (5_400, 0)
    orders.accept(town.dale, town.order_id)
    orders.mark_done(town.dale, town.order_id)
    assert town.sums() == (5_400, 0)
    orders.confirm(town.margaret, town.order_id)
    assert town.sums() == (0, 5_400)
    assert town.order.state is OrderState.CONFIRMED
    assert topics() == []


def test_each_act_twice_moves_books_and_writes_once(app: Flask) -> None:
    town = Town()
    for _ in range(2):
        orders.accept(town.dale, town.order_id)
    for _ in range(2):
        orders.mark_done(town.dale, town.order_id)
    for _ in range(2):
        orders.confirm(town.margaret, town.order_id)
    actions = db.session.scalars(select(OrderHistory.action).order_by(OrderHistory.id)).all()
    assert actions == ["create", "accept", "mark_done", "confirm"]
    assert subjects(town.margaret.email or "") == [
        f"Dales Home Care said yes to order {town.order.reference}",
        f"Was order {town.order.reference} done?",
    ]


def test_every_move_names_who_for_whom_and_under_which_mandate(app: Flask) -> None:
    town = Town(state=OrderState.DONE)
    orders.confirm(town.manager, town.order_id)
    move = db.session.execute(select(OrderHistory).where(OrderHistory.action == "confirm")).scalar_one()
    assert (move.actor_user_id, move.mandate_id) == (town.manager.user_id, town.mandate_id)
    audit = db.session.execute(select(AuditRow).where(AuditRow.action == "order.confirm")).scalar_one()
    assert (audit.actor_user_id, audit.person_id, audit.mandate_id) == (
        town.manager.user_id,
        town.person_id,
        town.mandate_id,
    )
    entry = db.session.execute(select(BudgetEntry).where(BudgetEntry.kind == "spend")).scalar_one()
    assert (entry.actor_user_id, entry.mandate_id, entry.outcome_id) == (
        town.manager.user_id,
        town.mandate_id,
        town.outcome_id,
    )


def test_own_money_is_asked_for_when_the_provider_says_yes_and_let_go_when_it_says_no(app: Flask) -> None:
    town = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.AUTHORISED)
    orders.accept(town.dale, town.order_id)
    with transaction():
        second = OrderFactory(
            rail=Rail.OWN_MONEY,
            payment_state=PaymentState.AUTHORISED,
            person_id=town.person_id,
            listing=ListingFactory(),
        )
        second_id = second.id
        dale_id = user_with_role(Role.PROVIDER, organisation_of(second.organisation_id)).id
    orders.decline(actor_of(dale_id), second_id, "We are full in June")
    assert topics() == [
        ("payments.capture", f"capture:{town.order_id}"),
        ("payments.release", f"release:{second_id}"),
    ]


def test_an_order_whose_payment_is_looked_at_cannot_be_accepted(app: Flask) -> None:
    town = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.REVIEW)
    with pytest.raises(NotAllowed, match="being looked at"):
        orders.accept(town.dale, town.order_id)


def test_a_direct_payment_is_charged_when_it_is_agreed(app: Flask) -> None:
    town = Town(rail=Rail.DIRECT_PAYMENT, state=OrderState.DONE)
    orders.confirm(town.margaret, town.order_id)
    assert topics() == [("payments.charge", f"charge:{town.order_id}")]
    assert town.sums() == (0, 5_400)


@pytest.mark.parametrize("how", ["decline", "cancel"])
def test_what_was_kept_aside_is_free_again_when_an_order_ends(app: Flask, how: str) -> None:
    town = Town()
    if how == "decline":
        orders.decline(town.dale, town.order_id, "Nobody is free")
    else:
        orders.cancel(town.margaret, town.order_id, "My daughter comes instead")
    assert town.sums() == (0, 0)
    assert town.order.ended_at is not None


def test_a_decline_without_a_reason_is_refused_beside_its_field(app: Flask) -> None:
    town = Town()
    with pytest.raises(DomainError) as refused:
        orders.decline(town.dale, town.order_id, "  ")
    assert refused.value.field == "reason"
    assert town.order.state is OrderState.PLACED


def test_strangers_meet_nothing_and_change_nothing(app: Flask) -> None:
    town = Town()
    strangers = [town.stranger(), town.stranger(Role.PROVIDER), town.stranger(Role.BUDGET_MANAGER), Actor()]
    acts = [
        lambda who: orders.accept(who, town.order_id),
        lambda who: orders.decline(who, town.order_id, "No"),
        lambda who: orders.mark_done(who, town.order_id),
        lambda who: orders.confirm(who, town.order_id),
        lambda who: orders.cancel(who, town.order_id, "No"),
        lambda who: orders.complain(who, town.order_id, "No"),
        lambda who: orders.end_complaint(who, town.order_id),
        lambda who: get_order_for(who, town.order_id),
        lambda who: get_order_for_provider(who, town.order_id),
        lambda who: purchase_of(who, town.order_id),
    ]
    for who in strangers:
        for act in acts:
            with pytest.raises(NotFound):
                act(who)
    assert db.session.scalar(select(func.count(OrderHistory.id))) == 1


def test_the_buyer_cannot_do_what_the_provider_does_nor_the_provider_what_the_buyer_does(app: Flask) -> None:
    town = Town()
    with pytest.raises(NotFound):
        orders.accept(town.margaret, town.order_id)
    with pytest.raises(NotFound):
        orders.confirm(town.dale, town.order_id)
    with pytest.raises(NotFound):
        orders.complain(town.dale, town.order_id, "No")


@pytest.mark.parametrize("change", ["ended", "expired", "suspended", "scope"])
def test_a_mandate_counts_only_while_it_lives_and_says_so(app: Flask, change: str) -> None:
    town = Town(state=OrderState.DONE)
    with transaction():
        mandate = db.session.get(Mandate, town.mandate_id)
        if change == "ended":
            mandate.ended_at = clock.now()
        if change == "suspended":
            mandate.suspended_at = clock.now()
        if change == "expired":
            mandate.starts_on = mandate.ends_on = clock.today().replace(year=clock.today().year - 1)
        if change == "scope":
            for row in db.session.scalars(select(MandateScope).where(MandateScope.action == MandateAction.CONFIRM)):
                db.session.delete(row)
    with pytest.raises(NotFound):
        orders.confirm(town.manager, town.order_id)
    assert town.order.state is OrderState.DONE


def test_a_manager_who_works_for_the_provider_cannot_agree_on_the_persons_behalf(app: Flask) -> None:
    town = Town(state=OrderState.DONE)
    with transaction():
        user_id = user_with_role(Role.PROVIDER, organisation_of(town.order.organisation_id), name="Two Hats").id
        MandateFactory(person_id=town.person_id, staff=[user_id])
    with pytest.raises(NotAllowed, match="You work for Dales Home Care"):
        orders.confirm(actor_of(user_id), town.order_id)


def test_the_access_point_that_helped_may_agree_and_another_may_not(app: Flask) -> None:
    with transaction():
        worker = user_with_role(Role.ACCESS_POINT_WORKER)
        worker_id = worker.id
    library = actor_of(worker_id).organisation_ids(Role.ACCESS_POINT_WORKER)[0]
    town = Town(state=OrderState.DONE, assisted_by_organisation_id=library)
    elsewhere = town.stranger(Role.ACCESS_POINT_WORKER)
    with transaction():
        for organisation_id in (library, elsewhere.organisation_ids(Role.ACCESS_POINT_WORKER)[0]):
            ConsentFactory(assisted=True, person_id=town.person_id, organisation_id=organisation_id)
    with pytest.raises(NotFound):
        orders.confirm(elsewhere, town.order_id)
    orders.confirm(actor_of(worker_id), town.order_id)
    assert town.order.state is OrderState.CONFIRMED


def test_without_consent_the_access_point_meets_nothing(app: Flask) -> None:
    with transaction():
        worker_id = user_with_role(Role.ACCESS_POINT_WORKER).id
    library = actor_of(worker_id).organisation_ids(Role.ACCESS_POINT_WORKER)[0]
    town = Town(state=OrderState.DONE, assisted_by_organisation_id=library)
    with transaction():
        consent = ConsentFactory(assisted=True, person_id=town.person_id, organisation_id=library)
        consent_id = consent.id
    assert get_order_for(actor_of(worker_id), town.order_id).standing.side == "assisted"
    with transaction():
        db.session.get(Consent, consent_id).withdrawn_at = clock.now()
    with pytest.raises(NotFound):
        get_order_for(actor_of(worker_id), town.order_id)


def test_what_is_said_to_be_done_is_questioned_not_cancelled_by_the_buyer(app: Flask) -> None:
    town = Town(state=OrderState.DONE)
    with pytest.raises(NotAllowed, match="Something went wrong"):
        orders.cancel(town.margaret, town.order_id, "It was not done")
    orders.complain(town.margaret, town.order_id, "Nobody came on Tuesday")
    assert get_order_for(town.margaret, town.order_id).complaint_open
    orders.cancel(town.dale, town.order_id, "The carer was ill")
    assert town.sums() == (0, 0)


def test_a_complaint_is_told_to_the_provider_added_to_and_ended(app: Flask) -> None:
    town = Town(state=OrderState.DONE)
    orders.complain(town.margaret, town.order_id, "Nobody came")
    orders.complain(town.margaret, town.order_id, "Nobody came")
    orders.complain(town.margaret, town.order_id, "And nobody rang")
    assert town.order.complaint == "Nobody came\n\nAnd nobody rang"
    assert len([s for s in subjects(town.dale.email or "") if s.startswith("Something went wrong")]) == 2
    orders.end_complaint(town.margaret, town.order_id, "They came on Friday")
    assert not get_order_for(town.margaret, town.order_id).complaint_open


def test_the_money_team_reads_what_a_budget_paid_and_not_what_own_money_bought(app: Flask) -> None:
    town = Town()
    finance, operator = town.stranger(Role.COUNCIL_FINANCE), town.stranger(Role.OPERATOR)
    assert get_order_for(finance, town.order_id).standing.side == "council"
    assert get_order_for(operator, town.order_id).standing.side == "operator"
    with pytest.raises(NotFound):
        get_order_for(town.stranger(Role.COMMISSIONER), town.order_id)
    own = Town(rail=Rail.OWN_MONEY)
    with pytest.raises(NotFound):
        get_order_for(finance, own.order_id)


def test_a_provider_sees_its_orders_only_once_placed_and_never_what_they_are_for(app: Flask) -> None:
    town = Town(state=OrderState.AWAITING_APPROVAL)
    with pytest.raises(NotFound):
        get_order_for_provider(town.dale, town.order_id)
    with pytest.raises(NotFound):
        get_order_for(town.dale, town.order_id)
    placed = Town()
    assert placed.outcome_id in get_order_for(placed.margaret, placed.order_id).outcomes
    assert get_order_for_provider(placed.dale, placed.order_id).outcomes == {}


def test_a_card_that_comes_through_late_for_an_order_that_ended_is_let_go(app: Flask) -> None:
    town = Town(rail=Rail.OWN_MONEY, state=OrderState.AWAITING_PAYMENT)
    orders.cancel(town.margaret, town.order_id, "Changed my mind")
    with transaction():
        orders.placed_after_payment(town.order_id, cause="authorised:pi_1")
    assert town.order.state is OrderState.CANCELLED
    assert topics() == [("payments.release", f"release:{town.order_id}:late")]


def test_a_card_that_was_authorised_places_the_order_once(app: Flask) -> None:
    town = Town(rail=Rail.OWN_MONEY, state=OrderState.AWAITING_PAYMENT)
    for _ in range(2):
        with transaction():
            orders.placed_after_payment(town.order_id, cause="authorised:pi_1")
    assert town.order.state is OrderState.PLACED
    assert len(subjects(town.dale.email or "")) == 1


def test_an_order_that_cannot_be_paid_ends_when_unanswered_and_waits_for_another_card_when_booked(app: Flask) -> None:
    town = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.AUTHORISED)
    with transaction():
        orders.cannot_be_paid(town.order_id, cause="lost:pi_1", reason="The bank let the money go.")
    assert town.order.state is OrderState.EXPIRED
    booked = Town(rail=Rail.DIRECT_PAYMENT, state=OrderState.CONFIRMED, payment_state=PaymentState.FAILED)
    with transaction():
        orders.cannot_be_paid(booked.order_id, cause="lost:pi_2", reason="The card was declined.")
    assert booked.order.state is OrderState.CONFIRMED
    assert subjects(booked.margaret.email or "")[-1] == f"Order {booked.order.reference} needs another card"


def test_letters_to_providers_name_no_person(app: Flask) -> None:
    town = Town(rail=Rail.OWN_MONEY, state=OrderState.AWAITING_PAYMENT)
    with transaction():
        orders.placed_after_payment(town.order_id, cause="authorised:pi_1")
    letter = db.session.execute(select(Email).where(Email.to_address == town.dale.email)).scalar_one()
    assert "Margaret" not in letter.body + letter.subject
    assert f"/provider/orders/{town.order_id}" in letter.body
