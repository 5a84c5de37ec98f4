"""Which categories of the catalogue (their slugs) a published kind of service belongs to."""

import re
from collections.abc import Iterable

PLACES_TO_LIVE, RESIDENTIAL_HOMES, NURSING_HOMES = "places-to-live", "residential-homes", "nursing-homes"
HOME_CARE, SUPPORTED_LIVING = "home-care", "supported-living"
LIBRARIES, PHARMACIES, FOOD_BANKS = "libraries", "pharmacies", "food-banks"
MENTAL_HEALTH, SPORT_LEISURE, COMMUNITY_HUBS = "mental-health", "sport-leisure", "community-hubs"

# Service types of the Care Quality Commission's directory that are care or support, by `casefold`.
_BY_SERVICE_TYPE: dict[str, tuple[str, ...]] = {
    "residential homes": (RESIDENTIAL_HOMES,),
    "nursing homes": (NURSING_HOMES,),
    "care home service without nursing": (RESIDENTIAL_HOMES,),
    "care home service with nursing": (NURSING_HOMES,),
    "homecare agencies": (HOME_CARE,),
    "domiciliary care service": (HOME_CARE,),
    "supported living": (SUPPORTED_LIVING,),
    "supported living service": (SUPPORTED_LIVING,),
    "supported housing": (SUPPORTED_LIVING,),
    "shared lives": (PLACES_TO_LIVE,),
    "extra care housing services": (SUPPORTED_LIVING,),
    "extra care housing": (SUPPORTED_LIVING,),
    "education disability services": (),
    "community services - learning disabilities": (),
    "nurses agency": (HOME_CARE,),
}

_KINDS_OF_HOME = frozenset({RESIDENTIAL_HOMES, NURSING_HOMES, SUPPORTED_LIVING})

# Names say something of the kind, in this order; a name may say several.
_BY_NAME_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"nursing (care )?homes?\b", (NURSING_HOMES,)),
    (
        r"residential( care)? homes?\b|(rest|retirement) homes?\b|residential care\b|care homes? for the elderly",
        (RESIDENTIAL_HOMES,),
    ),
    (r"care ?homes?\b|care cent(re|er)s?\b", (PLACES_TO_LIVE,)),
    (
        r"home ?care\b|domiciliary|care (and support )?(services? )?at home|(help|support) at home|home support|"
        r"home help|@ ?home",
        (HOME_CARE,),
    ),
    (r"supported (living|tenanc|housing)|independent living|community living", (SUPPORTED_LIVING,)),
    (r"shared lives|adult placement", (PLACES_TO_LIVE,)),
)


def is_care(service_types: Iterable[str]) -> bool:
    """Whether any of a location's service types is care or support, rather than a dentist or a hospital."""
    return any(kind.casefold() in _BY_SERVICE_TYPE for kind in service_types)


def categories_of_service_types(service_types: Iterable[str]) -> tuple[str, ...]:
    """("Nursing homes", "Homecare agencies") gives ("nursing-homes", "home-care"): the first is the main one."""
    return _once(slug for kind in service_types for slug in _BY_SERVICE_TYPE.get(kind.casefold(), ()))


def categories_of_name(name: str) -> tuple[str, ...]:
    """What the words of a name say: "Safe Hands Home Care Limited" gives ("home-care",); () when they say nothing."""
    plain = " ".join(name.casefold().replace("-", " ").split())
    return _once(slug for pattern, slugs in _BY_NAME_WORDS if re.search(pattern, plain) for slug in slugs)


def _once(slugs: Iterable[str]) -> tuple[str, ...]:
    """Each slug once; the broad one goes where a narrower one says more."""
    found = tuple(dict.fromkeys(slugs))
    narrow = tuple(slug for slug in found if slug != PLACES_TO_LIVE)
    return narrow if any(slug in _KINDS_OF_HOME for slug in narrow) else found
