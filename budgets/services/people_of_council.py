"""Whose budget is set up: the person whom the council knows, the one of an account, or a new one."""

from sqlalchemy import or_, update

from budgets.commands import SetUpBudget
from budgets.models import Person
from budgets.queries.people import find_person_by_reference, find_person_of_user, names_in_books, small_names
from budgets.services.people import create_person
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import find_user_by_email
from marketplace.database import rows_changed
from marketplace.kernel.errors import DomainError


def person_for(actor: Actor, command: SetUpBudget) -> int:
    """The person's id, in the open transaction. Raises DomainError on the field that has to change."""
    if not command.person_reference.strip():
        raise DomainError("Enter the council’s reference of the person", field="person_reference")
    known = find_person_by_reference(command.council_id, command.person_reference.strip())
    if known is not None:
        if not small_names(command.person_name) <= names_in_books(known.id):
            raise DomainError(
                "This reference belongs to somebody with another name. Check the reference and the name.",
                field="person_name",
            )
        return known.id
    if command.account_email:
        return _person_of_account(command)
    return create_person(
        actor,
        name=command.person_name,
        postcode=command.postcode,
        council_id=command.council_id,
        council_reference=command.person_reference.strip(),
    )


def _person_of_account(command: SetUpBudget) -> int:
    """The person who signs in with the address, if name and council agree; it keeps the council's reference."""
    user = find_user_by_email(command.account_email or "")
    person = find_person_of_user(user.id) if user is not None and user.verified_at is not None else None
    if person is None:
        raise DomainError("Nobody who buys has an account with this email address.", field="account_email")
    if person.name.casefold() != " ".join(command.person_name.split()).casefold():
        raise DomainError("This account is in another name. Check the name and the address.", field="account_email")
    taken = rows_changed(
        update(Person)
        .where(
            Person.id == person.id,
            Person.council_reference.is_(None),
            or_(Person.council_id.is_(None), Person.council_id == command.council_id),
        )
        .values(council_id=command.council_id, council_reference=command.person_reference.strip())
    )
    if not taken:
        raise DomainError(
            "This account belongs to somebody of another council, or with another reference.", field="account_email"
        )
    return person.id
