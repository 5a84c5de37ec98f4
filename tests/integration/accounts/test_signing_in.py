"""Sign in and out: no hint to strangers, no way out of the site, nothing typed is lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from marketplace.accounts import passwords
from marketplace.accounts.domain import JoinedAs, Role
from marketplace.accounts.models import SignIn, User
from marketplace.accounts.passwords import Parameters
from marketplace.accounts.services import sessions, signing_in
from marketplace.database import db, transaction
from marketplace.kernel import clock
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory, user_with_role
from tests.integration.accounts.pages import PASSWORD

EMAIL = "margaret@example.org"


@pytest.fixture
def user_id(app: Flask) -> int:
    with transaction():
        return UserFactory(email=EMAIL, name="Margaret", password_hash=passwords.hash_password(PASSWORD)).id


@pytest.fixture
def moving_clock() -> Iterator[list[datetime]]:
    """A clock that a test sets by `moving_clock[0] = …`."""
    moment = [clock.now()]
    with clock.fixed_clock(lambda: moment[0]):
        yield moment


def _try(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD, to: str = "/sign-in"):  # type: ignore[no-untyped-def]
    return submit(client, to, {"email": email, "password": password})


def test_the_right_password_signs_in_and_the_address_is_read_in_any_case(client: FlaskClient, user_id: int) -> None:
    assert _try(client, " Margaret@Example.org ").status_code == 302
    page = client.get("/account")
    assert "Margaret" in text_of(page)
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("joined_as", "role", "where"),
    [
        (JoinedAs.PROVIDER, None, "/provider/join"),
        (JoinedAs.PROVIDER, Role.PROVIDER, "/provider"),
        (JoinedAs.MYSELF, None, "/"),
    ],
)
def test_a_provider_who_has_not_told_about_themselves_is_led_there_again(
    client: FlaskClient, joined_as: JoinedAs, role: Role | None, where: str
) -> None:
    with transaction():
        user = user_with_role(role) if role else UserFactory()
        user.email, user.joined_as = EMAIL, joined_as.value
        user.password_hash = passwords.hash_password(PASSWORD)
    assert _try(client).location == where


def test_a_wrong_address_and_a_wrong_password_look_the_same(client: FlaskClient, user_id: int) -> None:
    with transaction():
        UserFactory(
            email="closed@example.org", password_hash=passwords.hash_password(PASSWORD), disabled_at=clock.now()
        )
        UserFactory(email="invited@example.org", password_hash=None)
    tries = [(EMAIL, "not the password"), ("nobody@example.org", PASSWORD), ("closed@example.org", PASSWORD)]
    tries.append(("invited@example.org", PASSWORD))
    pages = {text_of(_try(client, *each)).replace(each[0], "…") for each in tries}
    assert len(pages) == 1
    assert "We do not know that email address with that password" in pages.pop()
    assert db.session.scalar(select(func.count(SignIn.id))) == 0


def test_an_unknown_address_costs_as_much_work_as_a_known_one(
    client: FlaskClient, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the clock, which lies on a busy machine: by the passwords that are really reckoned through."""
    from argon2 import PasswordHasher

    reckoned = []
    real = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda self, *a: reckoned.append(self) or real(self, *a))
    for email in (EMAIL, "nobody@example.org"):
        _try(client, email, "not the password")
    assert len(reckoned) == 2
    assert len({(h.time_cost, h.memory_cost, h.parallelism) for h in reckoned}) == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://bad.example/",
        "//bad.example",
        "/\\bad.example",
        "\\\\bad.example",
        "/\t/bad.example",
        "////bad.example",
        "javascript:alert(1)",
        "http:bad.example",
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(client: FlaskClient, user_id: int, elsewhere: str) -> None:
    response = submit(client, "/sign-in", {"email": EMAIL, "password": PASSWORD, "next": elsewhere})
    assert response.status_code == 302
    assert response.location.startswith("/") and not response.location.startswith(("//", "/\\"))
    assert "bad.example" not in response.location


def test_the_page_that_was_wanted_comes_after_signing_in(client: FlaskClient, user_id: int) -> None:
    wanted = client.get("/account/name?a=1&b=2").location
    assert wanted == "/sign-in?next=/account/name?a%3D1%26b%3D2"
    page = client.get(wanted).get_data(as_text=True)
    assert 'value="/account/name?a=1&amp;b=2"' in page
    response = submit(client, wanted, {"email": EMAIL, "password": PASSWORD, "next": "/account/name?a=1&b=2"})
    assert response.location == "/account/name?a=1&b=2"


@pytest.mark.parametrize(("role", "start"), [(Role.OPERATOR, "/organisations"), (None, "/")])
def test_work_begins_on_the_page_of_ones_role(
    client: FlaskClient, app: Flask, role: Role | None, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "accounts_endpoints", {"/organisations": "accounts.organisations"})
    fields = {"email": EMAIL, "password_hash": passwords.hash_password(PASSWORD)}
    with transaction():
        _ = user_with_role(role, **fields) if role else UserFactory(**fields)
    assert _try(client).location == start


def test_ten_wrong_passwords_make_one_account_wait_and_others_not(
    client: FlaskClient, user_id: int, moving_clock: list[datetime]
) -> None:
    with transaction():
        UserFactory(email="other@example.org", password_hash=passwords.hash_password(PASSWORD))
    for _ in range(10):
        assert _try(client, password="not the password").status_code == 200
    response = _try(client)
    assert response.status_code == 429
    assert "You can try again in 1" in text_of(response)
    assert int(response.headers["Retry-After"]) <= 900
    assert db.session.scalar(select(func.count(SignIn.id))) == 0
    assert _try(client, "other@example.org").status_code == 302


def test_fifty_failures_from_one_place_make_that_place_wait(client: FlaskClient, user_id: int) -> None:
    for number in range(50):
        assert _try(client, f"nobody{number}@example.org").status_code == 200
    assert _try(client).status_code == 429
    client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert _try(client).status_code == 302


def test_signing_in_often_and_rightly_is_no_reason_to_wait(client: FlaskClient, user_id: int) -> None:
    for _ in range(12):
        assert _try(client).status_code == 302
        client.post("/sign-out", data={"csrf_token": _token(client)})


def _token(client: FlaskClient) -> str:
    import re

    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/account").get_data(as_text=True))
    assert found
    return found[1]


def test_signing_out_ends_the_sign_in_itself_and_not_only_the_cookie(client: FlaskClient, user_id: int) -> None:
    _try(client)
    with client.session_transaction() as session:
        stolen = session["_user_id"]
    response = submit(client, "/account", {}, to="/sign-out", follow_redirects=False)
    assert response.location == "/"
    assert sessions.find(stolen) is None
    assert client.get("/account").status_code == 302
    with client.session_transaction() as session:
        assert set(session) <= {"_flashes", "_fresh"}


def test_signing_out_is_not_done_by_a_link(client: FlaskClient, user_id: int) -> None:
    sign_in(client, user_id)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 400
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("steps", "sentence"), [((61,), "nothing happened for an hour"), ((50,) * 15, "12 hours had passed")]
)
def test_an_ended_sign_in_says_why_once_and_goes_back_to_where_one_was(
    client: FlaskClient, user_id: int, moving_clock: list[datetime], steps: tuple[int, ...], sentence: str
) -> None:
    _try(client)
    for minutes in steps:
        moving_clock[0] += timedelta(minutes=minutes)
        response = client.get("/account/name")
    assert response.location == "/sign-in?next=/account/name"
    assert sentence in text_of(client.get(response.location))
    assert sentence not in text_of(client.get(response.location))


def test_what_was_typed_into_an_ended_sign_in_is_there_again(
    client: FlaskClient, user_id: int, moving_clock: list[datetime]
) -> None:
    _try(client)
    client.get("/account/name")
    data = {"csrf_token": _token(client), "name": "Margaret Anne Lowes", "phone": "01325 555 0100"}
    moving_clock[0] += timedelta(minutes=61)
    response = client.post("/account/name", data=data, headers={"Referer": "http://localhost/account/name"})
    assert response.location == "/sign-in?next=/account/name"
    client.get(response.location)
    _try(client, to=response.location)
    page = client.get("/account/name").get_data(as_text=True)
    assert 'value="Margaret Anne Lowes"' in page
    assert "There is a problem" not in page
    assert 'value="Margaret"' in client.get("/account/name").get_data(as_text=True)
    assert db.session.scalar(select(User.name).where(User.id == user_id)) == "Margaret"


def test_the_next_visitor_at_the_same_computer_does_not_find_what_was_typed(
    client: FlaskClient, user_id: int, moving_clock: list[datetime]
) -> None:
    with transaction():
        UserFactory(email="next@example.org", name="Next", password_hash=passwords.hash_password(PASSWORD))
    _try(client)
    data = {"csrf_token": _token(client), "name": "A secret"}
    moving_clock[0] += timedelta(minutes=61)
    response = client.post("/account/name", data=data, headers={"Referer": "http://localhost/account/name"})
    client.get(response.location)
    _try(client, "next@example.org", to=response.location)
    assert "A secret" not in client.get("/account/name").get_data(as_text=True)


def test_a_password_is_never_kept_from_a_form(client: FlaskClient, user_id: int, moving_clock: list[datetime]) -> None:
    _try(client)
    data = {"csrf_token": _token(client), "present": PASSWORD, "password": "a new secret one", "email": "x@y.example"}
    moving_clock[0] += timedelta(minutes=61)
    client.post("/account/password", data=data, headers={"Referer": "http://localhost/account/password"})
    with client.session_transaction() as session:
        assert dict(session["kept_form"]["fields"]) == {"email": "x@y.example"}


def test_a_hash_with_old_costs_is_renewed_at_the_next_sign_in(
    client: FlaskClient, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = db.session.scalar(select(User.password_hash))
    _try(client)
    assert db.session.scalar(select(User.password_hash)) == before
    monkeypatch.setattr(passwords, "FOR_TESTS", Parameters(memory_kib=16, passes=1, lanes=1))
    client.post("/sign-out", data={"csrf_token": _token(client)})
    _try(client)
    after = db.session.scalar(select(User.password_hash))
    assert after != before and "m=16" in after
    assert passwords.matches(after, PASSWORD)


def test_a_closed_account_has_no_sign_in_left(client: FlaskClient, user_id: int) -> None:
    _try(client)
    with transaction():
        db.session.execute(update(User).values(disabled_at=clock.now()))
    assert client.get("/account").status_code == 302


def test_the_browser_says_what_it_is_in_words(client: FlaskClient, user_id: int) -> None:
    client.environ_base["HTTP_USER_AGENT"] = (
        "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"
    )
    _try(client)
    assert db.session.scalar(select(SignIn.device)) == "Safari on an iPad"
    assert "Safari on an iPad (this one)" in text_of(client.get("/account"))


def test_a_large_print_reader_has_it_at_the_next_sign_in(client: FlaskClient, user_id: int) -> None:
    _try(client)
    submit(client, "/account", {}, to="/account/large-print/on")
    submit(client, "/account", {}, to="/sign-out")
    assert "large-print" in client.get("/help").get_data(as_text=True)
    with client.session_transaction() as session:
        session.clear()
    assert 'govuk-template large-print"' not in client.get("/help").get_data(as_text=True)
    _try(client)
    assert 'govuk-template large-print"' in client.get("/help").get_data(as_text=True)


def test_services_do_not_begin_a_sign_in_for_an_unproved_address(app: Flask) -> None:
    with transaction():
        UserFactory(email=EMAIL, verified_at=None, password_hash=passwords.hash_password(PASSWORD))
    assert signing_in.sign_in(EMAIL, PASSWORD).token is None
