"""A council's finance team for tests, and what it does with budgets."""

from dataclasses import replace
from datetime import timedelta

from budgets.checks import run
from budgets.commands import ChangeAllocation, SetUpBudget
from budgets.queries.finance import get_budget_for
from budgets.services import finance
from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from tests.factories.accounts import OrganisationFactory, council, user_with_role


class Finance:
    """Two people of Darlington's finance team, an auditor, and finance of another council."""

    def __init__(self) -> None:
        with transaction():
            self.council_id = council().id
            team = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=self.council_id)
            self.user_ids = [user_with_role(Role.COUNCIL_FINANCE, team).id for _ in range(2)]
            self.auditor_id = user_with_role(Role.AUDITOR, team).id
            elsewhere = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council("E08000003").id)
            self.elsewhere_id = user_with_role(Role.COUNCIL_FINANCE, elsewhere).id

    @property
    def one(self) -> Actor:
        return actor_of(self.user_ids[0])

    @property
    def two(self) -> Actor:
        return actor_of(self.user_ids[1])

    @property
    def command(self) -> SetUpBudget:
        return SetUpBudget(
            council_id=self.council_id,
            reference="B1",
            person_reference="P1",
            person_name="Ida Cole",
            postcode="dl37tx",
            rail=Rail.COUNCIL_MANAGED,
            pot="Respite",
            amount_pence=520_000,
            starts_on=clock.today(),
            ends_on=clock.today() + timedelta(days=364),
            review_on=clock.today() + timedelta(days=180),
        )

    def set_up(self, **changes: object) -> tuple[int, int]:
        """Budget and pot period."""
        budget_id = finance.set_up_budget(self.one, replace(self.command, **changes))  # type: ignore[arg-type]
        return budget_id, get_budget_for(self.one, budget_id).balances[0].pot_period_id

    def change(self, pot_period_id: int, pence: int, reason: str = "Review") -> int | None:
        return finance.change_allocation(self.one, ChangeAllocation(pot_period_id, pence, reason))


def assert_in_order() -> None:
    """The book of budgets says the same in all its places."""
    assert [check.fault for check in run() if not check.ok] == []
