"""A small town for tests of orders: a person, a manager, a provider, and one order between them."""

from sqlalchemy import select

from budgets.queries.book import balance
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.models import Organisation
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.outbox.models import Email, OutboxRow
from payments.models import Order, OrderFunding
from tests.factories.accounts import UserFactory, user_with_role
from tests.factories.budgets import MandateFactory, OutcomeFactory, PersonFactory
from tests.factories.catalogue import ListingFactory
from tests.factories.payments import OrderFactory


class Town:
    """A person with a sign-in and a manager, a provider with a member, and one order between them."""

    def __init__(self, **order: object) -> None:
        with transaction():
            user = UserFactory(name="Margaret Hill")
            manager = user_with_role(Role.BUDGET_MANAGER, name="Bea Manager")
            person = PersonFactory(user_id=user.id, name="Margaret Hill", email=user.email)
            self.person_id, self.council_id = person.id, person.council_id
            self.mandate_id = MandateFactory(person_id=person.id, staff=[manager.id]).id
            self.outcome_id = OutcomeFactory(person_id=person.id).id
            listing = ListingFactory(title="Help at home")
            organisation = organisation_of(listing.organisation_id)
            organisation.name = "Dales Home Care"
            member = user_with_role(Role.PROVIDER, organisation, name="Dale Owner")
            made = OrderFactory(
                person_id=person.id,
                buyer_user_id=user.id,
                listing=listing,
                council_id=person.council_id,
                outcome_id=self.outcome_id,
                **order,
            )
            self.order_id = made.id
            ids = user.id, manager.id, member.id
        self.margaret, self.manager, self.dale = (actor_of(user_id) for user_id in ids)
        self.pot = db.session.scalar(select(OrderFunding.pot_period_id).where(OrderFunding.order_id == self.order_id))

    def stranger(self, role: Role | None = None) -> Actor:
        with transaction():
            user_id = user_with_role(role).id if role else UserFactory().id
        return actor_of(user_id)

    @property
    def order(self) -> Order:
        db.session.rollback()
        return db.session.execute(select(Order).where(Order.id == self.order_id)).scalar_one()

    def sums(self) -> tuple[int, int]:
        found = balance(self.pot)
        return found.held_pence, found.spent_pence


def organisation_of(organisation_id: int) -> Organisation:
    """The row of an organisation."""
    return db.session.execute(select(Organisation).where(Organisation.id == organisation_id)).scalar_one()


def topics() -> list[tuple[str, str | None]]:
    """What was promised besides letters, in order."""
    rows = db.session.execute(
        select(OutboxRow.topic, OutboxRow.key).where(OutboxRow.topic != "email.send").order_by(OutboxRow.id)
    )
    return [tuple(row) for row in rows]


def subjects(address: str) -> list[str]:
    """The subjects of the letters to an address, in order."""
    return list(db.session.scalars(select(Email.subject).where(Email.to_address == address).order_by(Email.id)))
