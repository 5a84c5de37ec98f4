"""Roles and kinds fit together, and an e-mail address is one address."""

import pytest

from marketplace.accounts.domain import (
    ROLES_OF_KIND,
    WHO_MANAGES_PEOPLE,
    WORDS_OF_KIND,
    WORDS_OF_ROLE,
    Actor,
    MembershipView,
    OrganisationKind,
    Role,
    clean_email,
)
from marketplace.kernel.errors import DomainError


def test_every_role_belongs_to_a_kind_and_has_words() -> None:
    assert set().union(*ROLES_OF_KIND.values()) == set(Role) == set(WORDS_OF_ROLE)
    assert set(ROLES_OF_KIND) == set(WHO_MANAGES_PEOPLE) == set(WORDS_OF_KIND) == set(OrganisationKind)


def test_who_manages_people_can_be_a_member_and_never_handles_a_councils_money() -> None:
    assert all(role in ROLES_OF_KIND[kind] for kind, role in WHO_MANAGES_PEOPLE.items())
    assert WHO_MANAGES_PEOPLE[OrganisationKind.COUNCIL] is not Role.COUNCIL_FINANCE


@pytest.mark.parametrize("email", ["a@b.example", " A.B@C.Example ", "o'neil+care@example.co.uk", "x_y-z@a-b.example"])
def test_an_address_is_kept_in_small_letters(email: str) -> None:
    assert clean_email(email) == email.strip().lower()


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "a@b",
        "a@b@c.example",
        "a b@c.example",
        "a,b@c.example",
        "<a@c.example>",
        '"a"@c.example',
        "a@c.example\nBcc: d@e.example",
        ".a@c.example",
        "a..b@c.example",
        "a@.example",
        "é@example.org",
        "a" * 250 + "@b.example",
    ],
)
def test_what_is_not_one_plain_address_is_refused(email: str) -> None:
    with pytest.raises(DomainError) as refusal:
        clean_email(email)
    assert refusal.value.field == "email"


def test_an_actor_knows_organisations_and_councils_by_role() -> None:
    actor = Actor(
        1,
        "A",
        "a@b.example",
        (
            MembershipView(7, "Finance team", OrganisationKind.COUNCIL, 3, Role.COUNCIL_FINANCE),
            MembershipView(8, "Dales", OrganisationKind.PROVIDER, None, Role.PROVIDER),
        ),
    )
    assert actor.organisation_ids(Role.PROVIDER) == (8,)
    assert actor.council_ids(Role.COUNCIL_FINANCE, Role.PROVIDER) == (3,)
    assert not actor.has(Role.OPERATOR) and actor.has(Role.OPERATOR, Role.PROVIDER)
