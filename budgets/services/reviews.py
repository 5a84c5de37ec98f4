"""Reviews of plans: due by themselves, sooner when something happens, reminded of, held by the council.

Regulation 7 of the Care and Support (Direct Payments) Regulations 2014 asks for one within 6 months of the first
payment, then every 12 months at most, and when a condition is broken or needs or capacity change. Whoever has another
kind of budget is given the same.
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import exists, func, select, update

from budgets.domain import BudgetState, MandateAction
from budgets.domain.people import LetterAbout
from budgets.domain.plans import ReviewReason, next_review
from budgets.models import PersonalBudget, PlanReview
from budgets.queries.access import get_access, list_user_ids_named
from budgets.queries.people import address_of, get_person
from budgets.queries.reviews import get_review, may_hold
from budgets.services.letters import write_to
from budgets.words import day_words, possessive
from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.accounts.links import address
from marketplace.accounts.queries import find_user, list_addresses_of, list_organisations_of_council
from marketplace.audit.services import record
from marketplace.database import db, for_each_dialect, rows_changed, send, table_of, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.outbox.email import queue_email

SOON = timedelta(weeks=4)
"""How long before it is due everybody is told, and by when one that was asked for is to be held."""
REMIND = (-SOON, timedelta(0), SOON)
"""Days after the due day on which letters go: before, on the day, and once more when it was missed."""
AT_ONCE = 1_000
LONGEST = 1_000
_NO_BUDGET = "There is no open budget to review."
_OPEN = for_each_dialect(lambda insert: insert(table_of(PlanReview)).on_conflict_do_nothing())


def open_due() -> int:
    """Give everybody with an open budget and no review ahead of them the next one; bring forward what a council named
    for sooner. For the worker. Answers how many are new."""
    waiting = exists().where(PlanReview.person_id == PersonalBudget.person_id, PlanReview.held_on.is_(None))
    with transaction():
        rows = db.session.execute(_budgets().where(~waiting).limit(AT_ONCE)).all()
        last = _last_held([row.person_id for row in rows])
        new = []
        for row in rows:
            due_on, reason = next_review(row.began_on, last.get(row.person_id), row.council_says)
            new.append(_row(row.person_id, row.council_id, due_on, reason))
        if new:
            send(_OPEN(), new)
        _bring_forward()
    return len(new)


def ask(actor: Actor, person_id: int, *, reason: ReviewReason, why: str) -> None:
    """Ask for a review within four weeks, or sooner if one is due sooner, and say why.

    For a change: the person, or whoever may read the plan. For a breach of what was agreed: the council alone. Raises
    NotFound, and DomainError on the field `why`.
    """
    access = get_access(actor, person_id, MandateAction.READ_PLAN)
    budget = db.session.execute(_budgets().where(PersonalBudget.person_id == person_id)).first()
    if budget is None:
        raise DomainError(_NO_BUDGET, field="why")
    if reason not in (ReviewReason.CHANGE, ReviewReason.BREACH):
        raise NotFound
    if reason is ReviewReason.BREACH and not may_hold(actor, person_id, budget.council_id):
        raise NotFound
    why = _checked(why, "why", "Say what changed, or what happened")
    wanted = clock.today() + SOON
    with transaction():
        send(_OPEN(), _row(person_id, budget.council_id, wanted, reason))
        review = db.session.execute(
            select(PlanReview)
            .where(PlanReview.person_id == person_id, PlanReview.held_on.is_(None))
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if review is None:  # the record became another name of somebody's other record meanwhile
            raise DomainError(_NO_BUDGET, field="why")
        review.reason, review.why, review.asked_by_user_id = reason, why, actor.user_id
        if wanted < review.due_on:
            review.due_on, review.reminded = wanted, 0
        db.session.flush()
        _record("review.ask", actor, review, access.mandate.id if access.mandate else None)


def hold(actor: Actor, review_id: int, *, held_on: date, words: str) -> None:
    """Write down that a review was held, and what was agreed; the next one is due a year later at most.

    By the council: its finance team, or the officer with the case. Of two at once, one is kept. Raises NotFound,
    NotAllowed, and DomainError on `held_on` or `words`.
    """
    review = get_review(review_id)
    if not may_hold(actor, review.person_id, review.council_id):
        raise NotFound
    words = _checked(words, "words", "Say what was looked at, and what was agreed")
    if held_on > clock.today():
        raise DomainError("Enter the day on which it was held, today or before", field="held_on")
    with transaction():
        last = _last_held([review.person_id]).get(review.person_id)
        if last is not None and held_on < last:
            raise DomainError(
                f"The last review was on {day_words(last)}. Enter that day or a later one", field="held_on"
            )
        held = rows_changed(
            update(PlanReview)
            .where(PlanReview.id == review_id, PlanReview.held_on.is_(None))
            .values(held_on=held_on, held_by_user_id=actor.user_id, words=words)
        )
        if not held:
            raise NotAllowed("Somebody wrote down already that this review was held.")
        budget = db.session.execute(_budgets().where(PersonalBudget.person_id == review.person_id)).first()
        if budget is not None:
            due_on, reason = next_review(budget.began_on, held_on, budget.council_says)
            send(_OPEN(), _row(review.person_id, budget.council_id, due_on, reason))
        _record("review.hold", actor, db.session.get_one(PlanReview, review_id), None)


def remind() -> int:
    """Write to everybody concerned four weeks before a review is due, on the day, and four weeks after it was missed.

    The council's finance team gets one letter for all of a run. For the worker; answers how many reviews.
    """
    told = 0
    with transaction():
        councils: dict[int, int] = {}
        for number, after in reversed(list(enumerate(REMIND, start=1))):
            due = db.session.scalars(
                select(PlanReview)
                .where(
                    PlanReview.held_on.is_(None),
                    PlanReview.due_on <= clock.today() - after,
                    PlanReview.reminded < number,
                )
                .order_by(PlanReview.due_on, PlanReview.id)
                .limit(AT_ONCE // 5)
                .with_for_update()
            ).all()
            for review in due:
                review.reminded = number
                _tell(review)
                councils[review.council_id] = councils.get(review.council_id, 0) + 1
            db.session.flush()
            told += len(due)
        for council_id, count in councils.items():
            _tell_council(council_id, count)
    return told


def give_way(kept_id: int, merged_id: int) -> None:
    """Two records become one: of two reviews that are still to be held one stays, on the sooner day. In a merge,
    which has locked both."""
    rows = db.session.scalars(
        select(PlanReview)
        .where(PlanReview.person_id.in_((kept_id, merged_id)), PlanReview.held_on.is_(None))
        .order_by(PlanReview.due_on, PlanReview.id)
    ).all()
    for later in rows[1:]:
        db.session.delete(later)
    db.session.flush()


def _tell(review: PlanReview) -> None:
    """To the person, and to whoever may read the plan for them."""
    person = get_person(review.person_id)
    late = review.due_on < clock.today()
    when = f"was due on {day_words(review.due_on)}" if late else f"is due by {day_words(review.due_on)}"
    path, own = f"/people/{person.id}/reviews", address_of(person)
    write_to(
        person,
        f"Your plan: a review {when}",
        f"A review of your plan {when}. The council looks at it with you: how it went, what should change.\n\n"
        "Before that you can say how each outcome is going.",
        LetterAbout.PLAN,
        page=path,
    )
    for user_id in list_user_ids_named(person.id, MandateAction.READ_PLAN):
        user = find_user(user_id)
        if user is not None and user.email != own:
            whose = possessive(person.name)
            queue_email(
                user.email,
                f"A review {when}",
                f"A review of {whose} plan {when}. Ask them how each outcome is going, and write it down:\n"
                f"{address(path)}\n",
                user_id=user.id,
            )


def _tell_council(council_id: int, count: int) -> None:
    """One letter without names to each of the finance team: the page behind the link has them, after signing in."""
    for organisation in list_organisations_of_council(council_id, OrganisationKind.COUNCIL):
        for user_id, email in list_addresses_of(organisation.id, Role.COUNCIL_FINANCE):
            many = "1 review is" if count == 1 else f"{count:,} reviews are"
            queue_email(
                email,
                f"{many} due, or was missed" if count == 1 else f"{many} due, or were missed",
                f"{many} due within four weeks, or late. See whose:\n{address('/council/reviews')}\n",
                user_id=user_id,
            )


def _budgets() -> Any:
    """People with an open budget: their council, since when, and the first day that the council named for a review."""
    return (
        select(
            PersonalBudget.person_id,
            func.min(PersonalBudget.council_id).label("council_id"),
            func.min(PersonalBudget.starts_on).label("began_on"),
            func.min(PersonalBudget.review_on).label("council_says"),
        )
        .where(PersonalBudget.state == BudgetState.ACTIVE)
        .group_by(PersonalBudget.person_id)
        .order_by(PersonalBudget.person_id)
    )


def _last_held(person_ids: list[int]) -> dict[int, date]:
    rows = db.session.execute(
        select(PlanReview.person_id, func.max(PlanReview.held_on).label("held_on"))
        .where(PlanReview.person_id.in_(person_ids), PlanReview.held_on.is_not(None))
        .group_by(PlanReview.person_id)
    )
    return {row.person_id: row.held_on for row in rows}


def _bring_forward() -> None:
    """A day that the council names for sooner than the law asks counts, while it is still to come."""
    rows = db.session.execute(
        select(PlanReview.id, func.min(PersonalBudget.review_on).label("review_on"))
        .join(PersonalBudget, PersonalBudget.person_id == PlanReview.person_id)
        .where(
            PlanReview.held_on.is_(None),
            PersonalBudget.state == BudgetState.ACTIVE,
            PersonalBudget.review_on < PlanReview.due_on,
            PersonalBudget.review_on >= clock.today(),
        )
        .group_by(PlanReview.id)
        .limit(AT_ONCE)
    ).all()
    for row in rows:
        db.session.execute(update(PlanReview).where(PlanReview.id == row.id).values(due_on=row.review_on, reminded=0))


def _row(person_id: int, council_id: int, due_on: date, reason: ReviewReason) -> dict[str, object]:
    return {
        "person_id": person_id,
        "council_id": council_id,
        "reason": reason,
        "due_on": due_on,
        "opened_at": clock.now(),
        "reminded": 0,
    }


def _checked(words: str, field: str, missing: str) -> str:
    words = words.strip()
    if not words:
        raise DomainError(missing, field=field)
    if len(words) > LONGEST:
        raise DomainError(f"Use {LONGEST} characters or fewer", field=field)
    return words


def _record(action: str, actor: Actor, review: PlanReview, mandate_id: int | None) -> None:
    record(
        action,
        "plan_review",
        review.id,
        actor_user_id=actor.user_id,
        person_id=review.person_id,
        council_id=review.council_id,
        mandate_id=mandate_id,
        due_on=str(review.due_on),
    )
