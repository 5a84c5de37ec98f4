"""People, budgets with money in them, mandates with their staff and actions, outcomes and consents for tests."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from typing import Any

import factory

from budgets.domain import BudgetState, ConsentHow, ConsentKind, Funder, LegalBasis, MandateAction
from budgets.domain.payees import Relationship
from budgets.models import (
    Consent,
    Mandate,
    MandateScope,
    MandateStaff,
    Outcome,
    PayeeDeclaration,
    Person,
    PersonalBudget,
    Pot,
    PotPeriod,
)
from budgets.services import book
from marketplace.accounts.domain import OrganisationKind
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from tests.factories.accounts import OrganisationFactory, council
from tests.factories.base import Factory

_numbers = count(1)


class PersonFactory(Factory):
    """Somebody of Darlington, without a sign-in unless `user_id` is given."""

    class Meta:
        model = Person

    name = factory.Sequence(lambda n: f"Margaret Hill{n}")
    council_id = factory.LazyFunction(lambda: council().id)
    postcode = "DL3 7TX"
    created_at = factory.LazyFunction(clock.now)


class BudgetFactory(Factory):
    """An active council-managed budget with one pot and one period, `pence` allocated through the book.

    Takes besides the columns: `pence` (£5,000.00), `pot` (its name). The result knows `pot_id` and `pot_period_id`.
    """

    class Meta:
        model = PersonalBudget

    person_id = factory.LazyFunction(lambda: PersonFactory().id)
    council_id = factory.LazyFunction(lambda: council().id)
    funder = Funder.COUNCIL
    rail = Rail.COUNCIL_MANAGED
    reference = factory.Sequence(lambda n: f"PB-{n:05d}")
    state = BudgetState.ACTIVE
    starts_on = factory.LazyFunction(lambda: clock.today() - timedelta(days=30))
    ends_on = factory.LazyFunction(lambda: clock.today() + timedelta(days=334))
    created_at = factory.LazyFunction(clock.now)
    isf_holder_organisation_id = factory.LazyAttribute(
        lambda made: OrganisationFactory(kind=OrganisationKind.SUPPORT).id if made.rail is Rail.ISF else None
    )

    class Params:
        ended_yesterday = factory.Trait(
            starts_on=factory.LazyFunction(lambda: clock.today() - timedelta(days=365)),
            ends_on=factory.LazyFunction(lambda: clock.today() - timedelta(days=1)),
        )
        suspended = factory.Trait(state=BudgetState.SUSPENDED)
        direct_payment = factory.Trait(rail=Rail.DIRECT_PAYMENT)

    @classmethod
    def _create(cls, model_class: type[Any], *args: Any, **fields: Any) -> Any:
        pence, pot_name = fields.pop("pence", 500_000), fields.pop("pot", "Personal budget")
        budget = super()._create(model_class, *args, **fields)
        pot = Pot(budget_id=budget.id, name=pot_name)
        db.session.add(pot)
        db.session.flush()
        period = PotPeriod(pot_id=pot.id, starts_on=budget.starts_on, ends_on=budget.ends_on)
        db.session.add(period)
        db.session.flush()
        book.allocate(
            period.id, pence, cause=f"test:allocate:{period.id}", actor_user_id=None, reason="Loaded for a test"
        )
        budget.pot_id, budget.pot_period_id = pot.id, period.id
        return budget


class MandateFactory(Factory):
    """A live mandate by the person's agreement with every action and a limit of £500 an order.

    Takes besides the columns: `staff` (user ids), `actions`. Traits: not_started, expired, ended, suspended,
    unconfirmed.
    """

    class Meta:
        model = Mandate

    person_id = factory.LazyFunction(lambda: PersonFactory().id)
    legal_basis = LegalBasis.AGREEMENT
    order_limit_pence = 50_000
    starts_on = factory.LazyFunction(lambda: clock.today() - timedelta(days=30))
    ends_on = factory.LazyFunction(lambda: clock.today() + timedelta(days=334))
    granted_how = ConsentHow.ONLINE
    granted_at = factory.LazyFunction(clock.now)
    confirmed_at = factory.LazyFunction(clock.now)

    class Params:
        not_started = factory.Trait(starts_on=factory.LazyFunction(lambda: clock.today() + timedelta(days=1)))
        expired = factory.Trait(
            starts_on=factory.LazyFunction(lambda: clock.today() - timedelta(days=30)),
            ends_on=factory.LazyFunction(lambda: clock.today() - timedelta(days=1)),
        )
        ended = factory.Trait(ended_at=factory.LazyFunction(clock.now))
        suspended = factory.Trait(suspended_at=factory.LazyFunction(clock.now))
        unconfirmed = factory.Trait(confirmed_at=None)

    @classmethod
    def _create(cls, model_class: type[Any], *args: Any, **fields: Any) -> Any:
        staff: Iterable[int] = fields.pop("staff", ())
        actions: Iterable[MandateAction] = fields.pop("actions", tuple(MandateAction))
        mandate = super()._create(model_class, *args, **fields)
        db.session.add_all(MandateStaff(mandate_id=mandate.id, user_id=user_id) for user_id in staff)
        db.session.add_all(MandateScope(mandate_id=mandate.id, action=action) for action in actions)
        db.session.flush()
        return mandate


class OutcomeFactory(Factory):
    class Meta:
        model = Outcome

    person_id = factory.LazyFunction(lambda: PersonFactory().id)
    words = "See people and get out of the house twice a week"
    position = factory.LazyFunction(lambda: next(_numbers))
    created_at = factory.LazyFunction(clock.now)


class DeclarationFactory(Factory):
    """Somebody said that a provider's people are not family; takes `relationship`."""

    class Meta:
        model = PayeeDeclaration

    person_id = factory.LazyFunction(lambda: PersonFactory().id)
    organisation_id = factory.LazyFunction(lambda: OrganisationFactory(kind=OrganisationKind.PROVIDER).id)
    relationship = Relationship.NONE
    declared_at = factory.LazyFunction(clock.now)


class ConsentFactory(Factory):
    """Consent to share own-money purchases; with the trait `assisted` and `organisation_id`, to an assisted order."""

    class Meta:
        model = Consent

    person_id = factory.LazyFunction(lambda: PersonFactory().id)
    kind = ConsentKind.SHARE_PURCHASES
    how = ConsentHow.ONLINE
    given_at = factory.LazyFunction(clock.now)

    class Params:
        assisted = factory.Trait(
            kind=ConsentKind.ASSISTED_ORDER,
            how=ConsentHow.SPOKEN,
            ends_at=factory.LazyFunction(lambda: clock.day_bounds(clock.today(), clock.today())[1]),
        )
