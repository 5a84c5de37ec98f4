"""People with a budget and a filled checkout, made through the services that real ones use."""

from datetime import timedelta

from budgets.commands import SetUpBudget
from budgets.domain import MandateAction
from budgets.queries.outcomes import list_outcomes
from budgets.queries.people import find_person_of_user
from budgets.queries.pots import list_pot_choices
from budgets.services import finance, mandates, outcomes
from budgets.services.people import ensure_person_for_user
from catalogue.domain import AreaKind, ListingAction, ProviderAction, Unit
from catalogue.services import listings, providers
from marketplace.accounts.domain import SYSTEM, Actor, OrganisationKind, Role
from marketplace.accounts.queries import actor_of, find_council_by_gss
from marketplace.accounts.services import organisations, registration
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail
from payments.services import baskets, checkout

COUNCIL_GSS = "E06000005"
BUDGET_PENCE = 5_000_00
_DELIVERY = {"name": "A buyer", "phone": "", "address": "1 High Row", "postcode": "DL3 7TX", "notes": ""}


def finance_officer() -> Actor:
    """Somebody of council finance of a council that has joined."""
    council = find_council_by_gss(COUNCIL_GSS)
    if council is None:
        raise NotFound()
    organisations.join_council(SYSTEM, council.id)
    user_id = registration.create_user("Finance", "finance@bench.example")
    organisations.create_organisation(
        SYSTEM,
        OrganisationKind.COUNCIL,
        organisations.OrganisationDetails("Finance team"),
        council_id=council.id,
        first_member=(user_id, Role.COUNCIL_FINANCE),
    )
    return actor_of(user_id)


def listing(number: int) -> int:
    """One approved provider with one listing at £1.00 an hour, paid from a council-managed budget."""
    organisation_id = providers.apply(
        SYSTEM,
        providers.ProviderProfile(
            organisations.OrganisationDetails(f"Provider {number}", postcode="DL3 7TX"), "We help."
        ),
    )
    providers.decide(SYSTEM, organisation_id, ProviderAction.APPROVE)
    listing_id = listings.begin(SYSTEM, organisation_id, listings.What(f"Help {number}", "home-care"))
    for part in (
        listings.Words("Help by the hour", "Help by the hour."),
        listings.Price(Unit.HOUR, 100),
        listings.Area(AreaKind.ENGLAND),
        listings.Terms("Every day", frozenset({Rail.COUNCIL_MANAGED})),
    ):
        listings.change(SYSTEM, listing_id, part)
    listings.act(SYSTEM, listing_id, ListingAction.SEND_IN)
    listings.decide(SYSTEM, listing_id, ListingAction.APPROVE)
    return listing_id


def buyer(officer: Actor, number: int) -> tuple[Actor, int, int]:
    """Somebody with a council-managed budget and an outcome; answers the actor, the person and the pot's period."""
    today = clock.today()
    user_id = registration.create_user(f"Buyer {number}", f"buyer{number}@bench.example")
    person_id = ensure_person_for_user(user_id)
    (council_id,) = officer.council_ids(Role.COUNCIL_FINANCE)
    finance.set_up_budget(
        officer,
        SetUpBudget(
            council_id=council_id,
            person_reference=f"P{number}",
            person_name=f"Buyer {number}",
            postcode=None,
            reference=f"B{number}",
            rail=Rail.COUNCIL_MANAGED,
            pot="Support",
            starts_on=today,
            ends_on=today + timedelta(days=364),
            amount_pence=BUDGET_PENCE,
            review_on=None,
            account_email=f"buyer{number}@bench.example",
        ),
    )
    person = find_person_of_user(user_id)
    if person is None or person.id != person_id:
        raise NotFound()
    actor = actor_of(user_id)
    outcomes.add_outcome(actor, person_id, words="I want to stay in my own home")
    (choice,) = list_pot_choices(person_id, today)
    return actor, person_id, choice.pot_period_id


def ready_checkout(actor: Actor, person_id: int, pot_period_id: int, listing_id: int) -> int:
    """A checkout with every answer given, so that placing is all that is left; answers its id."""
    owner = baskets.owner_for(actor, person_id, None)
    baskets.add(owner, baskets.LineWanted(listing_id, 1, clock.today(), None))
    checkout_id = checkout.begin(actor, person_id)
    checkout.say_who(actor, checkout_id)
    checkout.choose_way(actor, checkout_id, f"pot:{pot_period_id}")
    (outcome,) = list_outcomes(person_id)
    organisation_id = listing_organisation(listing_id)
    checkout.say_purpose(actor, checkout_id, outcomes={organisation_id: outcome.id}, delivery=_DELIVERY)
    return checkout_id


def ready_checkouts_of_one_budget(count: int) -> list[tuple[Actor, int]]:
    """`count` people named by one person, each with a checkout that is ready to place from that person's budget."""
    today = clock.today()
    with transaction():
        officer = finance_officer()
        offered = listing(1)
        person, person_id, pot_period_id = buyer(officer, 0)
        addresses = [f"helper{number}@bench.example" for number in range(count)]
        named = [registration.create_user("A helper", address) for address in addresses]
        for address in addresses:
            authority = mandates.Authority(
                person_id,
                (address,),
                frozenset({MandateAction.ORDER}),
                today,
                today + timedelta(days=364),
            )
            mandates.grant(person, authority)
    return [(actor_of(each), ready_checkout(actor_of(each), person_id, pot_period_id, offered)) for each in named]


def listing_organisation(listing_id: int) -> int:
    from catalogue.queries.listings import offer_for

    return offer_for([listing_id])[listing_id].organisation_id


def ready_checkouts(count: int) -> list[tuple[Actor, int]]:
    """`count` buyers, each with a checkout that is ready to place."""
    with transaction():
        officer = finance_officer()
        offered = listing(1)
        buyers = [buyer(officer, number) for number in range(count)]
    return [
        (actor, ready_checkout(actor, person_id, pot_period_id, offered)) for actor, person_id, pot_period_id in buyers
    ]
