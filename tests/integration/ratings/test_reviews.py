"""Who may review what, once, and how the listing's summary follows."""

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

from budgets.domain import MandateAction
from catalogue.models import Listing
from marketplace.accounts.domain import Role
from marketplace.accounts.models import Organisation
from marketplace.accounts.queries import actor_of
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel.errors import NotFound
from marketplace.outbox.models import Email, OutboxRow
from payments.domain import OrderState
from ratings import checks, queries, services
from ratings.domain import Byline
from ratings.errors import AnsweredAlready, LinkedToProvider, NotAgreedYet, ReviewedAlready, ReviewError
from ratings.models import Review
from ratings.services import NewReview
from tests.factories.accounts import MembershipFactory, UserFactory, user_with_role
from tests.factories.budgets import ConsentFactory, MandateFactory
from tests.factories.catalogue import ListingFactory
from tests.factories.ratings import Bought, bought, member_of, operator, reviewed


def _summary(listing_id: int) -> tuple[int, int, int]:
    row = db.session.execute(
        select(Listing.rating_count, Listing.rating_total, Listing.rating_rank_millionths).where(
            Listing.id == listing_id
        )
    ).one()
    return row.rating_count, row.rating_total, row.rating_rank_millionths


def _review(purchase: Bought, stars: int = 4, **fields: object) -> NewReview:
    return NewReview(purchase.listing_id, stars, "Kind and on time.", **fields)  # type: ignore[arg-type]


def _reviews() -> int:
    return db.session.scalar(select(func.count(Review.id))) or 0


def test_a_review_is_published_summed_and_on_the_record(app: Flask) -> None:
    purchase = bought()
    seller = member_of(purchase.organisation_id)
    review_id = services.write(purchase.actor, purchase.order_id, _review(purchase))
    assert _summary(purchase.listing_id) == (1, 4, 3_583_333)
    shown = queries.reviews_for(purchase.listing_id)
    assert [(each.by, each.stars, each.words, each.id) for each in shown] == [
        ("Margaret H.", 4, "Kind and on time.", review_id)
    ]
    assert db.session.scalar(select(AuditRow.action).where(AuditRow.object_type == "review")) == "review.written"
    assert db.session.scalar(select(Email.to_address).where(Email.subject.like("A review of order%"))) == seller.email
    topics = set(db.session.scalars(select(OutboxRow.topic)))
    assert "catalogue.index" in topics


@pytest.mark.parametrize("state", [s for s in OrderState if s not in (OrderState.CONFIRMED, OrderState.CLOSED)])
def test_only_what_was_agreed_to_can_be_reviewed(app: Flask, state: OrderState) -> None:
    purchase = bought(state=state)
    with pytest.raises(NotAgreedYet):
        services.write(purchase.actor, purchase.order_id, _review(purchase))
    assert _reviews() == 0


def test_a_closed_order_can_be_reviewed(app: Flask) -> None:
    purchase = bought(state=OrderState.CLOSED)
    services.write(purchase.actor, purchase.order_id, _review(purchase))
    assert _reviews() == 1


def test_a_second_review_of_the_same_order_is_refused(app: Flask) -> None:
    purchase = bought()
    services.write(purchase.actor, purchase.order_id, _review(purchase))
    with pytest.raises(ReviewedAlready):
        services.write(purchase.actor, purchase.order_id, _review(purchase, 1))
    assert _summary(purchase.listing_id)[:2] == (1, 4)


def test_two_reviews_at_the_same_moment_leave_one_and_a_sentence(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the first look, as when both looked at once, the database's own rule becomes the same sentence."""
    purchase = bought()
    services.write(purchase.actor, purchase.order_id, _review(purchase))
    monkeypatch.setattr(services, "purchase_to_review", lambda actor, order_id: services.purchase_of(actor, order_id))
    with pytest.raises(ReviewedAlready):
        services.write(purchase.actor, purchase.order_id, _review(purchase, 1))
    assert _reviews() == 1
    assert _summary(purchase.listing_id)[:2] == (1, 4)


def test_strangers_find_nothing_to_review(app: Flask) -> None:
    purchase = bought()
    with transaction():
        stranger = UserFactory().id
    seller = member_of(purchase.organisation_id)
    for actor in (actor_of(stranger), seller, operator()):
        with pytest.raises(NotFound):
            services.write(actor, purchase.order_id, _review(purchase))
    assert _reviews() == 0


def _manager(purchase: Bought, **fields: object) -> int:
    with transaction():
        manager = user_with_role(Role.BUDGET_MANAGER)
        organisation_id = db.session.scalar(select(Organisation.id).order_by(Organisation.id.desc()).limit(1))
        MandateFactory(person_id=purchase.person_id, organisation_id=organisation_id, staff=[manager.id], **fields)
        return manager.id


def test_a_budget_manager_writes_for_the_person_and_the_review_says_so(app: Flask) -> None:
    purchase = bought()
    services.write(actor_of(_manager(purchase)), purchase.order_id, _review(purchase))
    assert queries.reviews_for(purchase.listing_id)[0].by == "Margaret H., by a Budget Manager for the person"
    assert db.session.scalar(select(Review.mandate_id)) is not None


@pytest.mark.parametrize(
    "fields", [{"actions": [MandateAction.ORDER]}, {"expired": True}, {"not_started": True}, {"ended": True}]
)
def test_a_mandate_that_does_not_cover_reviews_today_shows_nothing(app: Flask, fields: dict[str, object]) -> None:
    purchase = bought()
    manager = _manager(purchase, **fields)
    with pytest.raises(NotFound):
        services.write(actor_of(manager), purchase.order_id, _review(purchase))


def test_a_budget_manager_who_works_for_the_provider_cannot_review_it(app: Flask) -> None:
    purchase = bought()
    manager = _manager(purchase)
    with transaction():
        MembershipFactory(user_id=manager, organisation_id=purchase.organisation_id, role=Role.PROVIDER)
    with pytest.raises(LinkedToProvider):
        services.write(actor_of(manager), purchase.order_id, _review(purchase))


def test_a_budget_manager_whose_colleague_works_for_the_provider_cannot_review_it(app: Flask) -> None:
    purchase = bought()
    manager = _manager(purchase)
    with transaction():
        colleague = UserFactory()
        support = actor_of(manager).organisation_ids(Role.BUDGET_MANAGER)[0]
        MembershipFactory(user_id=colleague.id, organisation_id=support, role=Role.BUDGET_MANAGER)
        MembershipFactory(user_id=colleague.id, organisation_id=purchase.organisation_id, role=Role.PROVIDER)
    with pytest.raises(LinkedToProvider):
        services.write(actor_of(manager), purchase.order_id, _review(purchase))
    assert _reviews() == 0


def test_nobody_reviews_a_firm_of_their_own(app: Flask) -> None:
    purchase = bought()
    with transaction():
        MembershipFactory(user_id=purchase.user_id, organisation_id=purchase.organisation_id, role=Role.PROVIDER)
    with pytest.raises(LinkedToProvider):
        services.write(purchase.actor, purchase.order_id, _review(purchase))


def test_an_access_point_writes_with_the_person_while_their_consent_stands(app: Flask) -> None:
    with transaction():
        worker = user_with_role(Role.ACCESS_POINT_WORKER).id
    library = actor_of(worker).organisation_ids(Role.ACCESS_POINT_WORKER)[0]
    purchase = bought(assisted_by_organisation_id=library)
    with pytest.raises(NotFound):
        services.write(actor_of(worker), purchase.order_id, _review(purchase))
    with transaction():
        ConsentFactory(person_id=purchase.person_id, assisted=True, organisation_id=library)
    services.write(actor_of(worker), purchase.order_id, _review(purchase))
    assert queries.reviews_for(purchase.listing_id)[0].by == "Margaret H."


def test_what_was_not_in_the_order_cannot_be_reviewed(app: Flask) -> None:
    purchase = bought()
    with transaction():
        other = ListingFactory().id
    with pytest.raises(ReviewError):
        services.write(purchase.actor, purchase.order_id, NewReview(other, 5, "Lovely"))
    assert _summary(other) == (0, 0, 0)


@pytest.mark.parametrize(("stars", "words"), [(0, "Good"), (6, "Good"), (5, "  "), (5, "x" * 2001)])
def test_stars_and_words_are_checked(app: Flask, stars: int, words: str) -> None:
    purchase = bought()
    with pytest.raises(ReviewError):
        services.write(purchase.actor, purchase.order_id, NewReview(purchase.listing_id, stars, words))


def test_an_author_may_stay_a_resident(app: Flask) -> None:
    purchase = bought()
    services.write(purchase.actor, purchase.order_id, _review(purchase, byline=Byline.RESIDENT))
    assert queries.reviews_for(purchase.listing_id)[0].by == "A Darlington resident"


def test_a_provider_answers_once_and_the_author_is_told(app: Flask) -> None:
    purchase = bought()
    review_id = services.write(purchase.actor, purchase.order_id, _review(purchase))
    seller = member_of(purchase.organisation_id)
    services.reply(seller, review_id, "Thank you.")
    with pytest.raises(AnsweredAlready):
        services.reply(seller, review_id, "And another thing.")
    shown = queries.reviews_for(purchase.listing_id)[0]
    assert shown.reply == "Thank you."
    assert shown.reply_by
    assert db.session.scalar(
        select(func.count(Email.id)).where(
            Email.subject.like("%answered your review"), Email.user_id == purchase.user_id
        )
    )


def test_another_provider_cannot_answer(app: Flask) -> None:
    review_id = reviewed()
    with transaction():
        stranger = user_with_role(Role.PROVIDER).id
    with pytest.raises(NotFound):
        services.reply(actor_of(stranger), review_id, "Thank you.")
    assert db.session.scalar(select(Review.reply)) is None


def test_a_hidden_review_is_not_shown_nor_counted_until_it_is_shown_again(app: Flask) -> None:
    with transaction():
        listing = ListingFactory()
        listing_id = listing.id
    reviewed(5, listing=listing)
    bad = reviewed(1, listing=db.session.get(Listing, listing_id))
    actor = operator()
    services.hide(actor, bad, "It names a worker")
    services.hide(actor, bad, "Twice is once")
    assert _summary(listing_id)[:2] == (1, 5)
    assert [each.stars for each in queries.reviews_for(listing_id)] == [5]
    assert db.session.scalar(select(Review.hidden_reason).where(Review.id == bad)) == "It names a worker"
    services.show(actor, bad)
    services.show(actor, bad)
    assert _summary(listing_id)[:2] == (2, 6)
    assert len(queries.reviews_for(listing_id)) == 2


def test_only_the_operator_hides_and_says_why(app: Flask) -> None:
    purchase = bought()
    review_id = services.write(purchase.actor, purchase.order_id, _review(purchase))
    for actor in (purchase.actor, member_of(purchase.organisation_id)):
        with pytest.raises(NotFound):
            services.hide(actor, review_id, "I do not like it")
        with pytest.raises(NotFound):
            services.show(actor, review_id)
    with pytest.raises(ReviewError):
        services.hide(operator(), review_id, "  ")
    assert _summary(purchase.listing_id)[0] == 1


def test_a_hidden_review_cannot_be_answered(app: Flask) -> None:
    purchase = bought()
    review_id = services.write(purchase.actor, purchase.order_id, _review(purchase))
    services.hide(operator(), review_id, "It names a worker")
    with pytest.raises(NotFound):
        services.reply(member_of(purchase.organisation_id), review_id, "Thank you.")


def test_stored_summaries_are_found_wrong_when_they_are(app: Flask) -> None:
    review_id = reviewed(4)
    assert [check.ok for check in checks.run()] == [True]
    listing_id = db.session.scalar(select(Review.listing_id).where(Review.id == review_id))
    for change in ({"rating_total": 5}, {"rating_count": 0, "rating_total": 0}, {"rating_rank_millionths": 1}):
        before = _summary(listing_id)
        with transaction():
            db.session.execute(update(Listing).where(Listing.id == listing_id).values(**change))
        (check,) = checks.run()
        assert check.fault is not None
        assert f"listing {listing_id}" in check.fault
        with transaction():
            db.session.execute(
                update(Listing)
                .where(Listing.id == listing_id)
                .values(rating_count=before[0], rating_total=before[1], rating_rank_millionths=before[2])
            )


def test_a_summary_without_any_review_is_found(app: Flask) -> None:
    with transaction():
        ListingFactory(rating_count=3, rating_total=15, rating_rank_millionths=4_000_000)
    (check,) = checks.run()
    assert not check.ok


def test_a_page_of_reviews_costs_the_same_however_many(app: Flask) -> None:
    with transaction():
        listing = ListingFactory()
        listing_id = listing.id
    counts = []
    for more in (2, 8):
        for _ in range(more):
            reviewed(5, listing=db.session.get(Listing, listing_id))
        db.session.rollback()
        statements: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object, found: list[str] = statements) -> None:
            found.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        queries.reviews_for(listing_id)
        queries.list_all()
        event.remove(db.engine, "before_cursor_execute", note)
        counts.append(len([s for s in statements if s.startswith("SELECT")]))
    assert counts[0] == counts[1]
