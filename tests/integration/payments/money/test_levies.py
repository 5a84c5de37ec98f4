"""Which rate an order freezes."""

from datetime import date, timedelta

import pytest
from flask import Flask

from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.rails import Rail
from payments.models import LevyRate
from payments.services import levies
from tests.factories.accounts import OrganisationFactory, council, user_with_role

DAY = date(2026, 11, 23)


def _rate(rate_bp: int, starts_on: date, **fields: object) -> None:
    with transaction():
        row = LevyRate(
            council_id=council().id,
            rail=Rail.COUNCIL_MANAGED,
            rate_bp=rate_bp,
            starts_on=starts_on,
            created_at=clock.now(),
            **fields,
        )
        db.session.add(row)


def _council_id() -> int:
    with transaction():
        return council().id


def test_without_a_rule_the_levy_is_two_and_a_half_percent(app: Flask) -> None:
    assert levies.rate_for(_council_id(), Rail.COUNCIL_MANAGED, DAY) == 250
    assert levies.rate_for(None, Rail.OWN_MONEY, DAY) == 250


def test_the_latest_rule_that_has_begun_counts_for_its_own_rail(app: Flask) -> None:
    _rate(200, date(2026, 4, 1))
    _rate(150, date(2026, 11, 23))
    _rate(100, date(2026, 11, 24))
    assert levies.rate_for(_council_id(), Rail.COUNCIL_MANAGED, DAY) == 150
    assert levies.rate_for(_council_id(), Rail.COUNCIL_MANAGED, date(2026, 11, 22)) == 200
    assert levies.rate_for(_council_id(), Rail.COUNCIL_MANAGED, date(2026, 3, 31)) == 250
    assert levies.rate_for(_council_id(), Rail.DIRECT_PAYMENT, DAY) == 250


def test_a_rate_that_only_one_person_set_does_not_count_until_a_second_approves(app: Flask) -> None:
    with transaction():
        town = council()
        office = OrganisationFactory(kind="council", council_id=town.id)
        first = user_with_role(Role.COUNCIL_FINANCE, office).id
        second = user_with_role(Role.COUNCIL_FINANCE, office).id
        stranger = user_with_role(Role.PROVIDER).id
        council_id = town.id
    begins = clock.today() + timedelta(days=1)
    with pytest.raises(NotFound):
        levies.propose_rate(actor_of(stranger), council_id, Rail.COUNCIL_MANAGED, 100, begins)
    with pytest.raises(DomainError, match="after today"):
        levies.propose_rate(actor_of(first), council_id, Rail.COUNCIL_MANAGED, 100, clock.today())
    rate_id = levies.propose_rate(actor_of(first), council_id, Rail.COUNCIL_MANAGED, 100, begins)
    assert levies.rate_for(council_id, Rail.COUNCIL_MANAGED, begins) == 250
    with pytest.raises(DomainError, match="colleague"):
        levies.approve_rate(actor_of(first), rate_id)
    with pytest.raises(NotFound):
        levies.approve_rate(actor_of(stranger), rate_id)
    levies.approve_rate(actor_of(second), rate_id)
    assert levies.rate_for(council_id, Rail.COUNCIL_MANAGED, begins) == 100
