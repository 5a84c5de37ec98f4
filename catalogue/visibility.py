"""Who may see a listing, and why it cannot be seen or ordered. Pure."""

from catalogue.domain import ListingState, ProviderState

PUBLIC_PROVIDERS = frozenset({ProviderState.APPROVED, ProviderState.UNCLAIMED})
_NEVER_SHOWN = frozenset({ListingState.DRAFT, ListingState.WAITING})


def is_public(listing: ListingState, provider: ProviderState) -> bool:
    """Whether everybody may see it, in lists and on its page."""
    return listing is ListingState.PUBLISHED and provider in PUBLIC_PROVIDERS


def was_public(listing: ListingState, provider: ProviderState, *, published_before: bool) -> bool:
    """Whether everybody may know that it existed: it was shown once, and its provider was let in once."""
    if provider in (ProviderState.APPLIED, ProviderState.REFUSED) or not published_before:
        return False
    return listing not in _NEVER_SHOWN


def why_not_public(listing: ListingState, provider: ProviderState, provider_name: str) -> str | None:
    """Why everybody cannot see it, in a sentence; None when they can."""
    if provider not in PUBLIC_PROVIDERS:
        return f"{provider_name} cannot take orders through this site at the moment."
    match listing:
        case ListingState.PUBLISHED:
            return None
        case ListingState.PAUSED:
            return f"{provider_name} is not taking new orders for this at the moment."
        case ListingState.WITHDRAWN:
            return f"{provider_name} no longer offers this."
        case ListingState.GONE:
            return "This is no longer in the public list that it came from."
        case ListingState.REFUSED:
            return "This was taken off the site after a check."
        case _:
            return "This is not open to everybody yet."


def why_not_ordered(
    listing: ListingState, provider: ProviderState, provider_name: str, *, price_pence: int | None, is_paid_here: bool
) -> str | None:
    """Why it cannot be put in a basket, in a sentence; None when it can.

    `is_paid_here` is false when it accepts no way of paying at all.
    """
    reason = why_not_public(listing, provider, provider_name)
    if reason is not None:
        return reason
    if provider is ProviderState.UNCLAIMED:
        return f"{provider_name} has not joined this site yet. Get in touch with them yourself."
    if price_pence is None:
        return f"{provider_name} gives a price when you ask. Get in touch with them first."
    if not is_paid_here:
        return f"{provider_name} does not take orders for this here. Get in touch with them yourself."
    return None
