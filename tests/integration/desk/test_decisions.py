"""The operator decides: providers, listings, claims, complaints, reviews, refunds, councils."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from budgets.models import Person
from catalogue.domain import ListingState, ProviderState
from catalogue.models import Listing, Provider, ProviderClaim
from marketplace.accounts.domain import Role
from marketplace.accounts.models import Council, Invitation, Organisation
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import Email
from payments.domain import OrderState, RefundState
from payments.models import LevyRate, Order, Refund
from payments.queries.orders import get_order
from payments.services import refunds
from ratings.domain import ReviewState
from ratings.models import Review
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory, council
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.factories.ratings import member_of, reviewed
from tests.integration.desk.desks import a_complaint, an_operator, an_order, at_the_desk
from tests.integration.desk.test_today import _claim


def test_a_provider_is_approved_and_told(app: Flask, client: FlaskClient) -> None:
    with transaction():
        provider_id = ProviderFactory(state=ProviderState.APPLIED, applied_at=clock.now()).organisation_id
    member_of(provider_id)
    at_the_desk(client)
    page = f"/desk/provider/{provider_id}"
    assert "What it declares" in text_of(client.get(page))
    response = submit(client, page, {"decision": "approve"}, follow_redirects=True)
    assert "get an email" in text_of(response)
    assert db.session.scalar(select(Provider.state)) is ProviderState.APPROVED
    assert db.session.scalar(select(func.count(Email.id)).where(Email.subject == "You are approved")) == 1


def test_a_no_needs_words(app: Flask, client: FlaskClient) -> None:
    with transaction():
        provider_id = ProviderFactory(state=ProviderState.APPLIED, applied_at=clock.now()).organisation_id
        listing_id = ListingFactory(state=ListingState.WAITING).id
    claim_id = _claim()
    at_the_desk(client)
    for page, decision in (
        (f"/desk/provider/{provider_id}", "refuse"),
        (f"/desk/listing/{listing_id}", "refuse"),
        (f"/desk/claim/{claim_id}", "refuse"),
    ):
        assert "Say why" in text_of(submit(client, page, {"decision": decision}))
    assert db.session.get(Provider, provider_id).state is ProviderState.APPLIED  # type: ignore[union-attr]
    assert db.session.get(Listing, listing_id).state is ListingState.WAITING  # type: ignore[union-attr]


def test_an_approved_provider_can_be_stopped_and_restored(app: Flask, client: FlaskClient) -> None:
    with transaction():
        provider_id = ProviderFactory().organisation_id
    at_the_desk(client)
    page = f"/desk/provider/{provider_id}"
    submit(client, page, {"decision": "suspend", "words": "Insurance ended"})
    assert db.session.scalar(select(Provider.state)) is ProviderState.SUSPENDED
    db.session.rollback()
    submit(client, page, {"decision": "restore"})
    assert db.session.scalar(select(Provider.state)) is ProviderState.APPROVED


def test_a_listing_is_approved_or_taken_off(app: Flask, client: FlaskClient) -> None:
    with transaction():
        listing_id = ListingFactory(state=ListingState.WAITING).id
    at_the_desk(client)
    page = f"/desk/listing/{listing_id}"
    submit(client, page, {"decision": "approve"})
    assert db.session.scalar(select(Listing.state)) is ListingState.PUBLISHED
    db.session.rollback()
    submit(client, page, {"decision": "refuse", "words": "The price is per visit, not per hour"})
    assert db.session.scalar(select(Listing.state)) is ListingState.REFUSED


def test_a_listing_is_read_whole_before_it_is_approved(app: Flask, client: FlaskClient) -> None:
    with transaction():
        listing = ListingFactory(state=ListingState.WAITING, max_quantity=1_200, postcode="DL3 7TX", radius_metres=8047)
        page = f"/desk/listing/{listing.id}"
    at_the_desk(client)
    words = text_of(client.get(page))
    assert "Within 5 miles of DL3 7TX" in words
    assert "1 to 1,200 hours" in words


def test_a_draft_is_nobodys_but_its_providers(app: Flask, client: FlaskClient) -> None:
    with transaction():
        listing_id = ListingFactory(draft=True).id
    at_the_desk(client)
    assert client.get(f"/desk/listing/{listing_id}").status_code == 404


def test_a_claim_is_accepted_once(app: Flask, client: FlaskClient) -> None:
    claim_id = _claim()
    at_the_desk(client)
    page = f"/desk/claim/{claim_id}"
    assert "Registered manager" in text_of(client.get(page))
    submit(client, page, {"decision": "accept"})
    assert db.session.scalar(select(ProviderClaim.accepted)) is True
    assert client.get(page).status_code == 404


def test_a_complaint_is_ended_with_what_was_agreed(app: Flask, client: FlaskClient) -> None:
    order_id = a_complaint()
    at_the_desk(client)
    page = f"/desk/order/{order_id}"
    words = text_of(client.get(page))
    assert "Nobody came on Tuesday." in words
    assert "it gives no money back" in words
    submit(client, page, {"words": "They come again on Friday for nothing."})
    assert db.session.scalar(select(Order.complaint_ended_at)) is not None
    assert "Nobody came on Tuesday." not in text_of(client.get(page))


def test_the_operator_reads_no_outcome_and_no_address(app: Flask, client: FlaskClient) -> None:
    order_id = an_order(delivery={"address": "3 Secret Street", "notes": "Has dementia"})
    at_the_desk(client)
    page = client.get(f"/desk/order/{order_id}").get_data(as_text=True)
    assert "Secret Street" not in page
    assert "dementia" not in page


def test_both_sides_of_a_complaint_can_be_called(app: Flask, client: FlaskClient) -> None:
    order_id = a_complaint(delivery={"phone": "01632 960 007"})
    at_the_desk(client)
    page = f"/desk/order/{order_id}"
    assert "How to reach them 01632 960 007, " in text_of(client.get(page))
    submit(client, page, {"words": "They come again"})
    assert "01632 960 007" not in text_of(client.get(page))


def test_a_review_is_taken_off_with_a_reason_and_put_back(app: Flask, client: FlaskClient) -> None:
    review_id = reviewed(1, words="Names somebody")
    at_the_desk(client)
    assert "Names somebody" in text_of(client.get("/desk/reviews"))
    page = f"/desk/reviews/{review_id}"
    assert "Say why" in text_of(submit(client, page, {}))
    submit(client, page, {"reason": "It names a worker"})
    assert db.session.scalar(select(Review.state)) is ReviewState.HIDDEN
    assert "It names a worker" in text_of(client.get(page))
    assert "Names somebody" not in text_of(client.get("/desk/reviews?which=shown"))
    db.session.rollback()
    submit(client, page, {}, to=f"{page}/show")
    assert db.session.scalar(select(Review.state)) is ReviewState.PUBLISHED


def _sold(pence: int = 5_400) -> int:
    return an_order(state=OrderState.CONFIRMED, lines=[(1, pence)])


def _refund(**fields: object) -> dict[str, object]:
    return {"how": "amount", "amount": "10.00", "reason_code": "not_delivered", "words": "Nobody came"} | fields


def _key(client: FlaskClient, page: str) -> str:
    html = client.get(page).get_data(as_text=True)
    return html.split('name="key"')[1].split('value="')[1].split('"')[0]


def test_an_amount_is_given_back_once_however_often_the_form_is_sent(app: Flask, client: FlaskClient) -> None:
    order_id = _sold()
    at_the_desk(client)
    page = f"/desk/order/{order_id}/refund"
    key = _key(client, page)
    for _ in range(2):
        submit(client, page, _refund(key=key))
    assert list(db.session.scalars(select(Refund.pence))) == [1_000]
    assert "£10.00" in text_of(client.get(f"/desk/order/{order_id}"))


def test_quantities_or_everything_can_be_given_back(app: Flask, client: FlaskClient) -> None:
    order_id = an_order(state=OrderState.CONFIRMED)
    at_the_desk(client)
    page = f"/desk/order/{order_id}/refund"
    line_id = db.session.execute(select(Order.id)).scalar_one() and _line_of(order_id)
    submit(client, page, _refund(how="lines", amount="", key=_key(client, page), **{f"line_{line_id}": "1"}))
    db.session.rollback()
    submit(client, page, _refund(how="all", amount="", key=_key(client, page)))
    assert list(db.session.scalars(select(Refund.pence).order_by(Refund.id))) == [1_800, 3_600]


def test_a_second_press_on_everything_says_what_became_of_the_first(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By then nothing is left: without the look at the form's key the second answer would be an error."""
    order_id = an_order(state=OrderState.CONFIRMED)
    at_the_desk(client)
    page = f"/desk/order/{order_id}/refund"
    everything = _refund(how="all", amount="", key=_key(client, page))
    submit(client, page, everything)
    said = text_of(submit(client, page, everything, follow_redirects=True))
    assert "nothing more is given back by it" in said and "There is a problem" not in said
    monkeypatch.setattr(refunds, "was_sent", lambda order_id, key: False)
    assert "There is a problem" in text_of(submit(client, page, everything))
    assert list(db.session.scalars(select(Refund.pence))) == [5_400]


def _line_of(order_id: int) -> int:
    return get_order(order_id).lines[0].id


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": ""}, "Enter how much to give back"),
        ({"amount": "54.01"}, "can still be given back"),
        ({"how": "lines"}, "Enter how many to give back"),
        ({"reason_code": "x"}, "Choose"),
        ({"how": "x"}, "Choose"),
    ],
)
def test_a_refund_that_cannot_be_says_what_to_mend(
    app: Flask, client: FlaskClient, fields: dict[str, object], words: str
) -> None:
    order_id = _sold()
    at_the_desk(client)
    page = f"/desk/order/{order_id}/refund"
    assert words in text_of(submit(client, page, _refund(key=_key(client, page), **fields)))
    assert db.session.scalar(select(func.count(Refund.id))) == 0


def test_above_two_hundred_pounds_a_second_operator_decides(app: Flask, client: FlaskClient) -> None:
    order_id = _sold(50_000)
    at_the_desk(client)
    page = f"/desk/order/{order_id}/refund"
    response = submit(client, page, _refund(amount="300", key=_key(client, page)), follow_redirects=True)
    assert "a colleague has to agree first" in text_of(response)
    refund_id = db.session.execute(select(Refund.id)).scalar_one()
    words = text_of(client.get("/desk"))
    assert "Refund for a second person" in words
    own = text_of(client.get(f"/desk/refund/{refund_id}"))
    assert "A colleague has to agree" in own
    submit(client, f"/desk/refund/{refund_id}", {"decision": "approve"})
    assert db.session.scalar(select(Refund.state)) is RefundState.WAITING
    second = an_operator("Second Operator")
    db.session.rollback()
    sign_in(client, second.user_id or 0)
    submit(client, f"/desk/refund/{refund_id}", {"decision": "approve"})
    assert db.session.scalar(select(Refund.state)) is RefundState.DONE
    assert "Second Operator" in text_of(client.get(f"/desk/refund/{refund_id}"))


def test_what_waits_for_a_second_person_is_not_said_to_be_given_back(app: Flask, client: FlaskClient) -> None:
    order_id = _sold(50_000)
    at_the_desk(client)
    page = f"/desk/order/{order_id}/refund"
    submit(client, page, _refund(amount="300", key=_key(client, page)))
    waiting, at_the_desk_first = get_order(order_id), text_of(client.get(f"/desk/order/{order_id}"))
    assert (waiting.given_back_pence, waiting.levy_given_back_pence) == (0, 0)
    assert waiting.waiting_refund_pence == 30_000
    assert "was given back" not in _list_of_the_buyer(app, order_id)
    assert "£300.00 given back, or waiting to be" in at_the_desk_first
    refunds.approve_refund(an_operator("Second Operator"), db.session.execute(select(Refund.id)).scalar_one())
    db.session.rollback()
    given = get_order(order_id)
    assert (given.given_back_pence, given.levy_given_back_pence, given.waiting_refund_pence) == (30_000, 750, 0)
    assert "£500.00, of which £300.00 was given back" in _list_of_the_buyer(app, order_id)
    assert "£300.00 given back" in text_of(client.get(f"/desk/order/{order_id}"))
    assert "waiting to be" not in text_of(client.get(f"/desk/order/{order_id}"))


def _list_of_the_buyer(app: Flask, order_id: int) -> str:
    """What the person reads about their orders."""
    with transaction():
        user_id = UserFactory().id
        db.session.get(Person, get_order(order_id).person_id).user_id = user_id  # type: ignore[union-attr]
    client = app.test_client()
    sign_in(client, user_id)
    return text_of(client.get("/orders"))


def test_a_second_operator_may_say_no_with_a_reason(app: Flask, client: FlaskClient) -> None:
    order_id = _sold(50_000)
    at_the_desk(client)
    page = f"/desk/order/{order_id}/refund"
    submit(client, page, _refund(amount="300", key=_key(client, page)))
    refund_id = db.session.execute(select(Refund.id)).scalar_one()
    second = an_operator("Second Operator")
    db.session.rollback()
    sign_in(client, second.user_id or 0)
    assert "Say why not" in text_of(submit(client, f"/desk/refund/{refund_id}", {"decision": "refuse"}))
    submit(client, f"/desk/refund/{refund_id}", {"decision": "refuse", "words": "It was delivered"})
    assert db.session.scalar(select(Refund.state)) is RefundState.REFUSED


def test_a_levy_is_approved_by_a_second_operator(app: Flask, client: FlaskClient) -> None:
    actor = at_the_desk(client)
    with transaction():
        for user_id, rate_bp in ((actor.user_id, 100), (UserFactory().id, 200)):
            db.session.add(
                LevyRate(
                    council_id=council().id,
                    rail=Rail.COUNCIL_MANAGED if rate_bp == 100 else Rail.ISF,
                    rate_bp=rate_bp,
                    starts_on=clock.today() + timedelta(days=9),
                    set_by_user_id=user_id,
                    created_at=clock.now(),
                )
            )
        council_id = council().id
    ids = dict(db.session.execute(select(LevyRate.rate_bp, LevyRate.id)).all())
    assert "one waits for a second person" in text_of(client.get("/desk/levy"))
    page = f"/councils/{council_id}/levy"
    assert "You proposed it" in text_of(client.get(page))
    for rate_id in ids.values():
        db.session.rollback()
        submit(client, page, {}, to=f"{page}/{rate_id}/agree")
    approved = select(LevyRate.rate_bp).where(LevyRate.approved_by_user_id.is_not(None))
    assert list(db.session.scalars(approved)) == [200]


def test_a_council_begins_and_its_finance_team_is_invited(app: Flask, client: FlaskClient) -> None:
    at_the_desk(client)
    council_id = db.session.execute(select(Council.id).where(Council.gss_code == "E06000047")).scalar_one()
    form = {"council": council_id, "member_name": "Fay Finance", "email": "fay@durham.example"}
    response = submit(client, "/desk/councils", form, follow_redirects=True)
    assert "The council has begun" in text_of(response)
    submit(client, "/desk/councils", form | {"email": "second@durham.example"})
    assert db.session.scalar(select(Council.joined_at).where(Council.id == council_id)) is not None
    assert db.session.scalar(select(func.count(Organisation.id)).where(Organisation.council_id == council_id)) == 1
    assert set(db.session.execute(select(Invitation.role, Invitation.email)).all()) == {
        (Role.COUNCIL_FINANCE, "fay@durham.example"),
        (Role.COUNCIL_FINANCE, "second@durham.example"),
    }
    assert "Durham" in text_of(client.get("/desk/councils"))
