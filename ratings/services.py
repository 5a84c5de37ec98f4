"""Reviews are written, answered, hidden and shown again; the listing's summary follows in the same transaction."""

from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from budgets.domain import MandateAction
from budgets.queries.access import get_access
from budgets.queries.people import get_person
from catalogue.services.providers import tell_members
from catalogue.services.ratings import set_rating
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import find_user, get_council, get_organisation, list_users_of
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.outbox.email import queue_email
from payments.queries.orders import Purchase, purchase_of
from ratings.domain import LEAST_STARS, LONGEST_WORDS, MOST_STARS, Byline, ReviewState, byline, rank_millionths
from ratings.errors import AnsweredAlready, LinkedToProvider, NotAgreedYet, ReviewedAlready, ReviewError
from ratings.models import Review


@dataclass(frozen=True)
class NewReview:
    """What somebody wrote of one listing of an order. `stars` is 1 to 5."""

    listing_id: int
    stars: int
    words: str
    byline: Byline = Byline.FIRST_NAME


def purchase_to_review(actor: Actor, order_id: int) -> Purchase:
    """The purchase, if the actor may review it now: for the page that asks, and again when the answer is sent.

    Raises NotFound for strangers; NotAgreedYet, ReviewedAlready, LinkedToProvider in words.
    """
    purchase = purchase_of(actor, order_id)
    if not purchase.may_be_reviewed:
        raise NotAgreedYet()
    if db.session.scalar(select(Review.id).where(Review.order_id == order_id)) is not None:
        raise ReviewedAlready()
    if _is_linked(actor, purchase):
        raise LinkedToProvider(purchase.provider_name)
    return purchase


def write(actor: Actor, order_id: int, review: NewReview) -> int:
    """Publish a review of one listing of an order that was agreed to; answers its id. Once per order.

    Raises as `purchase_to_review`, and ReviewError on the field that has to change.
    """
    words = _checked_words(review.words, "Say in a few words how it was")
    if not LEAST_STARS <= review.stars <= MOST_STARS:
        raise ReviewError("Choose from 1 to 5 stars", field="stars")
    try:
        with transaction():
            _lock_listing(review.listing_id)
            purchase = purchase_to_review(actor, order_id)
            if review.listing_id not in purchase.listing_ids:
                raise ReviewError("Choose something that was in this order", field="listing")
            review_id = _insert(actor, purchase, review, words)
            _push_summary(review.listing_id)
            record(
                "review.written",
                "review",
                review_id,
                actor_user_id=actor.user_id,
                person_id=purchase.person_id,
                mandate_id=purchase.mandate_id,
                organisation_id=purchase.organisation_id,
                order_id=purchase.order_id,
                listing_id=review.listing_id,
                stars=review.stars,
            )
            tell_members(
                purchase.organisation_id,
                f"A review of order {purchase.reference}",
                f"Somebody gave {review.stars} out of 5 stars and wrote:\n\n{words}\n\n"
                "You can answer once, on your reviews page. Everybody can read your answer.",
            )
            return review_id
    except IntegrityError as error:
        if "order_id" not in str(error.orig):
            raise
        raise ReviewedAlready() from error  # somebody else's came between the look and the insert


def reply(actor: Actor, review_id: int, words: str) -> None:
    """The provider's one answer. Raises NotFound for strangers and hidden reviews, AnsweredAlready, ReviewError."""
    answer = _checked_words(words, "Write your answer")
    with transaction():
        row = _locked(review_id)
        if row.organisation_id not in actor.organisation_ids(Role.PROVIDER) or row.state is not ReviewState.PUBLISHED:
            raise NotFound()
        if row.reply is not None:
            raise AnsweredAlready()
        row.reply, row.replied_at, row.replied_by_user_id = answer, clock.now(), actor.user_id
        _record_of(row, "review.answered", actor)
        provider = get_organisation(row.organisation_id).name
        _tell_author(
            row, f"{provider} answered your review", f"{provider} wrote:\n\n{answer}\n\nEverybody can read it."
        )


def hide(actor: Actor, review_id: int, reason: str) -> None:
    """The operator takes a review off the site and says why; its stars no longer count. Twice is once."""
    _check_operator(actor)
    reason = " ".join(reason.split())
    if not reason:
        raise ReviewError("Say why, in words that the author will read", field="reason")
    if len(reason) > 300:
        raise ReviewError("Use 300 characters or fewer", field="reason")
    with transaction():
        row = _locked(review_id)
        if row.state is ReviewState.HIDDEN:
            return
        row.state, row.hidden_reason = ReviewState.HIDDEN, reason
        db.session.flush()
        _push_summary(row.listing_id)
        _record_of(row, "review.hidden", actor, reason=reason)
        _tell_author(
            row, "Your review is not shown", f"We have taken your review off the site.\n\nThe reason: {reason}"
        )


def show(actor: Actor, review_id: int) -> None:
    """The operator puts a hidden review back; its stars count again. Twice is once."""
    _check_operator(actor)
    with transaction():
        row = _locked(review_id)
        if row.state is ReviewState.PUBLISHED:
            return
        row.state, row.hidden_reason = ReviewState.PUBLISHED, None
        db.session.flush()
        _push_summary(row.listing_id)
        _record_of(row, "review.shown", actor)
        _tell_author(row, "Your review is shown again", "We have looked at your review again. Everybody can read it.")


def _is_linked(actor: Actor, purchase: Purchase) -> bool:
    """Whether the actor belongs to the provider, or acts for an organisation that shares one of its people."""
    if purchase.organisation_id in {membership.organisation_id for membership in actor.memberships}:
        return True
    if purchase.mandate_id is None:
        return False
    mandate = get_access(actor, purchase.person_id, MandateAction.REVIEW).mandate
    if mandate is None or mandate.organisation_id is None:
        return False
    colleagues = {user.id for user in list_users_of(mandate.organisation_id)}
    return any(user.id in colleagues for user in list_users_of(purchase.organisation_id))


def _insert(actor: Actor, purchase: Purchase, review: NewReview, words: str) -> int:
    person = get_person(purchase.person_id)
    council = get_council(person.council_id).short_name if person.council_id is not None else None
    review_id: int = db.session.execute(
        insert(Review)
        .values(
            order_id=purchase.order_id,
            listing_id=review.listing_id,
            organisation_id=purchase.organisation_id,
            person_id=purchase.person_id,
            author_user_id=actor.user_id,
            mandate_id=purchase.mandate_id,
            byline=byline(review.byline, person.name, council),
            state=ReviewState.PUBLISHED,
            stars=review.stars,
            words=words,
            created_at=clock.now(),
        )
        .returning(Review.id)
    ).scalar_one()
    return review_id


def _lock_listing(listing_id: int) -> None:
    """One at a time per listing, so that of two reviews at once none is missing from the sum. SQLite has one writer."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(0x52415445, listing_id % 2**31)))


def _push_summary(listing_id: int) -> None:
    count, total = db.session.execute(
        select(func.count(Review.id), func.coalesce(func.sum(Review.stars), 0)).where(
            Review.listing_id == listing_id, Review.state == ReviewState.PUBLISHED
        )
    ).one()
    set_rating(listing_id, count, int(total), rank_millionths(int(total), count))


def _locked(review_id: int) -> Review:
    """The review as it is now, under the lock of its listing: whoever else changes it waits."""
    listing_id = db.session.scalar(select(Review.listing_id).where(Review.id == review_id))
    if listing_id is None:
        raise NotFound()
    _lock_listing(listing_id)
    return db.session.execute(
        select(Review).where(Review.id == review_id).execution_options(populate_existing=True)
    ).scalar_one()


def _check_operator(actor: Actor) -> None:
    if not actor.has(Role.OPERATOR):
        raise NotFound()


def _checked_words(words: str, when_empty: str) -> str:
    words = words.strip()
    if not words:
        raise ReviewError(when_empty, field="words")
    if len(words) > LONGEST_WORDS:
        raise ReviewError(f"Use {LONGEST_WORDS:,} characters or fewer", field="words")
    return words


def _record_of(row: Review, action: str, actor: Actor, *, reason: str | None = None) -> None:
    record(
        action,
        "review",
        row.id,
        actor_user_id=actor.user_id,
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        reason=reason,
        order_id=row.order_id,
        listing_id=row.listing_id,
    )


def _tell_author(row: Review, subject: str, body: str) -> None:
    author = find_user(row.author_user_id)
    if author is not None:
        queue_email(author.email, subject, f"Hello {author.name},\n\n{body}\n", user_id=author.id)
