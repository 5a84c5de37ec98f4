"""Organisations that hold individual service funds."""

from marketplace.accounts.domain import OrganisationKind
from marketplace.accounts.queries import search_organisations

_HOLDERS = (OrganisationKind.PROVIDER, OrganisationKind.SUPPORT)


def find_isf_holder(name: str) -> int | None:
    """The one provider or support organisation of exactly this name, whatever its capitals."""
    wanted = " ".join(name.split())
    candidates = (each for each in search_organisations(wanted) if each.kind in _HOLDERS)
    found = [each.id for each in candidates if each.name.casefold() == wanted.casefold()]
    return found[0] if len(found) == 1 else None
