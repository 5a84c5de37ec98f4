"""Two acts with money at once: what the lock between them is for, and what happens without."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from budgets.domain.payees import Relationship
from budgets.models import PayeeDeclaration
from budgets.services import payees
from catalogue.models import Listing
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.rails import Rail
from payments.domain import OrderState, RefundState
from payments.ledger import OPERATOR_BANK
from payments.models import BasketLine, Checkout, LevyRate, Order, TopUp
from payments.services import (
    bank_details,
    baskets,
    cards,
    explaining,
    fees,
    levies,
    onboarding,
    refunds,
    settlement,
    top_ups,
)
from payments.services.baskets import LineWanted, Owner
from payments.services.checkout import pay_it_myself
from payments.stripe.views import AccountView, SessionView
from tests.factories.accounts import council, user_with_role
from tests.factories.payments import OrderFactory, StripeAccountFactory
from tests.integration.payments.money.banking import paid_at
from tests.integration.payments.money.runs_by_bank import town_by_bank
from tests.integration.payments.money.telling import BACK, _people, finance, mails, operators, settled_story
from tests.integration.payments.money.test_bank_details import FIRST, _colleague
from tests.integration.payments.money.test_explaining import _moved
from tests.integration.payments.money.test_fees import _agreed, _fee
from tests.integration.payments.orders.shop import Shop
from tests.interleaved import WITH_AND_WITHOUT, Race, acts_named
from tests.races import errors


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture(autouse=True)
def stripe_opens_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Stripe does is tried elsewhere; here it only has to answer."""
    monkeypatch.setattr(cards, "gateway", OnePage)


def no_error(said: list[object]) -> bool:
    return errors(said) == []


def bank_details_stopped_while_a_run_is_sent() -> Race:
    """Else a stranger's account is paid, and whoever pays is not warned."""
    first, second, council_id = town_by_bank()
    story = settled_story()
    details_id = paid_at(story, "00000001")
    run_id = settlement.prepare(first, council_id, clock.today())
    return Race(
        "bank_details",
        partial(settlement.send, second, run_id),
        partial(bank_details.stop, story.provider, details_id),
        lambda _: not acts_named("settlement.send") or mails("Take a payment out of run") > 0,
    )


def a_run_dropped_while_it_is_sent() -> Race:
    """Else it is paid, and its orders are due again."""
    settled_story()
    first, second = finance()
    run_id = settlement.prepare(first, council_of_stories(), clock.today())
    return Race(
        "settlement_runs",
        partial(settlement.drop, first, run_id, "The wrong day"),
        partial(settlement.send, second, run_id),
        lambda _: acts_named("settlement.send") + acts_named("settlement.drop") == 1,
    )


def something_given_back_while_a_run_is_prepared() -> Race:
    """Else the run pays in full for what was given back in part, and no credit says so."""
    story, (first, _) = settled_story(), finance()
    return Race(
        "order_funding",
        partial(settlement.prepare, first, council_of_stories(), clock.today()),
        partial(refunds.ask_refund, story.provider, story.order_id, key="form", reason_code="goodwill", pence=1_000),
        lambda _: [refund.state for refund in story.refunds()] == [RefundState.PENDING],
    )


def a_refund_agreed_to_while_a_run_is_prepared() -> Race:
    """Else the same, by two operators."""
    story, (first, _), (asks, agrees) = settled_story(lines=((1, 90_000),)), finance(), operators()
    refund_id = refunds.ask_refund(asks, story.order_id, key="form", reason_code="goodwill", pence=60_000)
    return Race(
        "order_funding",
        partial(settlement.prepare, first, council_of_stories(), clock.today()),
        partial(refunds.approve_refund, agrees, refund_id),
        lambda _: [refund.state for refund in story.refunds()] == [RefundState.PENDING],
    )


def council_of_stories() -> int:
    with transaction():
        return int(council().id)


def bank_details_stopped_twice() -> Race:
    story = settled_story()
    details_id = bank_details.give(story.provider, story.organisation_id, FIRST)
    stop = partial(bank_details.stop, story.provider, details_id)
    return Race("bank_details", stop, stop, lambda _: acts_named("bank_details.stop") == 1)


def bank_details_agreed_to_twice() -> Race:
    story = settled_story()
    colleague = _colleague(story)
    details_id = bank_details.give(story.provider, story.organisation_id, FIRST)
    agree = partial(bank_details.agree, colleague, details_id)
    return Race("bank_details", agree, agree, lambda _: acts_named("bank_details.agree") == 1)


def money_explained_twice() -> Race:
    entry_id, (operator, _) = _moved(), operators()
    explain = partial(explaining.explain, operator, entry_id, OPERATOR_BANK, "Ours")
    return Race("ledger_entries", explain, explain, lambda said: "IntegrityError" not in str(list(map(type, said))))


def an_explanation_refused_while_it_is_agreed_to() -> Race:
    """Else money is booked as somebody said who was told that it is not so."""
    entry_id, (first, second) = _moved(), operators()
    decide = partial(explaining.decide, second, explaining.explain(first, entry_id, OPERATOR_BANK, "Ours"))
    return Race(
        "explanations",
        partial(decide, agreed=False),
        partial(decide, agreed=True),
        lambda _: acts_named("money.explained") + acts_named("money.not_explained") == 1,
    )


def a_levy_taken_back_while_it_is_agreed_to() -> Race:
    first, second = operators()
    with transaction():
        council_id = council().id
    begins = clock.today() + timedelta(days=1)
    rate_id = levies.propose_rate(first, council_id, Rail.COUNCIL_MANAGED, 100, begins)
    return Race(
        "levy_rates",
        partial(levies.drop_rate, first, council_id, rate_id),
        partial(levies.approve_rate, second, council_id, rate_id),
        lambda _: acts_named("levy.approve") == len(db.session.scalars(select(LevyRate.id)).all()),
    )


def a_fee_paid_while_its_invoice_is_credited() -> Race:
    operator, council_id = _agreed()
    part = _fee(operator, council_id).instalments[0]
    fees.issue(operator, council_id, part.id)
    return Race(
        "fee_instalments",
        partial(fees.credit, operator, council_id, part.id, "Wrong council"),
        partial(fees.mark_paid, operator, council_id, part.id, clock.today(), "BACS 77"),
        lambda _: acts_named("council_fee.credit") + acts_named("council_fee.paid") == 1,
    )


def two_words_of_stripe_about_an_account() -> Race:
    with transaction():
        user = user_with_role(Role.PROVIDER)
        organisation_id = actor_of(user.id).memberships[0].organisation_id
        stripe_id = StripeAccountFactory(organisation_id=organisation_id, ready_at=clock.now()).stripe_id
    said = AccountView(stripe_id, False, True, True, ("a document",), "past due", organisation_id)
    hear = partial(onboarding.take_in_account, said)
    return Race("stripe_accounts", hear, hear, lambda _: acts_named("stripe_account.change") == 1)


def a_line_taken_out_of_a_basket_while_it_changes() -> Race:
    shop, owner = Shop(cards=False), Owner(token="secret")
    baskets.add(owner, LineWanted(shop.listing_ids[0], 2))
    line_id = db.session.scalars(select(BasketLine.id)).one()
    return Race(
        "basket_lines",
        partial(baskets.change_quantity, owner, line_id, 3),
        partial(baskets.remove, owner, line_id),
        no_error,
    )


def something_put_into_a_basket_while_it_moves() -> Race:
    """Else what was put in last is lost, or is an error."""
    shop, browser = Shop(cards=False), Owner(token="secret")
    baskets.add(browser, LineWanted(shop.listing_ids[0], 2))
    return Race(
        "baskets",
        partial(baskets.merge_anonymous, shop.margaret.user_id or 0, "secret"),
        partial(baskets.add, browser, LineWanted(shop.listing_ids[1], 1)),
        lambda said: no_error(said) and db.session.scalar(select(func.count(BasketLine.id))) == 2,
        before="UPDATE basket_lines",
    )


class Asked:
    """Anna was asked to pay the card's part of Margaret's order, which waits for her card."""

    def __init__(self) -> None:
        buyer_id, person_id, self.checkout_id, _, _, listing_id = _people(None)
        with transaction():
            OrderFactory(
                person_id=person_id,
                buyer_user_id=buyer_id,
                checkout_id=self.checkout_id,
                listing=db.session.get_one(Listing, listing_id),
                state=OrderState.AWAITING_PAYMENT,
                top_up_pence=1_400,
            )
            anna = {"payer_name": "Anna Hill", "payer_email": "anna@example.org"}
            self.checkout.answers = {"top_up": {"budget_pence": 4_000, **anna}}
            top_up = TopUp(
                checkout_id=self.checkout_id,
                key="a-key",
                service_names="Gardening",
                asked_by_user_id=buyer_id,
                asked_at=clock.now(),
                stripe_customer_id="cus_anna",
                **anna,
            )
            db.session.add(top_up)
            db.session.flush()
            self.top_up_id = top_up.id
        self.buyer = actor_of(buyer_id)

    @property
    def checkout(self) -> Checkout:
        return db.session.get_one(Checkout, self.checkout_id, populate_existing=True)

    def end(self) -> None:
        long_ago = clock.now() - 2 * keeping.ASKED_PAYER
        with transaction():
            db.session.execute(update(Order).values(state=OrderState.EXPIRED, ended_at=long_ago))


class OnePage:
    """Stripe, as far as it opens a page for a card."""

    def create_card_setup(self, *_: object) -> SessionView:
        return SessionView("cs_anna", "open", "https://stripe.example/cs_anna", None, None)


def a_card_page_opened_while_another_takes_over() -> Race:
    """Else the page of whoever was asked before is led to, and pays, for who pays now."""
    asked = Asked()
    open_page = partial(
        cards.start_card_setup, asked.checkout_id, success_url=BACK, cancel_url=BACK, top_up_id=asked.top_up_id
    )
    take_over = partial(pay_it_myself, asked.buyer, asked.checkout_id)
    return Race("checkouts", open_page, take_over, lambda _: asked.checkout.stripe_session_id is None)


def a_card_kept_while_another_takes_over() -> Race:
    """Else who was asked before is asked still, after they were told that they are not."""
    asked = Asked()
    take_over = partial(pay_it_myself, asked.buyer, asked.checkout_id)
    return Race(
        "checkouts",
        partial(cards.keep_card, asked.checkout_id),
        take_over,
        lambda _: asked.checkout.answers == {"top_up": {"budget_pence": 4_000}, "keep_card": True},
    )


def a_payer_forgotten_twice() -> Race:
    Asked().end()
    forget = top_ups.forget_payers
    return Race("top_ups", forget, forget, lambda said: said == [1, 0] and acts_named("top_up.forget") == 1)


def a_payer_forgotten_while_the_card_is_kept() -> Race:
    asked = Asked()
    asked.end()
    return Race(
        "checkouts",
        top_ups.forget_payers,
        partial(cards.keep_card, asked.checkout_id),
        lambda _: asked.checkout.answers.get("keep_card") is True,
    )


def a_payee_declared_twice() -> Race:
    shop = Shop(cards=False)
    organisation_id = actor_of(shop.members[0]).memberships[0].organisation_id
    declare = partial(payees.declare, shop.margaret, shop.person_id, {organisation_id: Relationship.NONE})
    return Race("people", declare, declare, lambda _: db.session.scalar(select(func.count(PayeeDeclaration.id))) == 1)


@pytest.mark.parametrize("is_locked", WITH_AND_WITHOUT)
@pytest.mark.parametrize(
    "race",
    [
        bank_details_stopped_while_a_run_is_sent,
        a_run_dropped_while_it_is_sent,
        something_given_back_while_a_run_is_prepared,
        a_refund_agreed_to_while_a_run_is_prepared,
        bank_details_stopped_twice,
        bank_details_agreed_to_twice,
        money_explained_twice,
        an_explanation_refused_while_it_is_agreed_to,
        a_levy_taken_back_while_it_is_agreed_to,
        a_fee_paid_while_its_invoice_is_credited,
        two_words_of_stripe_about_an_account,
        a_line_taken_out_of_a_basket_while_it_changes,
        something_put_into_a_basket_while_it_moves,
        a_card_page_opened_while_another_takes_over,
        a_card_kept_while_another_takes_over,
        a_payer_forgotten_twice,
        a_payer_forgotten_while_the_card_is_kept,
        a_payee_declared_twice,
    ],
)
def test_of_two_at_once_the_second_waits_for_the_first(app: Flask, race: Callable[[], Race], is_locked: bool) -> None:
    """Without the lock something is doubled, lost or fails: the negative control."""
    assert race().is_well(app, is_locked=is_locked) is is_locked
