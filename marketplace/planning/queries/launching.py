"""From a council's case system to a person here, and back."""

from budgets.domain import MandateAction, PersonView
from budgets.queries.finance import newest_budget_of
from budgets.queries.people import find_by_council_reference, reference_in
from marketplace.accounts.council_logins import find_by_council
from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.kernel.errors import NotFound
from marketplace.planning.queries.rights import get_rights


def person_for(actor: Actor, reference: str) -> tuple[PersonView, int | None]:
    """The person of a council's own reference, for its staff, and the budget that stands for them.

    Whoever may read the person's pages gets no budget: their page is meant. Finance and auditors, who may not, get the
    person's newest budget. Raises NotFound for everybody else, whether or not there is such a person.
    """
    person = find_by_council_reference(_councils_of(actor), reference)
    if person is None:
        raise NotFound
    try:
        get_rights(actor, person.id, MandateAction.READ_BUDGET, MandateAction.READ_PLAN)
    except NotFound:
        budget_id = newest_budget_of(actor, person.id) if actor.has(Role.COUNCIL_FINANCE, Role.AUDITOR) else None
        if budget_id is None:
            raise
        return person, budget_id
    return person, None


def case_address(actor: Actor, person: PersonView) -> str | None:
    """Where the council's case system shows the person, for staff of that council; None where it has not said."""
    if person.council_id is None or person.council_id not in _councils_of(actor):
        return None
    login = find_by_council(person.council_id)
    reference = reference_in(person.id) if login is not None and login.person_url else None
    return login.person_address(reference) if login is not None and reference else None


def _councils_of(actor: Actor) -> frozenset[int]:
    return frozenset(
        m.council_id for m in actor.memberships if m.kind is OrganisationKind.COUNCIL and m.council_id is not None
    )
