"""Somebody says that a listing is wrong: the operator is told."""

from email.utils import parseaddr

from flask import current_app

from catalogue.queries.listings import get_listing
from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.accounts.queries import list_organisations, list_users_of
from marketplace.audit.services import record
from marketplace.config import Settings
from marketplace.database import transaction
from marketplace.outbox.email import queue_email


def report_listing(actor: Actor, listing_id: int, *, reason: str, words: str, email: str | None) -> None:
    """Write to everybody who works for the operator. Raises ListingNotFound for what not everybody may know of.

    Without an operator in the database the letter goes to the installation's own address.
    """
    settings: Settings = current_app.extensions["settings"]
    listing = get_listing(listing_id)
    operators = list_organisations(OrganisationKind.OPERATOR)
    addresses = {user.email for row in operators for user in list_users_of(row.id, Role.OPERATOR)}
    addresses = addresses or {parseaddr(settings.mail_from)[1]}
    body = (
        f"Somebody reports a listing.\n\n"
        f"{listing.title}, by {listing.provider_name}\n{settings.public_url}/listing/{listing_id}\n\n"
        f"About: {reason}\n\n{words}\n\nAnswer to: {email or 'no address was given'}\n"
    )
    with transaction():
        for address in sorted(addresses):
            queue_email(address, f"A report about listing {listing_id}", body)
        record(
            "listing.report",
            "listing",
            listing_id,
            actor_user_id=actor.user_id,
            organisation_id=listing.organisation_id,
            about=reason,
        )
