"""Many purchases at once, by plain inserts: reports read no more of an order than this."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert, select

from catalogue.models import Listing
from marketplace.accounts.domain import Role
from marketplace.accounts.models import Organisation
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.ids import new_reference
from marketplace.kernel.rails import Rail
from payments.domain import LineState, OrderState, Payer, PaymentState, charge_moment
from payments.models import Order, OrderFunding, OrderLine
from tests.browser import sign_in
from tests.factories.accounts import UserFactory, council, user_with_role
from tests.factories.budgets import PersonFactory
from tests.factories.catalogue import ListingFactory

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

_numbers = count(1)


@dataclass
class Town:
    """A listing to buy from and people who buy."""

    listing_id: int
    organisation_id: int
    council_id: int
    buyer_id: int


def a_town(gss_code: str = "E06000005") -> Town:
    with transaction():
        listing = ListingFactory()
        return Town(listing.id, listing.organisation_id, council(gss_code).id, UserFactory().id)


def people(town: Town, number: int, *, postcode: str | None = "DL3 7TX") -> list[int]:
    """Ids of new people of the town's council."""
    with transaction():
        return [PersonFactory(council_id=town.council_id, postcode=postcode).id for _ in range(number)]


def buy(
    town: Town,
    person_ids: Iterable[int],
    *,
    pence: int = 2_400,
    quantity: int = 1,
    category: str = "home-care",
    unit: str = "hour",
    rail: Rail = Rail.COUNCIL_MANAGED,
    at: datetime | None = None,
    state: OrderState = OrderState.CONFIRMED,
    refunded_pence: int = 0,
    organisation_id: int | None = None,
    listing_id: int | None = None,
) -> list[int]:
    """One order of each person, agreed to at `at` (now); answers the orders' ids."""
    at = at or clock.now()
    is_agreed = state in (OrderState.CONFIRMED, OrderState.CLOSED)
    orders: list[dict[str, Any]] = []
    for person_id in person_ids:
        orders.append(
            {
                "reference": new_reference(),
                "organisation_id": organisation_id or town.organisation_id,
                "person_id": person_id,
                "council_id": town.council_id,
                "buyer_user_id": town.buyer_id,
                "state": state,
                "payment_state": PaymentState.NONE,
                "charge_at": charge_moment(rail, pence),
                "period_starts_on": clock.london(at).date(),
                "period_ends_on": clock.london(at).date(),
                "total_pence": pence * quantity,
                "provider_name": "Dales Home Care",
                "person_name": "Margaret Hill",
                "buyer_name": "Margaret Hill",
                "delivery": {},
                "created_at": at - timedelta(days=1),
                "confirmed_at": at if is_agreed else None,
            }
        )
    with transaction():
        ids = list(db.session.scalars(insert(Order).returning(Order.id, sort_by_parameter_order=True), orders))
        line = {
            "line_no": 1,
            "listing_id": listing_id or town.listing_id,
            "state": LineState.CONFIRMED if is_agreed else LineState.ORDERED,
            "title": "Help at home",
            "category_slug": category,
            "unit": unit,
            "vat_category": "exempt_welfare",
            "unit_price_pence": pence,
            "quantity": quantity,
            "amount_pence": pence * quantity,
            "refunded_pence": refunded_pence,
            "snapshot": {},
        }
        db.session.execute(insert(OrderLine), [{**line, "order_id": order_id} for order_id in ids])
        part = {
            "part_no": 1,
            "payer": Payer.PERSON if rail in (Rail.OWN_MONEY, Rail.DIRECT_PAYMENT) else Payer.COUNCIL,
            "rail": rail,
            "pence": pence * quantity,
            "levy_rate_bp": 250,
            "levy_pence": 0,
        }
        db.session.execute(insert(OrderFunding), [{**part, "order_id": order_id} for order_id in ids])
    return ids


def another_provider(town: Town) -> tuple[int, int]:
    """Organisation and listing of one more provider."""
    with transaction():
        listing_id = ListingFactory().id
        organisation_id = db.session.execute(
            select(Listing.organisation_id).where(Listing.id == listing_id)
        ).scalar_one()
        return organisation_id, listing_id


def a_reader(client: FlaskClient, role: Role = Role.COMMISSIONER, gss_code: str = "E06000005") -> int:
    """Sign somebody of a council in (or the operator); answers their user id."""
    with transaction():
        user = user_with_role(role)
        user_id = user.id
        if role is not Role.OPERATOR:
            team = db.session.execute(select(Organisation).order_by(Organisation.id.desc()).limit(1)).scalar_one()
            team.council_id = council(gss_code).id
    sign_in(client, user_id)
    return user_id
