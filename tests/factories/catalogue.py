"""Categories, providers and listings for tests."""

from datetime import timedelta

import factory
from sqlalchemy import select

from catalogue.domain import AreaKind, ListingKind, ListingState, ProviderState, Unit, VatCategory
from catalogue.models import Category, Listing, Provider
from marketplace.accounts.domain import OrganisationKind
from marketplace.database import db
from marketplace.kernel import clock
from tests.factories.accounts import DARLINGTON_GSS, OrganisationFactory
from tests.factories.base import Factory

TEN_MILES = 16_093


def category(slug: str = "home-care") -> Category:
    """The row of one of the packaged categories."""
    return db.session.execute(select(Category).where(Category.slug == slug)).scalar_one()


class ProviderFactory(Factory):
    """An approved provider with an organisation of its own; give `organisation_name` to name it."""

    class Meta:
        model = Provider

    class Params:
        organisation_name = factory.Sequence(lambda n: f"Provider {n} Care")
        organisation = factory.LazyAttribute(
            lambda o: OrganisationFactory(
                kind=OrganisationKind.PROVIDER, name=o.organisation_name, email="office@provider.example"
            )
        )
        unclaimed = factory.Trait(state=ProviderState.UNCLAIMED, source="a-file", source_key=factory.Sequence(str))
        suspended = factory.Trait(state=ProviderState.SUSPENDED)
        rated_good = factory.Trait(cqc_rating="Good", cqc_rating_on=factory.LazyFunction(clock.today))

    organisation_id = factory.LazyAttribute(lambda o: o.organisation.id)
    state = ProviderState.APPROVED
    about = "A small firm that is invented for tests."


class ListingFactory(Factory):
    """A published listing: home care by the hour at £24.00, within ten miles of the middle of Darlington.

    `category_slug` names the category, `provider` the provider (a new approved one by default).
    """

    class Meta:
        model = Listing

    class Params:
        category_slug = "home-care"
        provider = factory.LazyFunction(ProviderFactory)
        free = factory.Trait(
            price_pence=0,
            title=factory.Sequence(lambda n: f"Friendship group {n}"),
            category_slug="clubs-groups",
            unit=Unit.SESSION,
            area_kind=AreaKind.AT_PLACE,
            radius_metres=None,
            address="1 High Row, Darlington",
        )
        product = factory.Trait(
            kind=ListingKind.PRODUCT,
            title=factory.Sequence(lambda n: f"Walking frame {n}"),
            category_slug="equipment",
            unit=Unit.ITEM,
            price_pence=3_499,
            vat_category=VatCategory.ZERO_DISABILITY,
            area_kind=AreaKind.ENGLAND,
            radius_metres=None,
        )
        draft = factory.Trait(state=ListingState.DRAFT, published_at=None)
        paused = factory.Trait(state=ListingState.PAUSED)
        withdrawn = factory.Trait(state=ListingState.WITHDRAWN, ended_at=factory.LazyFunction(clock.now))
        in_darlington = factory.Trait(
            postcode="DL3 7TX", latitude=54.53252, longitude=-1.57167, council_gss=DARLINGTON_GSS
        )

    organisation_id = factory.LazyAttribute(lambda o: o.provider.organisation_id)
    category_id = factory.LazyAttribute(lambda o: category(o.category_slug).id)
    state = ListingState.PUBLISHED
    kind = ListingKind.SERVICE
    title = factory.Sequence(lambda n: f"Help at home number {n}")
    summary = "Washing, dressing and breakfast with somebody you know."
    description = "The same two people come each time. They help you to wash, dress and start the day."
    unit = Unit.HOUR
    price_pence = 2_400
    vat_category = VatCategory.EXEMPT_WELFARE
    accepts_council_managed = True
    area_kind = AreaKind.RADIUS
    postcode = "DL3 7TX"
    latitude = 54.53252
    longitude = -1.57167
    council_gss = DARLINGTON_GSS
    radius_metres = TEN_MILES
    created_at = factory.LazyFunction(clock.now)
    updated_at = factory.LazyFunction(clock.now)
    published_at = factory.LazyFunction(lambda: clock.now() - timedelta(days=1))
