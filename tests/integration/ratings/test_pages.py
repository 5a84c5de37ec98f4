"""The pages of ratings, as their readers see them."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts.domain import Role
from marketplace.database import db, transaction
from payments.domain import OrderState
from ratings import services
from ratings.models import Review
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory, user_with_role
from tests.factories.ratings import bought, member_of, operator, reviewed


def test_a_person_writes_a_review_and_finds_it_among_theirs(app: Flask, client: FlaskClient) -> None:
    purchase = bought()
    sign_in(client, purchase.user_id)
    assert "You can review" in text_of(client.get("/reviews/mine"))
    page = f"/orders/{purchase.order_id}/review"
    response = submit(
        client,
        page,
        {"listing": purchase.listing_id, "stars": "5", "words": "Kind and on time.", "byline": "first_name"},
        follow_redirects=True,
    )
    words = text_of(response)
    assert "Your review is published" in words
    assert "Kind and on time." in words
    assert "You can review" not in words
    again = client.get(page)
    assert again.status_code == 409
    assert "There is a review of this order already" in text_of(again)


def test_the_page_says_who_can_write_reviews_and_that_nobody_is_paid(app: Flask, client: FlaskClient) -> None:
    purchase = bought()
    sign_in(client, purchase.user_id)
    words = text_of(client.get(f"/orders/{purchase.order_id}/review"))
    assert "Only people who bought through this site" in words
    assert "Nobody is paid" in words
    assert "Only somebody who bought through this site" in text_of(client.get("/reviews/about"))


def test_what_was_typed_stays_beside_what_is_missing(app: Flask, client: FlaskClient) -> None:
    purchase = bought()
    sign_in(client, purchase.user_id)
    response = submit(client, f"/orders/{purchase.order_id}/review", {"words": "Kind <script>", "byline": "resident"})
    assert "Choose from 1 to 5 stars" in text_of(response)
    assert "Kind &lt;script&gt;" in response.get_data(as_text=True)
    assert db.session.scalar(select(Review.id)) is None


def test_before_it_is_agreed_the_page_says_when(app: Flask, client: FlaskClient) -> None:
    purchase = bought(state=OrderState.ACCEPTED)
    sign_in(client, purchase.user_id)
    response = client.get(f"/orders/{purchase.order_id}/review")
    assert response.status_code == 409
    assert "once you have agreed" in text_of(response)


def test_the_order_leads_to_the_review_once_there_is_one(app: Flask, client: FlaskClient) -> None:
    purchase = bought()
    sign_in(client, purchase.user_id)
    page = f"/orders/{purchase.order_id}"
    assert client.get(page).get_data(as_text=True).count(f'href="{page}/review"') == 1
    services.write(purchase.actor, purchase.order_id, services.NewReview(purchase.listing_id, 5, "Good"))
    html = client.get(page).get_data(as_text=True)
    assert f'href="{page}/review"' not in html and 'href="/reviews/mine">Your reviews' in html


def test_strangers_see_no_page(app: Flask, client: FlaskClient) -> None:
    purchase = bought()
    review_id = services.write(purchase.actor, purchase.order_id, services.NewReview(purchase.listing_id, 5, "Good"))
    other = bought()
    with transaction():
        stranger, seller = UserFactory().id, user_with_role(Role.PROVIDER).id
    for user_id in (stranger, seller):
        sign_in(client, user_id)
        assert client.get(f"/orders/{other.order_id}/review").status_code == 404
        assert client.get(f"/provider/reviews/{review_id}").status_code == 404
    sign_in(client, stranger)
    assert client.get("/provider/reviews").status_code == 404


def test_a_provider_reads_and_answers_reviews(app: Flask, client: FlaskClient) -> None:
    purchase = bought()
    review_id = services.write(purchase.actor, purchase.order_id, services.NewReview(purchase.listing_id, 3, "Late"))
    seller = member_of(purchase.organisation_id)
    sign_in(client, seller.user_id or 0)
    assert "Late" in text_of(client.get("/provider/reviews"))
    page = f"/provider/reviews/{review_id}"
    response = submit(client, page, {"words": "We have hired another driver."}, follow_redirects=True)
    assert "We have hired another driver." in text_of(response)
    assert 'name="words"' not in client.get(page).get_data(as_text=True)


def test_an_author_reads_why_a_review_is_not_shown(app: Flask, client: FlaskClient) -> None:
    review_id = reviewed(1)
    services.hide(operator(), review_id, "It names a worker")
    sign_in(client, db.session.scalar(select(Review.author_user_id)) or 0)
    words = text_of(client.get("/reviews/mine"))
    assert "This review is not shown." in words
    assert "It names a worker" in words
