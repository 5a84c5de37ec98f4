"""Organisations that hold individual service funds."""

from marketplace.accounts.domain import OrganisationKind
from marketplace.accounts.queries import search_organisations

_HOLDERS = (OrganisationKind.PROVIDER, OrganisationKind.SUPPORT)


def find_isf_holder(name: str) -> int | None:
    """The one provider or support organisation of exactly this name, whatever its capitals."""
    wanted = " ".join(name.split())
    found = [o.id for o in search_organisations(wanted) if o.kind in _HOLDERS and o.name.casefold() == wanted.casefold()]
    return found[0] if len(found) == 1 else None
