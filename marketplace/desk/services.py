"""Use cases of the desk that belong to no package below it."""

from dataclasses import dataclass

from marketplace.accounts.commands import OrganisationDetails
from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.accounts.queries import get_council, list_organisations_of_council
from marketplace.accounts.services import invitations, organisations
from marketplace.audit.services import record
from marketplace.database import transaction
from marketplace.kernel.errors import NotFound
from marketplace.outbox import services as outbox


@dataclass(frozen=True)
class NewCouncil:
    """A council that begins, and the first of its finance team."""

    council_id: int
    phone: str | None
    member_name: str
    member_email: str


def join_council(actor: Actor, command: NewCouncil) -> int:
    """The council uses the marketplace from now on, and its first finance user is invited; answers its team's id.

    A council that has a team already keeps it; only the invitation is new. Raises NotFound, DomainError.
    """
    _check_operator(actor)
    council = get_council(command.council_id)
    with transaction():
        teams = list_organisations_of_council(command.council_id, OrganisationKind.COUNCIL)
        if teams:
            organisation_id = teams[0].id
        else:
            details = OrganisationDetails(name=f"{council.name}, adult social care", phone=command.phone)
            organisation_id = organisations.create_organisation(
                actor, OrganisationKind.COUNCIL, details, council_id=command.council_id
            )
        organisations.join_council(actor, command.council_id, phone=command.phone)
        invitations.invite(
            actor,
            organisation_id,
            name=command.member_name,
            email=command.member_email,
            role=Role.COUNCIL_FINANCE,
        )
    return organisation_id


def try_again(actor: Actor, row_id: int) -> None:
    """Have work that was given up tried again. Raises NotFound when there is none such any more."""
    _check_operator(actor)
    with transaction():
        if not outbox.try_again(row_id):
            raise NotFound()
        record("work.try_again", "outbox_row", row_id, actor_user_id=actor.user_id)


def _check_operator(actor: Actor) -> None:
    if not actor.has(Role.OPERATOR):
        raise NotFound()
