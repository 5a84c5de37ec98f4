"""The demo's organisations with their staff, and the people who need support, with what they want from it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from budgets.domain import OutcomeView
from budgets.services.outcomes import put_outcomes
from budgets.services.people import create_person, ensure_person_for_user
from marketplace.accounts.domain import SYSTEM, JoinedAs, OrganisationKind, Role
from marketplace.accounts.queries import find_council_by_gss
from marketplace.accounts.services import organisations, registration
from marketplace.accounts.services.organisations import OrganisationDetails
from marketplace.database import transaction
from marketplace.demo.cast import CAST
from marketplace.demo.folk import DARLINGTON, DURHAM, Folk, first_part, home_of, reference_of
from marketplace.demo.goals import WORDS
from marketplace.demo.names import invented
from marketplace.kernel.money import parse_pounds
from marketplace.kernel.rails import Rail

NAMES = {part.email.partition("@")[0]: part.name for part in CAST} | {
    "leda": "Leda Evenhand",
    "stanley": "Stanley Countwell",
    "hamish": "Hamish Kindlysides",
    "verity": "Verity Safewell",
    "augusta": "Augusta Checkley",
    "dorothea": "Dorothea Minsterfield",
    "gilbert": "Gilbert Castlemoor",
    "winnie": "Winnie Pitshaft",
    "bede": "Bede Wearbank",
    "elvet": "Elvet Palatine",
    "otto": "Otto Stallholder",
    "owen": "Owen Steadfast",
    "bryony": "Bryony Candlewick",
    "ivor": "Ivor Fundholm",
    "nora": "Nora Pursewell",
}
"""Names by the first part of the address, of everybody who works for one of these."""

FUND_HOLDER = "Wheelhouse Individual Funds"
"""Holds the individual service funds of Darlington, and settles them."""

TEAMS: tuple[tuple[str, OrganisationKind, str | None, tuple[tuple[str, Role], ...]], ...] = (
    (
        "Darlington adult social care",
        OrganisationKind.COUNCIL,
        DARLINGTON,
        (
            ("colin", Role.COMMISSIONER),
            ("farah", Role.COUNCIL_FINANCE),
            ("stanley", Role.COUNCIL_FINANCE),
            ("sadie", Role.SOCIAL_WORKER),
            ("hamish", Role.SOCIAL_WORKER),
            ("verity", Role.SAFEGUARDING_LEAD),
            ("augusta", Role.AUDITOR),
        ),
    ),
    (
        "County Durham adult social care",
        OrganisationKind.COUNCIL,
        DURHAM,
        (
            ("dorothea", Role.COMMISSIONER),
            ("gilbert", Role.COUNCIL_FINANCE),
            ("winnie", Role.COUNCIL_FINANCE),
            ("bede", Role.SOCIAL_WORKER),
            ("elvet", Role.SOCIAL_WORKER),
        ),
    ),
    (
        "The operator of this site",
        OrganisationKind.OPERATOR,
        None,
        (("olive", Role.OPERATOR), ("otto", Role.OPERATOR)),
    ),
    (
        "Steady Hand Brokerage",
        OrganisationKind.SUPPORT,
        None,
        (
            ("priya", Role.BUDGET_MANAGER),
            ("owen", Role.BUDGET_MANAGER),
            ("bryony", Role.BUDGET_MANAGER),
            ("leda", Role.TEAM_LEAD),
        ),
    ),
    (
        FUND_HOLDER,
        OrganisationKind.SUPPORT,
        None,
        (("ivor", Role.FUND_FINANCE), ("nora", Role.FUND_FINANCE)),
    ),
    ("Darlington Library", OrganisationKind.ACCESS_POINT, None, (("libby", Role.ACCESS_POINT_WORKER),)),
)

OTHERS_IN_DARLINGTON, OTHERS_IN_DURHAM, SELF_FUNDERS, WITHOUT_ACCOUNT = 70, 10, 8, 20
"""All others are Bryony's, who so has eighty people; the first of them do not sign in."""
DURHAM_POSTCODES = ("DH1 3NJ", "DH7 8XL", "DL14 6QG", "DL16 6QA", "SR8 1AA")
EDITH_LIVES = "DL3 7TX"


@dataclass(frozen=True)
class Life:
    """Somebody with a budget: who helps them, how it is paid, how much it is, and what they want from it."""

    name: str
    helper: str | None
    signs_in: bool
    rail: Rail
    pot: str
    pence: int
    goals: tuple[str, ...]
    review_in_days: int
    mandate_ends_in_days: int = 150
    council: str = DARLINGTON


def lives() -> Iterator[Life]:
    """Everybody whose budget is set up alike: those of the packaged table, then the others of the two councils."""
    text = resources.files("marketplace.demo").joinpath("data/people.psv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="|"):
        yield Life(
            name=row["name"],
            helper=row["helper"] or None,
            signs_in=bool(row["signs_in"]),
            rail=Rail(row["rail"]),
            pot=row["pot"],
            pence=parse_pounds(row["pounds"]),
            goals=tuple(row["goals"].split(",")),
            review_in_days=int(row["review_in_days"]),
            mandate_ends_in_days=int(row["mandate_ends_in_days"] or 150),
        )
    yield from _others()


USUAL = ("home-care", "meals", "companionship", "day-opportunities")
_BESIDE = ("sport-leisure", "respite", "cleaning-laundry", "equipment", "technology", "mental-health")


def _others() -> Iterator[Life]:
    for number, name in enumerate(invented(OTHERS_IN_DARLINGTON + OTHERS_IN_DURHAM)):
        in_darlington = number < OTHERS_IN_DARLINGTON
        yield Life(
            name=name,
            helper="bryony",
            signs_in=number >= WITHOUT_ACCOUNT,
            rail=Rail.COUNCIL_MANAGED,
            pot=("Support", "Personal budget", "Support at home")[number % 3],
            pence=(2_400_00, 3_600_00, 5_200_00, 4_100_00, 2_900_00)[number % 5],
            goals=(*(goal for place, goal in enumerate(USUAL) if place != number % 4), _BESIDE[number % len(_BESIDE)]),
            review_in_days=20 + (number * 37) % 300,
            mandate_ends_in_days=12 + (number * 29) % 330,
            council=DARLINGTON if in_darlington else DURHAM,
        )


def found(providers: dict[str, int], postcodes: list[str]) -> Folk:
    """Councils joined, teams and their staff, the providers' people, and everybody who needs support, each once."""
    folk = Folk(organisations=dict(providers))
    with transaction():
        for gss, phone in ((DARLINGTON, "01632 960 201"), (DURHAM, "01632 960 202")):
            council = find_council_by_gss(gss)
            if council is None:
                raise LookupError(f"the council {gss} is missing from the reference data")
            organisations.join_council(SYSTEM, council.id, phone=phone)
            folk.councils[gss] = council.id
        for number, (name, kind, council_gss, staff) in enumerate(TEAMS):
            organisation_id = organisations.create_organisation(
                SYSTEM,
                kind,
                OrganisationDetails(
                    name=name, email=f"{first_part(name)}@demo.example", phone=f"01632 960 {210 + number}"
                ),
                council_id=folk.councils[council_gss] if council_gss else None,
            )
            folk.organisations[f"{name} ({kind})"] = organisation_id
            for user, role in staff:
                folk.users[user] = _user(user, NAMES[user])
                organisations.add_member(SYSTEM, organisation_id, folk.users[user], role)
        _provider_members(folk, providers)
        _cast_as_people(folk, postcodes)
        for number, life in enumerate(lives()):
            _person(folk, life, postcodes, number)
    return folk


def _user(user: str, name: str, joined_as: JoinedAs | None = None) -> int:
    return registration.create_user(name, f"{user}@demo.example", joined_as=joined_as)


def _provider_members(folk: Folk, providers: dict[str, int]) -> None:
    """One user for each invented provider, so that every order finds somebody to answer it."""
    for number, (name, organisation_id) in enumerate(providers.items()):
        user = first_part(name)
        if name == "Fern and Furrow":
            folk.users["fenella"] = folk.users[user] = _user("fenella", NAMES["fenella"], JoinedAs.PROVIDER)
        else:
            who = name if name in _OWN_NAMES else f"{_HELLO[number % len(_HELLO)]} of {name}"
            folk.users[user] = _user(user, who, JoinedAs.PROVIDER)
        organisations.add_member(SYSTEM, organisation_id, folk.users[user], Role.PROVIDER)


_HELLO = ("Della", "Robin", "Morwenna", "Tobias", "Isla", "Gwilym", "Petra", "Alasdair", "Sunniva", "Kofi", "Merle")
_OWN_NAMES = {
    "Marigold Pikestaff",
    "Barnaby Oxlip",
    "Tansy Wetherwood",
    "Jethro Larkspindle",
    "Clover Finchingale",
    "Rowan Applethwick",
    "Posy Brackenridge",
}


def _cast_as_people(folk: Folk, postcodes: list[str]) -> None:
    """Edith and Tomasz sign in; Grace signs in too, and her father Albert does not."""
    for user, postcode in (("edith", EDITH_LIVES), ("tomasz", postcodes[40])):
        folk.users[user] = _user(user, NAMES[user], JoinedAs.MYSELF)
        folk.people[NAMES[user]] = ensure_person_for_user(folk.users[user], postcode=postcode)
    folk.users["grace"] = _user("grace", NAMES["grace"], JoinedAs.HELPER)
    folk.people["Albert Oakenfold"] = create_person(
        SYSTEM,
        name="Albert Oakenfold",
        postcode=postcodes[80],
        council_id=folk.councils[DARLINGTON],
        council_reference=reference_of("Albert Oakenfold"),
        phone="01632 960 302",
        address="2 Larkspur Row, Darlington",
        notes_for_providers="Ring the bell twice and wait. Grace is on the telephone if Albert does not hear.",
    )
    goals = {
        NAMES["edith"]: ("gardening", "meals"),
        NAMES["tomasz"]: ("personal-assistants", "sport-leisure", "transport"),
        "Albert Oakenfold": ("personal-assistants", "companionship", "cleaning-laundry"),
    }
    for name, wanted in goals.items():
        put_outcomes(folk.people[name], _outcomes(wanted), actor_user_id=None)
    for number, name in enumerate(self_funders()):
        user = first_part(name)
        postcode = postcodes[(120 + number * 61) % len(postcodes)]
        folk.users[user] = _user(user, name, JoinedAs.MYSELF)
        folk.people[name] = ensure_person_for_user(folk.users[user], postcode=postcode)


def self_funders() -> list[str]:
    """People who buy with their own money, beside Edith."""
    return list(invented(OTHERS_IN_DARLINGTON + OTHERS_IN_DURHAM + SELF_FUNDERS))[-SELF_FUNDERS:]


def _person(folk: Folk, life: Life, postcodes: list[str], number: int) -> None:
    if life.council == DARLINGTON:
        postcode = postcodes[(number * 41 + 7) % len(postcodes)]
    else:
        postcode = DURHAM_POSTCODES[number % len(DURHAM_POSTCODES)]
    if life.signs_in:
        user = first_part(life.name)
        folk.users[user] = _user(user, life.name, JoinedAs.MYSELF)
        person_id = ensure_person_for_user(folk.users[user], postcode=postcode)
    else:
        phone, address = home_of(life.name)
        person_id = create_person(
            SYSTEM,
            name=life.name,
            postcode=postcode,
            council_id=folk.councils[life.council],
            council_reference=reference_of(life.name),
            phone=phone,
            address=address,
        )
    folk.people[life.name] = person_id
    put_outcomes(person_id, _outcomes(life.goals), actor_user_id=None)


def _outcomes(goals: tuple[str, ...]) -> list[OutcomeView]:
    return [OutcomeView(0, WORDS[goal], goal) for goal in goals]
