"""Stories of orders that are paid, with a real counterpart at Stripe: who, from whom, by which card."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask, current_app
from sqlalchemy import func, select

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.app import create_worker
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import Email, OutboxRow
from payments import ledger
from payments.domain import OrderState, PaymentState
from payments.models import Checkout, LedgerEntry, Order, OrderFunding, OrderHistory, Refund, StripePayment
from payments.services import charging, levy_issuers, onboarding, orders, refunds
from payments.stripe import gateway
from tests.factories.accounts import OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, PersonFactory
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.factories.payments import OrderFactory
from tests.stripe import GOOD_CARD, TestSandbox

BACK = "http://localhost/back"


@dataclass
class Story:
    """One order with the people around it. Ids only, so that each act reads what is there."""

    order_id: int
    organisation_id: int
    person_id: int
    checkout_id: int
    buyer: Actor
    provider: Actor
    account_id: str = ""

    @property
    def order(self) -> Order:
        return db.session.get_one(Order, self.order_id, populate_existing=True)

    @property
    def payment(self) -> StripePayment:
        return db.session.execute(
            select(StripePayment)
            .where(StripePayment.order_id == self.order_id)
            .execution_options(populate_existing=True)
        ).scalar_one()

    @property
    def funding(self) -> OrderFunding:
        return db.session.execute(
            select(OrderFunding).where(OrderFunding.order_id == self.order_id).execution_options(populate_existing=True)
        ).scalar_one()

    @property
    def states(self) -> tuple[str, str]:
        order = self.order
        return order.state.value, order.payment_state.value

    def refunds(self) -> list[Refund]:
        return list(
            db.session.execute(
                select(Refund)
                .where(Refund.order_id == self.order_id)
                .order_by(Refund.id)
                .execution_options(populate_existing=True)
            ).scalars()
        )


def card_story(
    sandbox: TestSandbox,
    *,
    rail: Rail = Rail.OWN_MONEY,
    card: str = GOOD_CARD,
    lines: tuple[tuple[int, int], ...] = ((3, 1_800),),
    provider_of: Story | None = None,
    **fields: Any,
) -> Story:
    """An order that waits for its card (own money), or is confirmed and due (direct payment), with the card given.

    Its provider is a new one, or that of another story, whose account at Stripe is open and ready.
    """
    buyer_id, person_id, checkout_id, organisation_id, provider_id, listing_id = _people(provider_of)
    if provider_of is None:
        account_id = onboarding.open_account(organisation_id, actor_user_id=None)
        sandbox.ready_account(account_id)
        onboarding.refresh(organisation_id)
    else:
        account_id = provider_of.account_id
    give_card(sandbox, checkout_id, card)
    own = rail is Rail.OWN_MONEY or "top_up_pence" in fields
    with transaction():
        from catalogue.models import Listing

        order = OrderFactory(
            rail=rail,
            listing=db.session.get_one(Listing, listing_id),
            lines=list(lines),
            person_id=person_id,
            buyer_user_id=buyer_id,
            checkout_id=checkout_id,
            state=OrderState.AWAITING_PAYMENT if own else OrderState.CONFIRMED,
            payment_state=PaymentState.NONE,
            **fields,
        )
        order_id = order.id
    return Story(
        order_id, organisation_id, person_id, checkout_id, actor_of(buyer_id), actor_of(provider_id), account_id
    )


def _people(provider_of: Story | None) -> tuple[int, int, int, int, int, int]:
    with transaction():
        buyer = UserFactory()
        person = PersonFactory(user_id=buyer.id, council_id=None)
        if provider_of is None:
            provider = ProviderFactory()
            member_id = user_with_role(Role.PROVIDER, provider_organisation(provider.organisation_id)).id
            organisation_id = provider.organisation_id
        else:
            organisation_id, member_id = provider_of.organisation_id, provider_of.provider.user_id or 0
        listing = ListingFactory(provider=None, organisation_id=organisation_id)
        checkout = Checkout(
            key=f"checkout-{person.id}",
            user_id=buyer.id,
            person_id=person.id,
            rail=Rail.OWN_MONEY,
            answers={},
            created_at=clock.now(),
            placed_at=clock.now(),
        )
        db.session.add(checkout)
        db.session.flush()
        return buyer.id, person.id, checkout.id, organisation_id, member_id, listing.id


def provider_organisation(organisation_id: int) -> Any:
    from marketplace.accounts.models import Organisation

    return db.session.get_one(Organisation, organisation_id)


def give_card(sandbox: TestSandbox, checkout_id: int, card: str = GOOD_CARD) -> None:
    """The buyer visits the card page and comes back."""
    page = charging.start_card_setup(checkout_id, success_url=BACK, cancel_url=BACK)
    sandbox.keep_card(page.url, card)
    assert charging.finish_card_setup(checkout_id) is not None


def authorised(sandbox: TestSandbox, **options: Any) -> Story:
    """An own-money order whose money is set aside, so that its provider has been asked."""
    story = card_story(sandbox, **options)
    (result,) = charging.authorise([story.order_id], return_url=BACK)
    assert result.outcome == "authorised", result
    return story


def captured(sandbox: TestSandbox, **options: Any) -> Story:
    """An own-money order that its provider accepted, so that its money was taken."""
    story = authorised(sandbox, **options)
    orders.accept(story.provider, story.order_id)
    work()
    assert story.states == ("accepted", "paid")
    return story


def charged(sandbox: TestSandbox, **options: Any) -> Story:
    """A confirmed direct-payment order whose card was charged."""
    story = card_story(sandbox, rail=Rail.DIRECT_PAYMENT, **options)
    charging.charge({"order_id": story.order_id})
    assert story.states == ("confirmed", "paid")
    return story


def settled_story(
    *,
    lines: tuple[tuple[int, int], ...] = ((3, 1_800),),
    state: OrderState = OrderState.CONFIRMED,
    organisation_id: int | None = None,
    **fields: Any,
) -> Story:
    """A council-managed order of Darlington, confirmed unless `state` says otherwise."""
    with transaction():
        buyer = UserFactory()
        town = council()
        person = PersonFactory(user_id=buyer.id, council_id=town.id)
        if organisation_id is None:
            organisation_id = ProviderFactory().organisation_id
        member = user_with_role(Role.PROVIDER, provider_organisation(organisation_id))
        listing = ListingFactory(provider=None, organisation_id=organisation_id)
        budget = BudgetFactory(person_id=person.id, council_id=town.id, rail=Rail.COUNCIL_MANAGED)
        order = OrderFactory(
            rail=Rail.COUNCIL_MANAGED,
            listing=listing,
            lines=list(lines),
            person_id=person.id,
            council_id=town.id,
            buyer_user_id=buyer.id,
            pot_period_id=budget.pot_period_id,
            state=state,
            **fields,
        )
        ids = order.id, organisation_id, person.id, buyer.id, member.id
    return Story(ids[0], ids[1], ids[2], 0, actor_of(ids[3]), actor_of(ids[4]))


def give_back(story: Story, pence: int | None = None, key: str = "form-1", **options: Any) -> int:
    """The provider, or another `actor`, gives some or all of an order back; answers the refund."""
    actor = options.pop("actor", story.provider)
    return refunds.ask_refund(actor, story.order_id, key=key, reason_code="less_delivered", pence=pence, **options)


def operators(count: int = 2) -> list[Actor]:
    with transaction():
        office = OrganisationFactory(kind="operator")
        ids = [user_with_role(Role.OPERATOR, office).id for _ in range(count)]
    return [actor_of(user_id) for user_id in ids]


def names_issuer(month: date, name: str, address: str, vat_number: str | None) -> None:
    """Two operators say who stands on levy invoices from a month on."""
    first, second = operators()
    levy_issuers.confirm_issuer(second, levy_issuers.propose_issuer(first, month, name, address, vat_number))


def finance(count: int = 2) -> list[Actor]:
    """Officers of Darlington's finance team."""
    with transaction():
        office = OrganisationFactory(kind="council", council_id=council().id)
        ids = [user_with_role(Role.COUNCIL_FINANCE, office).id for _ in range(count)]
    return [actor_of(user_id) for user_id in ids]


def work() -> None:
    """The worker does everything that is due, once: time stands still, so what failed is not tried again on the way."""
    with clock.fixed_clock(clock.now()):
        create_worker(_app()).run_once()


def failed_work() -> list[str]:
    """The errors of the outbox's rows that are not done."""
    return [
        row or ""
        for row in db.session.scalars(
            select(OutboxRow.last_error).where(OutboxRow.done_at.is_(None), OutboxRow.topic.like("payments.%"))
        )
    ]


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def mails(words: str) -> int:
    """How many e-mails have these words in their subject."""
    return db.session.scalar(select(func.count(Email.id)).where(Email.subject.contains(words))) or 0


def moves_of(order_id: int, machine: str = "payment") -> list[str]:
    """The actions in the order's history, in order."""
    return list(
        db.session.scalars(
            select(OrderHistory.action)
            .where(OrderHistory.order_id == order_id, OrderHistory.machine == machine)
            .order_by(OrderHistory.id)
        )
    )


def table() -> Mapping[str, int]:
    """The ledger's balances that are not 0, with people and providers called by what they are."""
    names: dict[str, int] = {}
    for code, pence in ledger.balances().items():
        parts = code.split(":")
        name = ":".join(part for part in parts if not part.isdigit())
        if pence:
            names[name] = names.get(name, 0) + pence
    return names


def entries() -> int:
    return db.session.scalar(select(func.count(LedgerEntry.id))) or 0


def agrees_with_stripe(story: Story) -> None:
    """I6: our ledger has what Stripe has, on the platform's account and on the provider's."""
    assert ledger.balance(ledger.STRIPE_CLEARING) == gateway().balance_pence()
    assert ledger.balance(ledger.provider_stripe(story.organisation_id)) == gateway().balance_pence(story.account_id)
    assert ledger.balance(ledger.STRIPE_UNEXPLAINED) == 0
    db.session.rollback()
