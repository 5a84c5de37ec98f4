"""What somebody changes about their own account, and what it asks of them first."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts import passwords
from marketplace.accounts.models import User
from marketplace.accounts.queries import find_user_by_email, get_user
from marketplace.accounts.services import sessions
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory
from tests.integration.accounts.pages import PASSWORD, letters_to, link_in, work

EMAIL, NEW = "margaret@example.org", "another long password"


@pytest.fixture
def user_id(app: Flask) -> int:
    with transaction():
        return UserFactory(email=EMAIL, name="Margaret", password_hash=passwords.hash_password(PASSWORD)).id


def _may_sign_in(client: FlaskClient, password: str, email: str = EMAIL) -> bool:
    other = client.application.test_client()
    return submit(other, "/sign-in", {"email": email, "password": password}).status_code == 302


def test_a_forgotten_password_is_replaced_by_a_link_and_every_sign_in_ends(
    app: Flask, client: FlaskClient, user_id: int
) -> None:
    elsewhere = sessions.begin(user_id)
    submit(client, "/forgotten-password", {"email": EMAIL})
    work(app)
    link = link_in(letters_to(EMAIL)[0])
    submit(client, link, {"password": NEW})
    assert sessions.find(elsewhere) is None
    assert client.get("/account").status_code == 200
    assert _may_sign_in(client, NEW) and not _may_sign_in(client, PASSWORD)
    assert letters_to(EMAIL)[0].subject == "Your password was changed"
    assert client.get(link).status_code == 410


def test_the_link_for_a_new_password_ends_after_an_hour(app: Flask, client: FlaskClient, user_id: int) -> None:
    submit(client, "/forgotten-password", {"email": EMAIL})
    work(app)
    link = link_in(letters_to(EMAIL)[0])
    moment = clock.now()
    with clock.fixed_clock(moment + timedelta(minutes=59)):
        assert client.get(link).status_code == 200
    with clock.fixed_clock(moment + timedelta(minutes=61)):
        assert client.get(link).status_code == 410


def test_a_weak_new_password_leaves_the_link_usable(app: Flask, client: FlaskClient, user_id: int) -> None:
    submit(client, "/forgotten-password", {"email": EMAIL})
    work(app)
    link = link_in(letters_to(EMAIL)[0])
    assert "10 characters or more" in text_of(submit(client, link, {"password": "short"}))
    assert submit(client, link, {"password": NEW}).status_code == 302


def test_a_forgotten_password_tells_nobody_whether_an_address_is_known(
    app: Flask, client: FlaskClient, user_id: int
) -> None:
    pages = set()
    for address in (EMAIL, "nobody@example.org"):
        response = submit(client, "/forgotten-password", {"email": address}, follow_redirects=True)
        pages.add(text_of(response).replace(address, "…"))
    work(app)
    assert len(pages) == 1
    assert len(letters_to(EMAIL)) == 1 and letters_to("nobody@example.org") == []


def test_a_link_goes_to_our_own_address_whatever_the_request_claims(
    app: Flask, client: FlaskClient, user_id: int
) -> None:
    page = client.get("/forgotten-password").get_data(as_text=True)
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    client.post("/forgotten-password", data={"csrf_token": token, "email": EMAIL}, headers={"X-Forwarded-Host": "bad"})
    work(app)
    assert "http://localhost/reset-password/" in letters_to(EMAIL)[0].body


def test_a_new_password_proves_an_address_that_was_never_confirmed(app: Flask, client: FlaskClient) -> None:
    with transaction():
        UserFactory(email=EMAIL, verified_at=None, password_hash=passwords.hash_password("of somebody else"))
    submit(client, "/forgotten-password", {"email": EMAIL})
    work(app)
    submit(client, link_in(letters_to(EMAIL)[0]), {"password": NEW})
    assert _may_sign_in(client, NEW)


def test_changing_a_password_asks_for_the_present_one_and_ends_the_other_sign_ins(
    client: FlaskClient, user_id: int
) -> None:
    sign_in(client, user_id)
    elsewhere = sessions.begin(user_id)
    wrong = submit(client, "/account/password", {"present": "not this one", "password": NEW})
    assert "That is not your present password" in text_of(wrong)
    assert _may_sign_in(client, PASSWORD)
    submit(client, "/account/password", {"present": PASSWORD, "password": NEW})
    assert sessions.find(elsewhere) is None
    assert client.get("/account").status_code == 200
    assert _may_sign_in(client, NEW) and not _may_sign_in(client, PASSWORD)
    assert letters_to(EMAIL)[0].subject == "Your password was changed"


def test_name_and_telephone_are_changed_and_a_name_is_needed(client: FlaskClient, user_id: int) -> None:
    sign_in(client, user_id)
    submit(client, "/account/name", {"name": "Margaret Lowes", "phone": "01632 960 001"})
    assert (get_user(user_id).name, get_user(user_id).phone) == ("Margaret Lowes", "01632 960 001")
    assert "Enter your name" in text_of(submit(client, "/account/name", {"name": "", "phone": ""}))
    submit(client, "/account/name", {"name": "Margaret Lowes", "phone": ""})
    assert get_user(user_id).phone is None


def test_a_new_address_counts_only_once_it_is_confirmed_and_the_old_one_is_told(
    client: FlaskClient, user_id: int
) -> None:
    sign_in(client, user_id)
    submit(client, "/account/email", {"email": "new@example.org", "password": PASSWORD})
    assert get_user(user_id).email == EMAIL
    assert letters_to(EMAIL)[0].subject == "Somebody asked to change your email address"
    link = link_in(letters_to("new@example.org")[0])
    assert client.get(link).status_code == 200
    assert get_user(user_id).email == EMAIL
    submit(client, link, {})
    assert get_user(user_id).email == "new@example.org"
    assert letters_to(EMAIL)[0].subject == "Your email address was changed"
    assert client.get(link).status_code == 410
    assert _may_sign_in(client, PASSWORD, "new@example.org") and not _may_sign_in(client, PASSWORD)


def test_a_new_address_is_not_taken_without_the_password(client: FlaskClient, user_id: int) -> None:
    sign_in(client, user_id)
    response = submit(client, "/account/email", {"email": "new@example.org", "password": "not this one"})
    assert "That is not your present password" in text_of(response)
    assert letters_to("new@example.org") == letters_to(EMAIL) == []


def test_a_new_address_that_has_an_account_is_told_so_there_and_nowhere_else(client: FlaskClient, user_id: int) -> None:
    with transaction():
        UserFactory(email="taken@example.org")
    sign_in(client, user_id)
    pages = set()
    for address in ("taken@example.org", "free@example.org"):
        data = {"email": address, "password": PASSWORD}
        pages.add(text_of(submit(client, "/account/email", data, follow_redirects=True)).replace(address, "…"))
    assert len(pages) == 1
    assert "has an account already" in letters_to("taken@example.org")[0].subject


def test_an_address_that_was_taken_meanwhile_changes_nothing(client: FlaskClient, user_id: int) -> None:
    sign_in(client, user_id)
    submit(client, "/account/email", {"email": "new@example.org", "password": PASSWORD})
    with transaction():
        UserFactory(email="new@example.org")
    assert submit(client, link_in(letters_to("new@example.org")[0]), {}).status_code == 410
    assert get_user(user_id).email == EMAIL


def test_choosing_a_new_password_stops_a_change_of_address(client: FlaskClient, user_id: int) -> None:
    sign_in(client, user_id)
    submit(client, "/account/email", {"email": "thief@example.org", "password": PASSWORD})
    link = link_in(letters_to("thief@example.org")[0])
    submit(client, "/account/password", {"present": PASSWORD, "password": NEW})
    assert client.get(link).status_code == 410


def test_other_sign_ins_are_listed_and_ended_one_by_one_or_all(client: FlaskClient, user_id: int) -> None:
    sign_in(client, user_id)
    tokens = [sessions.begin(user_id, device=f"Browser {n}") for n in range(3)]
    page = text_of(client.get("/account"))
    assert all(f"Browser {n}" in page for n in range(3))
    first = sessions.find(tokens[0])
    assert first is not None
    submit(client, "/account", {}, to=f"/account/sign-ins/{first.sign_in_id}/end")
    assert [sessions.find(token) is None for token in tokens] == [True, False, False]
    submit(client, "/account", {}, to="/account/sign-ins/end-others")
    assert all(sessions.find(token) is None for token in tokens)
    assert client.get("/account").status_code == 200


def test_nobody_ends_the_sign_in_of_another(client: FlaskClient, user_id: int) -> None:
    with transaction():
        other = UserFactory().id
    token = sessions.begin(other)
    found = sessions.find(token)
    assert found is not None
    sign_in(client, user_id)
    assert submit(client, "/account", {}, to=f"/account/sign-ins/{found.sign_in_id}/end").status_code == 404
    assert sessions.find(token) is not None


def test_who_came_to_help_can_begin_to_buy_for_themselves(app: Flask, client: FlaskClient) -> None:
    with transaction():
        user_id = UserFactory(joined_as="helper").id
    sign_in(client, user_id)
    assert "Buy for myself too" in text_of(client.get("/account"))
    submit(client, "/account", {}, to="/account/for-myself")
    assert db.session.scalar(select(User.joined_as)) == "myself"
    assert "Buy for myself too" not in text_of(client.get("/account"))


def test_every_act_on_an_account_is_in_the_audit_record(client: FlaskClient, user_id: int) -> None:
    sign_in(client, user_id)
    submit(client, "/account/name", {"name": "M", "phone": ""})
    submit(client, "/account/email", {"email": "new@example.org", "password": PASSWORD})
    submit(client, "/account/password", {"present": PASSWORD, "password": NEW})
    rows = db.session.execute(select(AuditRow.action, AuditRow.actor_user_id).order_by(AuditRow.id)).all()
    assert [row.action for row in rows] == ["user.changed", "user.email_change_asked", "user.password_changed"]
    assert {row.actor_user_id for row in rows} == {user_id}


def test_no_letter_or_page_ever_holds_a_password(app: Flask, client: FlaskClient, user_id: int) -> None:
    sign_in(client, user_id)
    submit(client, "/account/password", {"present": PASSWORD, "password": NEW})
    work(app)
    for letter in letters_to(EMAIL):
        assert PASSWORD not in letter.body and NEW not in letter.body
    assert find_user_by_email(EMAIL) is not None
