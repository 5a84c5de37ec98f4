"""How acts upon a mandate are written into the record: for whom, under which mandate, of which council."""

from budgets.queries.mandates import MandateLine
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record


def record_act(
    actor: Actor, mandate: MandateLine, action: str, *, reason: str | None = None, **details: int | str | None
) -> None:
    """One act upon a mandate, in the transaction that it belongs to."""
    record(
        action,
        "mandate",
        mandate.id,
        actor_user_id=actor.user_id,
        person_id=mandate.person_id,
        mandate_id=mandate.id,
        organisation_id=mandate.organisation_id,
        council_id=mandate.council_id,
        reason=reason,
        **details,
    )
