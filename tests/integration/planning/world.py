"""What tests of planning share: Margaret with money, a plan and an order, and people who stand to her somehow."""

from budgets.domain import LegalBasis, MandateAction
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import transaction
from tests.factories.accounts import UserFactory, user_with_role
from tests.factories.budgets import BudgetFactory, ConsentFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.factories.catalogue import ListingFactory
from tests.factories.payments import OrderFactory

A = MandateAction
READING = (A.READ_BUDGET, A.READ_PLAN)


class World:
    """Margaret Hill of Darlington with £5,000.00, one outcome, and an order of £54.00 that waits for its provider."""

    def __init__(self, **order: object) -> None:
        with transaction():
            self.user_id = UserFactory(name="Margaret Hill").id
            person = PersonFactory(user_id=self.user_id, name="Margaret Hill")
            self.person_id = person.id
            self.council_id = person.council_id
            budget = BudgetFactory(person_id=person.id, pot="Respite")
            self.pot_period_id = budget.pot_period_id
            self.outcome_id = OutcomeFactory(person_id=person.id, category_slug="home-care").id
            self.listing_id = (listing := ListingFactory(title="Help at home")).id
            self.order_id = OrderFactory(
                person_id=person.id,
                council_id=person.council_id,
                buyer_user_id=self.user_id,
                listing=listing,
                outcome_id=self.outcome_id,
                pot_period_id=self.pot_period_id,
                **order,
            ).id

    @property
    def margaret(self) -> Actor:
        return actor_of(self.user_id)

    def holder(self, *, role: Role | None = None, **mandate: object) -> Actor:
        """Somebody new who is named in a mandate for Margaret; with `role` as staff of an organisation."""
        with transaction():
            user = user_with_role(role) if role else UserFactory()
            user_id = user.id
        actor = actor_of(user_id)
        with transaction():
            fields: dict[str, object] = {"person_id": self.person_id, "staff": [user_id]}
            if role:
                fields["organisation_id"] = actor.memberships[0].organisation_id
            if role is Role.SOCIAL_WORKER:
                fields["legal_basis"] = LegalBasis.COUNCIL_OFFICER
            MandateFactory(**(fields | mandate))
        return actor

    def worker(self, *, serves: bool = True) -> Actor:
        """Somebody at an access point, with a consent of today when `serves`."""
        actor = somebody(Role.ACCESS_POINT_WORKER)
        if serves:
            with transaction():
                ConsentFactory(
                    person_id=self.person_id, assisted=True, organisation_id=actor.memberships[0].organisation_id
                )
        return actor


def somebody(role: Role | None = None, **fields: object) -> Actor:
    """A user who stands to nobody; with `role` as a member of some organisation."""
    with transaction():
        user_id = (user_with_role(role, **fields) if role else UserFactory(**fields)).id
    return actor_of(user_id)
