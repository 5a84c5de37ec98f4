"""Who is named in a mandate: named by whoever may grant it, taken out by whoever may end it, or by themselves.

Those named name nobody. Under any other legal basis than the person's agreement a further name is a grant of its own,
which an officer writes down and a second one confirms.
"""

from sqlalchemy import delete, insert

from budgets.constraints import named_constraints
from budgets.domain import LegalBasis
from budgets.models import MandateStaff
from budgets.queries.mandates import MandateLine, get_mandate, get_mandate_for, is_officer
from budgets.services import mandate_letters as letters
from budgets.services import mandates
from budgets.services.mandate_record import record_act
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import actor_of, find_user_by_email
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel.errors import DomainError, NotFound


def add_staff(actor: Actor, mandate_id: int, email: str) -> None:
    """The person names somebody else in what they agreed to, at once. Raises NotFound, DomainError on `email`."""
    mandate = get_mandate_for(actor, mandate_id)
    if not can_add(actor, mandate):
        raise NotFound
    with transaction(), named_constraints():
        if len(mandate.staff) >= mandates.MOST_STAFF:
            raise DomainError(f"Name {mandates.MOST_STAFF} people or fewer", field="email")
        user = find_user_by_email(email.strip().lower())
        if user is None or user.verified_at is None:
            raise DomainError(
                f"There is no account yet with the email address {email.strip()}. Ask them to make one first.",
                field="email",
            )
        if user.id in mandate.everybody_named:
            raise DomainError(f"{user.name} is named already", field="email")
        if user.id == mandate.person_user_id:
            raise DomainError("Name somebody other than yourself", field="email")
        if mandate.organisation_id is not None and not mandates.works_for(actor_of(user.id), mandate.organisation_id):
            raise DomainError(
                f"{user.name} does not work for {mandate.organisation_name}. Let them act for you in a new one.",
                field="email",
            )
        db.session.execute(insert(MandateStaff).values(mandate_id=mandate_id, user_id=user.id))
        record_act(actor, mandate, "mandate.add_staff", user_id=user.id)
        letters.granted(get_mandate(mandate_id), only=user.id)


def remove_staff(actor: Actor, mandate_id: int, user_id: int) -> None:
    """Somebody named may no longer act from now on; without anybody left the mandate ends.

    The person takes out of their agreement whom they want, an officer of the council anybody, and those named
    themselves. Raises NotFound for anybody else, and for somebody not named.
    """
    mandate = get_mandate_for(actor, mandate_id)
    if user_id not in mandate.everybody_named or not can_remove(actor, mandate, user_id):
        raise NotFound
    with transaction():
        if mandate.staff_ids == {user_id}:
            mandates.end(actor, mandate_id, reason="Nobody is named in it any more")
            return
        removed = rows_changed(
            delete(MandateStaff).where(MandateStaff.mandate_id == mandate_id, MandateStaff.user_id == user_id)
        )
        if removed:
            record_act(actor, mandate, "mandate.remove_staff", user_id=user_id)
            letters.left(mandate, user_id)


def can_add(actor: Actor, mandate: MandateLine) -> bool:
    """Whether `add_staff` would do it."""
    return (
        mandate.is_open
        and actor.user_id is not None
        and mandate.person_user_id == actor.user_id
        and mandate.legal_basis is LegalBasis.AGREEMENT
    )


def can_remove(actor: Actor, mandate: MandateLine, user_id: int) -> bool:
    """Whether `remove_staff` would do it."""
    is_self = actor.user_id is not None and actor.user_id == user_id
    return mandate.is_open and (is_self or can_add(actor, mandate) or is_officer(actor, mandate.council_id))
