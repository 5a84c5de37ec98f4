"""The levy's sums with many examples, and many random months that are closed."""

import os
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.database import db
from marketplace.kernel import clock
from payments import checks
from payments.domain import LevyPaper
from payments.models import LevyDocument, LevyDocumentLine
from tests.integration.payments.money.levying import SEPTEMBER, came_back, close, given_back, sold
from tests.integration.payments.money.telling import Story, names_issuer
from tests.unit.payments.money.levy_rules import RULES, hold


@pytest.mark.parametrize(
    "examples", [pytest.param(10_000, marks=pytest.mark.trial), pytest.param(100_000, marks=pytest.mark.soak)]
)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_holds_for_any_amounts(rule: Callable[..., None], examples: int) -> None:
    hold(rule, examples)


@pytest.mark.trial
def test_random_months_leave_papers_that_come_to_the_ledger_to_the_penny(app: Flask) -> None:
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**9)))
    print(f"SEED={seed}")
    chance = random.Random(seed)
    names_issuer(SEPTEMBER, "Care Market Ltd", "1 High Row", "GB123456782")
    stories: list[Story] = []
    refunds: list[int] = []
    month = SEPTEMBER
    for _ in range(8):
        for _ in range(12):
            day, act = month + timedelta(days=chance.randrange(28)), chance.random()
            if act < 0.45 or not stories:
                seller = chance.choice(stories) if stories and chance.random() < 0.7 else None
                stories.append(sold(day, chance.choice((19, 60, 999, 5_400, chance.randint(1, 90_000))), seller=seller))
            elif act < 0.85 or not refunds:
                story = chance.choice(stories)
                left = story.funding.pence - story.funding.refunded_pence
                if left:
                    refunds.append(given_back(month + timedelta(days=27), story, chance.randint(1, left)))
            else:
                came_back(month + timedelta(days=27), refunds.pop(chance.randrange(len(refunds))))
        close(month)
        assert [check.fault for check in checks.run() if check.invariant == "I5"] == [None, None], f"SEED={seed}"
        month = clock.next_month(month)
    for story in stories:
        left = story.funding.pence - story.funding.refunded_pence
        if left:
            given_back(month, story, left)
    close(month)
    assert [check.fault for check in checks.run() if check.invariant == "I5"] == [None, None], f"SEED={seed}"
    for kind_sum in (LevyDocument.levy_pence, LevyDocument.vat_pence):
        invoiced, credited = (
            db.session.scalar(select(func.sum(kind_sum)).where(LevyDocument.kind == kind)) for kind in LevyPaper
        )
        assert invoiced == credited > 0, f"SEED={seed}"
    twice = select(LevyDocumentLine.ledger_entry_id).group_by(LevyDocumentLine.ledger_entry_id)
    assert db.session.scalar(twice.having(func.count() > 1)) is None
