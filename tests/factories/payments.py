"""Orders with their lines, funding, history and holds, baskets and providers that take cards, for tests."""

from datetime import timedelta
from typing import Any

import factory

from budgets.services import book
from catalogue.queries.listings import offer_for
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import new_reference
from marketplace.kernel.rails import BUDGET_RAILS, Rail
from payments.domain import ChargeAt, LineState, OrderState, Payer, PaymentState, charge_moment
from payments.levy import DEFAULT_RATE_BP, levy
from payments.models import Basket, BasketLine, Order, OrderFunding, OrderLine, StripeAccount
from payments.services.moves import begin_history
from tests.factories.accounts import UserFactory
from tests.factories.base import Factory
from tests.factories.budgets import BudgetFactory, DeclarationFactory, PersonFactory
from tests.factories.catalogue import ListingFactory

_AFTER_ACCEPTED = (OrderState.ACCEPTED, OrderState.DONE, OrderState.CONFIRMED, OrderState.CLOSED)
_AFTER_DONE = (OrderState.DONE, OrderState.CONFIRMED, OrderState.CLOSED)
_AFTER_CONFIRMED = (OrderState.CONFIRMED, OrderState.CLOSED)
_ENDED = (OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.CLOSED)
_LINE_STATES = {
    OrderState.DONE: LineState.DONE,
    OrderState.CONFIRMED: LineState.CONFIRMED,
    OrderState.CLOSED: LineState.CONFIRMED,
    OrderState.DECLINED: LineState.CANCELLED,
    OrderState.CANCELLED: LineState.CANCELLED,
    OrderState.EXPIRED: LineState.CANCELLED,
}


class StripeAccountFactory(Factory):
    """A provider that can be paid by card."""

    class Meta:
        model = StripeAccount

    stripe_id = factory.Sequence(lambda n: f"acct_test{n}")
    charges_enabled = True
    payouts_enabled = True
    requirements_due = factory.LazyFunction(list)
    created_at = factory.LazyFunction(clock.now)
    updated_at = factory.LazyFunction(clock.now)


class OrderFactory(Factory):
    """A placed order of 3 hours at £18.00 (£54.00), council-managed, with its line, funding, history and hold.

    Takes besides the columns: `rail`, `listing` (new by default), `quantity`, `unit_price_pence`, `pot_period_id`
    (a new budget of £5,000.00 by default where the rail wants one), `outcome_id`, `rate_bp`, `declared` (False: nobody
    said what the payee of a direct payment is), `lines` (tuples of quantity and pence, instead of one line). With
    `top_up_pence` a card pays so much beside the budget. Columns and holds follow `state`.
    """

    class Meta:
        model = Order

    reference = factory.LazyFunction(new_reference)
    person_id = factory.LazyFunction(lambda: PersonFactory().id)
    buyer_user_id = factory.LazyFunction(lambda: UserFactory().id)
    state = OrderState.PLACED
    payment_state = PaymentState.NONE
    period_starts_on = factory.LazyFunction(clock.today)
    period_ends_on = factory.LazyFunction(clock.today)
    person_name = "Margaret Hill"
    buyer_name = "Margaret Hill"
    delivery = factory.LazyFunction(dict)
    created_at = factory.LazyFunction(clock.now)

    @classmethod
    def _create(cls, model_class: type[Any], *args: Any, **fields: Any) -> Any:
        rail = fields.pop("rail", Rail.COUNCIL_MANAGED)
        listing = fields.pop("listing", None) or ListingFactory()
        lines = fields.pop("lines", None) or [(fields.pop("quantity", 3), fields.pop("unit_price_pence", 1_800))]
        fields.pop("quantity", None), fields.pop("unit_price_pence", None)
        outcome_id, rate_bp = fields.pop("outcome_id", None), fields.pop("rate_bp", DEFAULT_RATE_BP)
        pot_period_id, card_rate_bp = fields.pop("pot_period_id", None), fields.pop("card_rate_bp", rate_bp)
        offer = offer_for([listing.id])[listing.id]
        total = sum(quantity * pence for quantity, pence in lines)
        if fields.pop("declared", True) and rail is Rail.DIRECT_PAYMENT:
            DeclarationFactory(
                person_id=fields["person_id"], organisation_id=offer.organisation_id, declared_at=fields["created_at"]
            )
        if rail in BUDGET_RAILS and pot_period_id is None:
            pot_period_id = BudgetFactory(person_id=fields["person_id"], rail=rail).pot_period_id
        cls._times(fields)
        order = super()._create(
            model_class,
            organisation_id=offer.organisation_id,
            provider_name=offer.provider_name,
            charge_at=ChargeAt.ACCEPT if fields.get("top_up_pence") else charge_moment(rail, total),
            total_pence=total,
            **fields,
        )
        for number, (quantity, pence) in enumerate(lines, start=1):
            cls._line(order, offer, number, quantity, pence, outcome_id)
        top_up = order.top_up_pence or 0
        payer = {Rail.COUNCIL_MANAGED: Payer.COUNCIL, Rail.ISF: Payer.ISF_HOLDER}.get(rail, Payer.PERSON)
        db.session.add(
            OrderFunding(
                order_id=order.id,
                part_no=1,
                payer=payer,
                payer_council_id=order.council_id if payer is not Payer.PERSON else None,
                rail=rail,
                pot_period_id=pot_period_id,
                pence=total - top_up,
                levy_rate_bp=rate_bp,
                levy_pence=levy(total - top_up, rate_bp),
            )
        )
        if top_up:
            db.session.add(
                OrderFunding(
                    order_id=order.id,
                    part_no=2,
                    payer=Payer.PERSON,
                    rail=Rail.OWN_MONEY,
                    pence=top_up,
                    levy_rate_bp=card_rate_bp,
                    levy_pence=levy(top_up, card_rate_bp),
                )
            )
        db.session.flush()
        begin_history(order, actor_user_id=order.buyer_user_id)
        if pot_period_id is not None:
            cls._book(order, pot_period_id, outcome_id)
        return order

    @staticmethod
    def _times(fields: dict[str, Any]) -> None:
        state, now = fields["state"], fields["created_at"]
        waits = state in (OrderState.AWAITING_APPROVAL, OrderState.AWAITING_PAYMENT)
        if not waits:
            fields.setdefault("placed_at", now)
        if waits or state is OrderState.PLACED:
            fields.setdefault("answer_by", now + timedelta(days=3))
        if state in _AFTER_ACCEPTED:
            fields.setdefault("accepted_at", now)
        if state in _AFTER_DONE:
            fields.setdefault("done_at", now)
        if state in _AFTER_CONFIRMED:
            fields.setdefault("confirmed_at", now)
        if state in _ENDED:
            fields.setdefault("ended_at", now)

    @staticmethod
    def _line(order: Order, offer: Any, number: int, quantity: int, pence: int, outcome_id: int | None) -> None:
        state = _LINE_STATES.get(order.state, LineState.ORDERED)
        db.session.add(
            OrderLine(
                order_id=order.id,
                line_no=number,
                listing_id=offer.listing_id,
                outcome_id=outcome_id,
                state=state,
                title=offer.title,
                category_slug=offer.category_slug,
                unit=offer.unit.value,
                vat_category=offer.vat_category.value,
                unit_price_pence=pence,
                quantity=quantity,
                amount_pence=quantity * pence,
                done_quantity=quantity if state in (LineState.DONE, LineState.CONFIRMED) else 0,
                confirmed_quantity=quantity if state is LineState.CONFIRMED else 0,
                snapshot=offer.snapshot,
            )
        )

    @staticmethod
    def _book(order: Order, pot_period_id: int, outcome_id: int | None) -> None:
        about = {
            "order_id": order.id,
            "outcome_id": outcome_id,
            "actor_user_id": order.buyer_user_id,
            "mandate_id": order.mandate_id,
        }
        pence = order.total_pence - (order.top_up_pence or 0)
        book.hold(pot_period_id, pence, cause=f"hold:{order.id}:1", **about)
        if order.state in _AFTER_CONFIRMED:
            book.spend(pot_period_id, pence, cause=f"spend:{order.id}:1", **about)
        elif order.state in _ENDED:
            book.release(pot_period_id, pence, cause=f"release:{order.id}:1", **about)


class BasketFactory(Factory):
    """The basket of a buyer for a person, or of a browser when only `token_digest` is given."""

    class Meta:
        model = Basket

    created_at = factory.LazyFunction(clock.now)
    touched_at = factory.LazyFunction(clock.now)


class BasketLineFactory(Factory):
    """One listing in a basket at the price that it has now. Takes `listing` and `basket`."""

    class Meta:
        model = BasketLine

    class Params:
        listing = factory.LazyFunction(ListingFactory)
        basket = factory.LazyFunction(BasketFactory)

    basket_id = factory.LazyAttribute(lambda o: o.basket.id)
    listing_id = factory.LazyAttribute(lambda o: o.listing.id)
    quantity = 3
    title_seen = factory.LazyAttribute(lambda o: o.listing.title)
    price_seen_pence = factory.LazyAttribute(lambda o: o.listing.price_pence)
    added_at = factory.LazyFunction(clock.now)
