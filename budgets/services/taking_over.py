"""When a mandate that was written for a hand-over begins to count: the old one ends, and work goes along."""

from sqlalchemy import select, update

from budgets import ports
from budgets.models import HandOver, Mandate, MandateStaff
from budgets.queries.mandates import get_mandate
from budgets.services import mandate_letters as letters
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed


def take_over(actor: Actor, new_mandate_id: int) -> None:
    """End the mandate that a new one replaces, in the open transaction in which the new one begins to count.

    Nothing for a mandate that no hand-over wrote, and for a stand-in's. Raises NotAllowed while the old one is paused:
    what was stopped does not go on under another name.
    """
    found = db.session.execute(select(HandOver).where(HandOver.new_mandate_id == new_mandate_id)).scalar_one_or_none()
    if found is None:
        return
    ended_at, suspended_at = db.session.execute(
        select(Mandate.ended_at, Mandate.suspended_at).where(Mandate.id == found.mandate_id).with_for_update()
    ).one()
    if ended_at is None and suspended_at is not None:
        raise NotAllowed("The authority of now is paused by the council. It cannot be handed over until it goes on.")
    if found.starts_on is not None:
        return
    old, new = get_mandate(found.mandate_id), get_mandate(new_mandate_id)
    if found.with_basket:
        named = db.session.scalars(select(MandateStaff.user_id).where(MandateStaff.mandate_id == old.id)).all()
        ports.hand_on_baskets(old.person_id, named, found.to_user_id)
    if ended_at is not None:
        return
    reason = f"{new.staff_names} takes over"
    db.session.execute(
        update(Mandate)
        .where(Mandate.id == old.id)
        .values(ended_at=clock.now(), ended_by_user_id=actor.user_id, end_reason=reason)
    )
    record(
        "mandate.end",
        "mandate",
        old.id,
        actor_user_id=actor.user_id,
        person_id=old.person_id,
        mandate_id=old.id,
        organisation_id=old.organisation_id,
        council_id=old.council_id,
        reason=reason,
        replaced_by=new_mandate_id,
    )
    letters.ended(old, reason)
