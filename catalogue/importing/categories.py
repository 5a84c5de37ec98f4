"""Which categories of the catalogue a published kind of service belongs to. Slugs, parent before child."""

import re
from collections.abc import Iterable

CARE_HOMES, RESIDENTIAL_HOMES, NURSING_HOMES = "care-homes", "residential-homes", "nursing-homes"
HOME_CARE, SUPPORTED_LIVING, SHARED_LIVES, EXTRA_CARE = (
    "home-care",
    "supported-living",
    "shared-lives",
    "extra-care-housing",
)
LIBRARIES, PHARMACIES, FOOD_BANKS = "libraries", "pharmacies", "food-banks"
MENTAL_HEALTH, LEISURE_CENTRES, COMMUNITY_HUBS = "mental-health", "leisure-centres", "community-hubs"

# Service types of the Care Quality Commission's directory that are care or support, by `casefold`.
_BY_SERVICE_TYPE: dict[str, tuple[str, ...]] = {
    "residential homes": (CARE_HOMES, RESIDENTIAL_HOMES),
    "nursing homes": (CARE_HOMES, NURSING_HOMES),
    "care home service without nursing": (CARE_HOMES, RESIDENTIAL_HOMES),
    "care home service with nursing": (CARE_HOMES, NURSING_HOMES),
    "homecare agencies": (HOME_CARE,),
    "domiciliary care service": (HOME_CARE,),
    "supported living": (SUPPORTED_LIVING,),
    "supported living service": (SUPPORTED_LIVING,),
    "supported housing": (SUPPORTED_LIVING,),
    "shared lives": (SHARED_LIVES,),
    "extra care housing services": (EXTRA_CARE,),
    "extra care housing": (EXTRA_CARE,),
    "education disability services": (),
    "community services - learning disabilities": (),
    "nurses agency": (HOME_CARE,),
}

# Names say something of the kind, in this order; a name may say several.
_BY_NAME_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"nursing (care )?homes?\b", (CARE_HOMES, NURSING_HOMES)),
    (
        r"residential( care)? homes?\b|(rest|retirement) homes?\b|residential care\b|care homes? for the elderly",
        (CARE_HOMES, RESIDENTIAL_HOMES),
    ),
    (r"care ?homes?\b|care cent(re|er)s?\b", (CARE_HOMES,)),
    (
        r"home ?care\b|domiciliary|care (and support )?(services? )?at home|(help|support) at home|home support|"
        r"home help|@ ?home",
        (HOME_CARE,),
    ),
    (r"supported (living|tenanc|housing)|independent living|community living", (SUPPORTED_LIVING,)),
    (r"shared lives|adult placement", (SHARED_LIVES,)),
)


def is_care(service_types: Iterable[str]) -> bool:
    """Whether any of a location's service types is care or support, rather than a dentist or a hospital."""
    return any(kind.casefold() in _BY_SERVICE_TYPE for kind in service_types)


def categories_of_service_types(service_types: Iterable[str]) -> tuple[str, ...]:
    """("Nursing homes", "Homecare agencies") gives ("care-homes", "nursing-homes", "home-care")."""
    return _once(slug for kind in service_types for slug in _BY_SERVICE_TYPE.get(kind.casefold(), ()))


def categories_of_name(name: str) -> tuple[str, ...]:
    """What the words of a name say: "Safe Hands Home Care Limited" gives ("home-care",); () when they say nothing."""
    plain = " ".join(name.casefold().replace("-", " ").split())
    return _once(slug for pattern, slugs in _BY_NAME_WORDS if re.search(pattern, plain) for slug in slugs)


def _once(slugs: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(slugs))
