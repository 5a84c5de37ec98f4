"""Whatever is asked of the book in whatever order, it answers as a plain model of the rules does."""

from itertools import count
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.checks import run
from budgets.queries.book import balance
from budgets.services import book
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError
from tests.factories.accounts import UserFactory
from tests.factories.budgets import BudgetFactory, PersonFactory
from tests.integration.budgets.orders import an_order

_names = count(1)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "hold", "hold", "release", "spend", "spend", "refund", "allocate", "cut", "reclaim"]),
        st.integers(0, 1),
        st.integers(0, 60) | st.integers(90, 120),
        st.booleans(),
    ),
    max_size=14,
)


class Model:
    """The rules in plain Python: one pot, two orders."""

    def __init__(self, pence: int) -> None:
        self.allocated, self.reclaimed = pence, 0
        self.held, self.spent, self.refunded = [0, 0], [0, 0], [0, 0]

    @property
    def left(self) -> int:
        return self.allocated - self.reclaimed - sum(self.held) - sum(self.spent) + sum(self.refunded)

    def act(self, kind: str, order: int, pence: int) -> bool:
        """Whether it is allowed; changes the model when it is."""
        net = self.spent[order] - self.refunded[order]
        possible = {
            "hold": self.left >= pence or pence == 0,
            "release": self.held[order] >= pence,
            "spend": self.held[order] >= pence,
            "refund": net >= pence,
            "allocate": True,
            "cut": self.allocated >= pence,
            "reclaim": self.left >= pence or pence == 0,
        }[kind]
        if possible:
            self.held[order] += {"hold": pence, "release": -pence, "spend": -pence}.get(kind, 0)
            self.spent[order] += pence if kind == "spend" else 0
            self.refunded[order] += pence if kind == "refund" else 0
            self.allocated += {"allocate": pence, "cut": -pence}.get(kind, 0)
            self.reclaimed += pence if kind == "reclaim" else 0
        return possible


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, 150), steps=STEPS)
def test_the_book_agrees_with_a_plain_model_of_its_rules(
    app: Flask, start: int, steps: list[tuple[str, int, int, bool]]
) -> None:
    with transaction():
        user_id = UserFactory().id
        person_id = PersonFactory(user_id=user_id).id
        pot_period_id = BudgetFactory(person_id=person_id, pence=start).pot_period_id
        orders = [an_order(person_id), an_order(person_id)]
    model = Model(start)
    for kind, order, pence, again in steps:
        cause = f"step:{next(_names)}"
        expected = model.act(kind, order, pence)
        assert _act(kind, pot_period_id, orders[order], user_id, pence, cause) is expected
        if again and expected:
            assert _act(kind, pot_period_id, orders[order], user_id, pence, cause)
        now = balance(pot_period_id)
        assert (now.held_pence, now.spent_pence, now.refunded_pence, now.left_pence, now.overcommitted) == (
            sum(model.held),
            sum(model.spent),
            sum(model.refunded),
            model.left,
            model.left < 0,
        )
        db.session.rollback()
    assert [check.fault for check in run() if not check.ok] == []


def _act(kind: str, pot_period_id: int, order_id: int, user_id: int, pence: int, cause: str) -> bool:
    order: dict[str, Any] = {"order_id": order_id, "outcome_id": None, "mandate_id": None}
    who: dict[str, Any] = {"cause": cause, "actor_user_id": user_id}
    try:
        with transaction():
            if kind == "allocate":
                book.allocate(pot_period_id, pence, **who)
            elif kind == "cut":
                book.allocate(pot_period_id, -pence, may_overcommit=True, **who)
            elif kind == "reclaim":
                book.reclaim(pot_period_id, pence, **who)
            else:
                getattr(book, kind)(pot_period_id, pence, **order, **who)
    except DomainError:
        return False
    return True
