"""A town for the pages of budgets: a person, who acts for her, officers of two councils, and a stranger."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from budgets.services import book
from marketplace.accounts.domain import OrganisationKind, Role
from marketplace.database import db, transaction
from marketplace.kernel import clock
from tests.factories.accounts import OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.integration.budgets.orders import an_order

Visit = Callable[[int | None], FlaskClient]


class Town:
    """Margaret with a budget and an order, Ann who may act for her, officers of her council, and a stranger."""

    def __init__(self) -> None:
        with transaction():
            self.margaret = UserFactory(name="Margaret Hill", email="margaret@example.org").id
            self.person_id = PersonFactory(name="Margaret Hill", user_id=self.margaret, council_reference="P1").id
            budget = BudgetFactory(person_id=self.person_id, pence=500_000, pot="Respite", reference="B1")
            self.budget_id, self.pot_period_id = budget.id, budget.pot_period_id
            self.ann = UserFactory(name="Ann Lee", email="ann@example.org").id
            self.mandate_id = MandateFactory(person_id=self.person_id, staff=[self.ann]).id
            self.outcome_id = OutcomeFactory(person_id=self.person_id, words="Get out twice a week").id
            self.stranger = UserFactory().id
            PersonFactory(user_id=self.stranger)
            self.team = OrganisationFactory(
                kind=OrganisationKind.COUNCIL, council_id=council().id, email="care@darlington.example"
            ).id
            self.finance = [self._officer(Role.COUNCIL_FINANCE) for _ in range(2)]
            self.auditor = self._officer(Role.AUDITOR)
            self.workers = [self._officer(Role.SOCIAL_WORKER) for _ in range(2)]
            self.lead = self._officer(Role.SAFEGUARDING_LEAD)
            elsewhere = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council("E08000003").id)
            self.elsewhere = [
                user_with_role(role, elsewhere).id
                for role in (Role.COUNCIL_FINANCE, Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD)
            ]
            order_id = an_order(self.person_id)
            values: dict[str, Any] = {
                "order_id": order_id,
                "outcome_id": self.outcome_id,
                "actor_user_id": self.margaret,
                "mandate_id": None,
            }
            book.hold(self.pot_period_id, 5_400, cause="hold:1", **values)
            book.spend(self.pot_period_id, 3_600, cause="spend:1", **values)

    def _officer(self, role: Role) -> int:
        from marketplace.accounts.models import Organisation

        return int(user_with_role(role, db.session.get(Organisation, self.team)).id)


def count_queries(work: Callable[[], Any]) -> int:
    statements: list[str] = []

    def remember(*arguments: Any) -> None:
        if arguments[2].startswith("SELECT"):
            statements.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", remember)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", remember)
    return len(statements)


def council_id() -> int:
    with transaction():
        return int(council().id)


GRANT = {
    "who": "themself",
    "staff": "ann@example.org",
    "actions": ["read_budget", "order"],
    "order_limit": "75",
    "starts_on-day": "",
}


def grant_data(**changes: object) -> dict[str, object]:
    first, last = clock.today(), clock.today() + timedelta(days=100)
    dates = {
        f"{name}-{part}": getattr(day, part)
        for name, day in (("starts_on", first), ("ends_on", last))
        for part in ("day", "month", "year")
    }
    return GRANT | dates | changes
