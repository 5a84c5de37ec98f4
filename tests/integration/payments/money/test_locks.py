"""Two acts with money at once: what the lock between them is for, and what happens without."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from budgets.domain.payees import Relationship
from budgets.models import PayeeDeclaration
from budgets.services import payees
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from payments.ledger import OPERATOR_BANK
from payments.models import BasketLine, LevyRate
from payments.services import bank_details, baskets, explaining, fees, levies, onboarding, settlement
from payments.services.baskets import LineWanted, Owner
from payments.stripe.views import AccountView
from tests.factories.accounts import council, user_with_role
from tests.factories.payments import StripeAccountFactory
from tests.integration.payments.money.banking import paid_at
from tests.integration.payments.money.runs_by_bank import town_by_bank
from tests.integration.payments.money.telling import mails, operators, settled_story
from tests.integration.payments.money.test_bank_details import FIRST, _colleague
from tests.integration.payments.money.test_explaining import _moved
from tests.integration.payments.money.test_fees import _agreed, _fee
from tests.integration.payments.orders.shop import Shop
from tests.interleaved import WITH_AND_WITHOUT, Race, acts_named
from tests.races import errors


@pytest.fixture
def database() -> str:
    return "postgresql"


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
        bank_details_stopped_twice,
        bank_details_agreed_to_twice,
        money_explained_twice,
        an_explanation_refused_while_it_is_agreed_to,
        a_levy_taken_back_while_it_is_agreed_to,
        a_fee_paid_while_its_invoice_is_credited,
        two_words_of_stripe_about_an_account,
        a_line_taken_out_of_a_basket_while_it_changes,
        something_put_into_a_basket_while_it_moves,
        a_payee_declared_twice,
    ],
)
def test_of_two_at_once_the_second_waits_for_the_first(app: Flask, race: Callable[[], Race], is_locked: bool) -> None:
    """Without the lock something is doubled, lost or fails: the negative control."""
    assert race().is_well(app, is_locked=is_locked) is is_locked
