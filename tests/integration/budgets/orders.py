"""An order's row for the budget book to point at. Budgets know nothing of orders but their ids."""

from sqlalchemy import insert

from catalogue.domain import ProviderState
from catalogue.models import Provider
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import new_reference
from payments.domain import ChargeAt, OrderState, PaymentState
from payments.models import Order
from tests.factories.accounts import OrganisationFactory, UserFactory


def an_order(person_id: int) -> int:
    """A placed order of this person's; call it inside `transaction()`."""
    organisation_id = OrganisationFactory().id
    db.session.execute(insert(Provider).values(organisation_id=organisation_id, state=ProviderState.APPROVED))
    order_id: int = db.session.execute(
        insert(Order)
        .values(
            reference=new_reference(),
            organisation_id=organisation_id,
            person_id=person_id,
            buyer_user_id=UserFactory().id,
            state=OrderState.PLACED,
            payment_state=PaymentState.NONE,
            charge_at=ChargeAt.SETTLEMENT,
            period_starts_on=clock.today(),
            period_ends_on=clock.today(),
            total_pence=0,
            provider_name="Dales Home Care",
            person_name="Margaret Hill",
            buyer_name="Margaret Hill",
            delivery={},
            created_at=clock.now(),
        )
        .returning(Order.id)
    ).scalar_one()
    return order_id
