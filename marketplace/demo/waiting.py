"""What waits for the operator: a new provider, a listing, and somebody who says that a care home is theirs."""

from datetime import date, timedelta
from functools import partial

from catalogue.domain import AreaKind, ListingAction, ProviderState, Unit
from catalogue.queries.search import SearchQuery, search
from catalogue.services import claims, listings, providers
from marketplace.accounts.domain import JoinedAs
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import registration
from marketplace.accounts.services.organisations import OrganisationDetails
from marketplace.demo.diary import moment
from marketplace.demo.orders import Story
from marketplace.demo.people import EDITH_LIVES
from marketplace.kernel.places import MILE_METRES
from marketplace.kernel.rails import Rail

OPEN_DATA_IS_RICH_AT = "M33"


def write(story: Story, today: date) -> None:
    """Three people did something in the last days that the operator has not looked at yet."""
    story.diary.at(moment(today - timedelta(days=4), 20), partial(_claim, _unclaimed_home()))
    story.diary.at(moment(today - timedelta(days=3), 13), _application)
    story.diary.at(moment(today - timedelta(days=2), 8), partial(_listing, story))


def _application() -> None:
    user_id = registration.create_user("Wilf Tamarisk", "wilf@demo.example", joined_as=JoinedAs.PROVIDER)
    providers.apply(
        actor_of(user_id),
        providers.ProviderProfile(
            OrganisationDetails(
                name="Wilf's Walking Frames",
                email="wilf@demo.example",
                phone="01632 960 871",
                postcode=EDITH_LIVES,
            ),
            about="I mend and adjust walking frames in your kitchen, and bring a spare while yours is away.",
            is_micro_enterprise=True,
            dbs_declared=True,
        ),
    )


def _listing(story: Story) -> None:
    name = "Potting Shed Pete"
    actor, organisation_id = story.folk.member_of(name), story.folk.organisations[name]
    listing_id = listings.begin(actor, organisation_id, listings.What("Window boxes planted", "gardening"))
    for part in (
        listings.Words(
            "Two window boxes filled for the season",
            "I bring plants and compost, fill two window boxes while you watch, and come back once to see how they do.",
            "Plants, compost and one visit afterwards.",
            "Anybody with a window sill",
        ),
        listings.Price(Unit.VISIT, 28_00, 1, 6),
        listings.Area(AreaKind.RADIUS, EDITH_LIVES, round(6 * MILE_METRES)),
        listings.Terms("March to October", frozenset({Rail.OWN_MONEY, Rail.DIRECT_PAYMENT})),
    ):
        listings.change(actor, listing_id, part)
    listings.act(actor, listing_id, ListingAction.SEND_IN)


def _unclaimed_home() -> int:
    """The organisation of some care home that is known from open data alone."""
    found = search(SearchQuery(category="residential-homes", postcode=OPEN_DATA_IS_RICH_AT)).results
    return next(
        result.card.organisation_id for result in found if result.card.provider_state is ProviderState.UNCLAIMED
    )


def _claim(organisation_id: int) -> None:
    user_id = registration.create_user("Rosalind Gatepost", "rosalind@demo.example", joined_as=JoinedAs.PROVIDER)
    claims.claim(
        actor_of(user_id),
        organisation_id,
        position="Registered manager",
        evidence="Ring the number that the regulator publishes for us and ask for Rosalind. This is a demonstration.",
    )
