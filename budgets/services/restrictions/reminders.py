"""Officers are reminded of rules that have to be looked at again: two weeks before, and on the day."""

from datetime import timedelta

from sqlalchemy import select

from budgets.models import Restriction
from budgets.queries.restrictions import counting
from budgets.words import day_words
from marketplace.accounts.links import address
from marketplace.accounts.queries import find_user
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.email import queue_email

REMIND = (timedelta(days=14), timedelta(0))
AT_ONCE = 200


def remind() -> int:
    """Write to the two officers of each rule that counts and is to be looked at soon, or now. For the worker; answers
    how many rules. Whoever left the council is written to no more, so a colleague finds it in the list of rules."""
    told = 0
    with transaction():
        for number, before in reversed(list(enumerate(REMIND, start=1))):
            due = db.session.scalars(
                select(Restriction)
                .where(
                    counting(clock.today()),
                    Restriction.review_on <= clock.today() + before,
                    Restriction.reminded < number,
                )
                .order_by(Restriction.review_on, Restriction.id)
                .limit(AT_ONCE)
                .with_for_update()
            ).all()
            for rule in due:
                rule.reminded = number
                for user_id in {rule.recorded_by_user_id, rule.decided_by_user_id}:
                    user = find_user(user_id) if user_id is not None else None
                    if user is not None:
                        queue_email(
                            user.email,
                            f"A rule to look at again by {day_words(rule.review_on)}",
                            f"A rule that you set or agreed to has to be seen again by {day_words(rule.review_on)}. "
                            "Say that it stays, and why, or end it. It ends by itself on "
                            f"{day_words(rule.ends_on)}.\n{address(f'/council/rules/{rule.id}')}\n",
                            user_id=user.id,
                        )
            db.session.flush()
            told += len(due)
    return told
