"""What a council looks at and sets for one person: a sample of purchases, and a rule that somebody asks about."""

from budgets.domain.restrictions import RestrictionKind
from budgets.models import Restriction, RestrictionQuestion
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.planning.models import Sample, SampleItem


def rule_for_one(person_id: int, council_id: int, officer_id: int, user_id: int) -> dict[str, int | str]:
    """A limit for each order, which counts, and what its person asks about it."""
    now, today = clock.now(), clock.today()
    rule = Restriction(
        person_id=person_id,
        council_id=council_id,
        kind=RestrictionKind.ORDER_LIMIT,
        pence=5_000,
        reason="Somebody else used the budget",
        starts_on=today,
        ends_on=today,
        review_on=today,
        recorded_by_user_id=officer_id,
        recorded_at=now,
        approved=True,
        decided_by_user_id=user_id,
        decided_at=now,
    )
    db.session.add(rule)
    db.session.flush()
    asked = RestrictionQuestion(restriction_id=rule.id, words="Why?", asked_by_user_id=user_id, asked_at=now)
    db.session.add(asked)
    db.session.flush()
    return {"restriction_id": rule.id, "rule_question_id": asked.id}


def sample(council_id: int, officer_id: int, order_id: int, person_id: int) -> dict[str, int | str]:
    """A sample with one order in it, which was picked at random."""
    drawn = Sample(
        council_id=council_id,
        starts_on=clock.today(),
        ends_on=clock.today(),
        risks=[],
        large_pence=50_000,
        per_rule=5,
        share=5,
        most_random=10,
        seed="s",
        population=1,
        reason="A check",
        drawn_by_user_id=officer_id,
        drawn_at=clock.now(),
    )
    db.session.add(drawn)
    db.session.flush()
    item = SampleItem(sample_id=drawn.id, order_id=order_id, person_id=person_id, picked_by="random", risks=[])
    db.session.add(item)
    db.session.flush()
    return {"sample_id": drawn.id, "item_id": item.id}
