"""What forms hand over to services: frozen, checked for shape, not yet for sense."""

from dataclasses import dataclass

from marketplace.accounts.domain import JoinedAs, OrganisationKind


@dataclass(frozen=True)
class Registration:
    """What somebody typed to register."""

    name: str
    email: str
    password: str
    joined_as: JoinedAs
    agrees_to_terms: bool


@dataclass(frozen=True)
class OrganisationDetails:
    """What an organisation says of itself; `postcode` as `DL3 7TX`."""

    name: str
    email: str | None = None
    phone: str | None = None
    website: str | None = None
    address: str | None = None
    postcode: str | None = None


@dataclass(frozen=True)
class NewOrganisation:
    """An organisation that the operator sets up, and the first person to invite into it."""

    kind: OrganisationKind
    details: OrganisationDetails
    council_id: int | None
    member_name: str
    member_email: str
