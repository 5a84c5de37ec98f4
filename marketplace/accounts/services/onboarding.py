"""Bring a council, a support organisation or an access point onto the site."""

from marketplace.accounts.commands import NewOrganisation
from marketplace.accounts.domain import WHO_MANAGES_PEOPLE, Actor, OrganisationKind
from marketplace.accounts.services import invitations, organisations
from marketplace.database import transaction


def set_up(actor: Actor, command: NewOrganisation) -> int:
    """Set up an organisation and invite its first member, who may invite the others. A team brings its council in.

    Answers the organisation's id. For the operator. Raises NotFound, DomainError.
    """
    with transaction():
        organisation_id = organisations.create_organisation(
            actor, command.kind, command.details, council_id=command.council_id
        )
        if command.kind is OrganisationKind.COUNCIL and command.council_id is not None:
            organisations.join_council(actor, command.council_id, phone=command.details.phone)
        invitations.invite(
            actor,
            organisation_id,
            name=command.member_name,
            email=command.member_email,
            role=WHO_MANAGES_PEOPLE[command.kind],
        )
    return organisation_id
