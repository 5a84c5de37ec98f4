"""All that somebody may do for one person, read at once, for pages that show or hide parts."""

from dataclasses import dataclass

from budgets.domain import MandateAction, MandateView, PersonView
from budgets.queries.access import find_assistance, list_mandates_of
from budgets.queries.people import find_person
from budgets.words import possessive, short_name
from marketplace.accounts.domain import Actor
from marketplace.kernel.errors import NotFound


@dataclass(frozen=True)
class Rights:
    """What the reader may do for the person. Pages ask it what to show; services ask again before they act."""

    person: PersonView
    is_own: bool
    actions: frozenset[MandateAction]
    mandates: tuple[MandateView, ...] = ()
    assisted_organisation_id: int | None = None

    def may(self, action: MandateAction) -> bool:
        return action in self.actions

    @property
    def money(self) -> bool:
        return self.may(MandateAction.READ_BUDGET)

    @property
    def plan(self) -> bool:
        return self.may(MandateAction.READ_PLAN)

    @property
    def write_plan(self) -> bool:
        return self.may(MandateAction.WRITE_PLAN)

    @property
    def order(self) -> bool:
        return self.may(MandateAction.ORDER)

    @property
    def name(self) -> str:
        """What to call the person in a sentence to somebody else."""
        return short_name(self.person.name)

    @property
    def whose(self) -> str:
        """`Your` or `Margaret’s`."""
        return "Your" if self.is_own else possessive(self.person.name)

    @property
    def mandate_id(self) -> int | None:
        """The mandate that the record names: the one that ends last."""
        return max(self.mandates, key=lambda m: (m.ends_on, m.id)).id if self.mandates else None


def get_rights(actor: Actor, person_id: int, *any_of: MandateAction) -> Rights:
    """The actor's rights, when they have at least one of `any_of`: as the person, under live mandates, or with them.

    Raises NotFound otherwise, whether or not there is such a person.
    """
    person = find_person(person_id) if actor.user_id is not None else None
    if person is None:
        raise NotFound
    if person.user_id == actor.user_id:
        return Rights(person, True, frozenset(MandateAction))
    mandates = tuple(m for m in list_mandates_of(actor, person_id=person_id) if m.actions)
    actions: frozenset[MandateAction] = frozenset().union(*(m.actions for m in mandates))
    assistance = find_assistance(actor, person_id)
    if assistance is not None:
        actions |= assistance.actions
    if not actions & frozenset(any_of):
        raise NotFound
    return Rights(person, False, actions, mandates, assistance.organisation_id if assistance else None)
