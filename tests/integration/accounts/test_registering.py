"""Open an account: the address is proved, nothing is told to strangers, nothing is doubled."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts.models import SignIn, User
from marketplace.accounts.ports import Ports, ports
from marketplace.accounts.queries import find_user_by_email
from marketplace.accounts.services import sessions
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.models import Email
from tests.browser import submit, text_of
from tests.factories.accounts import UserFactory
from tests.integration.accounts.pages import PASSWORD, letters_to, link_in, work

ANSWERS = {
    "joined_as": "myself",
    "name": "Margaret Lowes",
    "email": "margaret@example.org",
    "password": PASSWORD,
    "agree": "y",
}


def _register(client: FlaskClient, **changes: object):  # type: ignore[no-untyped-def]
    return submit(client, "/register", ANSWERS | changes, follow_redirects=True)


def test_somebody_registers_confirms_by_the_link_and_is_signed_in(client: FlaskClient) -> None:
    assert "Look in your email" in text_of(_register(client))
    link = link_in(letters_to("margaret@example.org")[0])
    assert submit(client, link, {"password": PASSWORD}).location == "/"
    assert "Margaret Lowes" in text_of(client.get("/account"))
    acts = db.session.execute(select(AuditRow.action).order_by(AuditRow.id)).scalars().all()
    assert acts[:3] == ["user.registered", "user.verified", "user.signed_in"]


def test_all_that_is_wrong_is_said_at_once_a_weak_password_included(client: FlaskClient) -> None:
    words = text_of(_register(client, joined_as="", email="margaret at home", password="abc"))
    for error in ("Choose what brings you here", "Enter an email address", "Use 10 characters or more"):
        assert error in words, error
    assert text_of(_register(client, joined_as="", password="")).count("Use 10 characters or more. Three words") == 1


def test_an_account_is_of_no_use_before_its_address_is_confirmed(client: FlaskClient) -> None:
    _register(client)
    sign_in = {"email": "margaret@example.org", "password": PASSWORD}
    response = submit(client, "/sign-in", sign_in, follow_redirects=True)
    assert "Confirm your email address first" in text_of(response)
    assert db.session.scalar(select(func.count(SignIn.id))) == 0
    assert client.get("/account").status_code == 302


def test_a_link_works_once(client: FlaskClient) -> None:
    _register(client)
    link = link_in(letters_to("margaret@example.org")[0])
    submit(client, link, {"password": PASSWORD})
    response = client.get(link)
    assert response.status_code == 410
    assert "used already" in text_of(response)


def test_a_link_ends_after_24_hours(client: FlaskClient) -> None:
    _register(client)
    link = link_in(letters_to("margaret@example.org")[0])
    moment = clock.now()
    with clock.fixed_clock(moment + timedelta(hours=23, minutes=59)):
        assert client.get(link).status_code == 200
    with clock.fixed_clock(moment + timedelta(hours=24, minutes=1)):
        assert client.get(link).status_code == 410


def test_a_link_that_was_altered_or_cut_is_refused(client: FlaskClient) -> None:
    _register(client)
    link = link_in(letters_to("margaret@example.org")[0])
    for altered in (link[:-3], link[:-3] + "abc", "/verify/nonsense", "/verify/" + "a" * 500):
        assert client.get(altered).status_code == 410


def test_a_link_for_one_purpose_does_not_serve_another(app: Flask, client: FlaskClient) -> None:
    _register(client)
    token = link_in(letters_to("margaret@example.org")[0]).rpartition("/")[2]
    assert client.get(f"/reset-password/{token}").status_code == 410
    assert client.get(f"/account/email/{token}").status_code == 410


def test_whoever_reads_the_letter_cannot_open_a_strangers_account_by_one_press(client: FlaskClient) -> None:
    _register(client)
    link = link_in(letters_to("margaret@example.org")[0])
    response = submit(client, link, {"password": "what I would have chosen"})
    assert "not the password that was chosen" in text_of(response)
    user = find_user_by_email("margaret@example.org")
    assert user is not None and user.verified_at is None


def test_a_known_address_gets_the_same_page_and_a_letter_that_says_so(client: FlaskClient) -> None:
    first = text_of(_register(client))
    with transaction():
        db.session.get_one(User, 1).verified_at = clock.now()
    before = db.session.execute(select(User.name, User.password_hash)).one()
    client.post("/sign-out")
    second = text_of(_register(client, name="Somebody Else", password="another long password"))
    assert second == first
    assert letters_to("margaret@example.org")[0].subject == "You already have an account"
    assert db.session.execute(select(User.name, User.password_hash)).one() == before


def test_an_address_that_was_never_confirmed_can_be_registered_again_and_the_first_link_ends(
    client: FlaskClient,
) -> None:
    _register(client, name="Somebody Else", password="a password of a stranger")
    first = link_in(letters_to("margaret@example.org")[0])
    _register(client)
    assert client.get(first).status_code == 410
    submit(client, link_in(letters_to("margaret@example.org")[0]), {"password": PASSWORD})
    assert find_user_by_email("margaret@example.org").name == "Margaret Lowes"
    assert db.session.scalar(select(func.count(User.id))) == 1


def test_no_letter_to_an_unproved_address_carries_a_strangers_words(client: FlaskClient) -> None:
    _register(client, name="Win £1000 at http://bad.example")
    _register(client, name="Win £1000 at http://bad.example")
    assert all("bad.example" not in letter.body + letter.subject for letter in letters_to("margaret@example.org"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"joined_as": ""}, "Choose what brings you here"),
        ({"name": " "}, "Enter your name"),
        ({"email": "margaret"}, "Enter an email address, like name@example.com"),
        ({"email": "a,b@example.org"}, "Enter an email address, like name@example.com"),
        ({"password": "short one"}, "Use 10 characters or more"),
        ({"password": "Password123"}, "Many people use that password"),
        ({"password": "aaaaaaaaaaaa"}, "Many people use that password"),
        ({"password": "Margaret@example.org"}, "not your email address"),
        ({"agree": ""}, "Tick the box if you agree to the terms"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_the_rest_stays(
    client: FlaskClient, changes: dict[str, str], sentence: str
) -> None:
    data = {name: value for name, value in (ANSWERS | changes).items() if value}
    response = submit(client, "/register", data)
    assert sentence in text_of(response)
    if "name" not in changes:
        assert 'value="Margaret Lowes"' in response.get_data(as_text=True)
    assert PASSWORD not in response.get_data(as_text=True)
    assert db.session.scalar(select(func.count(User.id))) == 0


@pytest.mark.parametrize("email", ["m@example.org\r\nBcc: all@example.org", "m@example.org\nSubject: Hello"])
def test_a_line_break_in_an_address_is_refused_before_it_becomes_a_header(client: FlaskClient, email: str) -> None:
    assert "Enter an email address" in text_of(_register(client, email=email))
    assert db.session.scalar(select(func.count(Email.id))) == 0


def test_a_new_link_is_sent_to_who_needs_one_and_the_page_is_the_same_for_all(app: Flask, client: FlaskClient) -> None:
    _register(client)
    with transaction():
        UserFactory(email="ready@example.org")
    pages = set()
    for address in ("margaret@example.org", "ready@example.org", "nobody@example.org"):
        response = submit(client, "/register/sent", {"email": address}, to="/register/resend", follow_redirects=True)
        pages.add(text_of(response).replace(address, "…"))
    work(app)
    assert len(pages) == 1
    assert len(letters_to("margaret@example.org")) == 2
    assert letters_to("ready@example.org") == letters_to("nobody@example.org") == []


def test_more_than_five_letters_an_hour_to_one_address_are_not_sent(client: FlaskClient) -> None:
    for _ in range(6):
        response = _register(client)
    assert response.status_code == 429
    assert "Nothing is locked for good" in text_of(response)
    assert len(letters_to("margaret@example.org")) == 5
    assert _register(client, email="another@example.org").status_code == 200


def test_mistakes_in_the_form_do_not_use_up_the_letters(client: FlaskClient) -> None:
    for _ in range(8):
        assert _register(client, password="short").status_code == 200
    assert "Look in your email" in text_of(_register(client))


def test_who_comes_for_themselves_becomes_a_person_and_others_do_not(app: Flask, client: FlaskClient) -> None:
    made: list[int] = []
    joined = ports()
    app.extensions["accounts_ports"] = Ports(ensure_person=lambda user_id: made.append(user_id) or 1)
    try:
        for number, why in enumerate(("myself", "helper", "provider")):
            email = f"user{number}@example.org"
            _register(client, email=email, joined_as=why)
            submit(client, link_in(letters_to(email)[0]), {"password": PASSWORD})
            submit(client, "/account", {}, to="/sign-out")
        assert made == [find_user_by_email("user0@example.org").id]
    finally:
        app.extensions["accounts_ports"] = joined


def test_a_basket_that_cannot_be_merged_keeps_nobody_out(app: Flask, client: FlaskClient) -> None:
    def broken(user_id: int) -> None:
        raise RuntimeError("no basket")

    joined = ports()
    app.extensions["accounts_ports"] = Ports(on_sign_in=[broken])
    try:
        _register(client)
        submit(client, link_in(letters_to("margaret@example.org")[0]), {"password": PASSWORD})
        assert client.get("/account").status_code == 200
    finally:
        app.extensions["accounts_ports"] = joined


def test_the_page_after_registering_is_the_one_that_was_wanted(client: FlaskClient) -> None:
    submit(client, "/register?next=/help", ANSWERS)
    response = submit(client, link_in(letters_to("margaret@example.org")[0]), {"password": PASSWORD})
    assert response.location == "/help"


def test_a_token_in_the_cookie_is_kept_nowhere_in_the_database(client: FlaskClient) -> None:
    _register(client)
    submit(client, link_in(letters_to("margaret@example.org")[0]), {"password": PASSWORD})
    with client.session_transaction() as session:
        token = session["_user_id"]
    assert sessions.find(token) is not None
    assert token not in str(db.session.execute(select(SignIn.token_digest)).scalars().all())
