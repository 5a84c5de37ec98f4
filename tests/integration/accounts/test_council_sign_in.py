"""Staff sign in through their council: who they are and what they do is the council's to say, and its alone."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace.accounts import council_logins, passwords
from marketplace.accounts.council_logins import CouncilLogin
from marketplace.accounts.domain import Role
from marketplace.accounts.models import Membership, SignIn, User
from marketplace.accounts.services import profile
from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import SettingsError
from marketplace.outbox.models import Email
from tests.browser import sign_in, text_of
from tests.conftest import test_settings
from tests.council_issuer import CLIENT_ID, CLIENT_SECRET, CouncilIssuer
from tests.factories.accounts import DARLINGTON_GSS, UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, MandateFactory, PersonFactory
from tests.integration.accounts.pages import PASSWORD

START = f"/sign-in/council/{DARLINGTON_GSS}"
AMIRA = {
    "sub": "amira-1",
    "email": "amira@darlington.example",
    "name": "Amira Khan",
    "groups": ["Care Market finance", "Everybody"],
}


@pytest.fixture(scope="module")
def running_issuer() -> Iterator[CouncilIssuer]:
    issuer = CouncilIssuer()
    yield issuer
    issuer.stop()


@pytest.fixture
def issuer(app: Flask, running_issuer: CouncilIssuer) -> Iterator[CouncilIssuer]:
    """The council's sign-in, which the application is told of until the test is over."""
    running_issuer.claims, running_issuer.left_out, running_issuer.is_down = dict(AMIRA), set(), False
    running_issuer.asked.clear()
    login = CouncilLogin(
        gss_code=DARLINGTON_GSS,
        issuer=running_issuer.issuer,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        domains=frozenset({"darlington.example"}),
        claim="groups",
        roles={"Care Market finance": Role.COUNCIL_FINANCE, "Social workers": Role.SOCIAL_WORKER},
        person_url="https://cases.darlington.example/people/{reference}",
    )
    app.extensions["council_logins"] = {DARLINGTON_GSS: login}
    app.extensions.pop("authlib.integrations.flask_client", None)
    with transaction():
        user_with_role(Role.COMMISSIONER)  # the council has a team
    yield running_issuer
    app.extensions["council_logins"] = {}
    app.extensions.pop("authlib.integrations.flask_client", None)


def come_back(client: FlaskClient, start: str = START) -> TestResponse:
    """Go to the council's page and come back from it, as a browser does."""
    away = client.get(start)
    assert away.status_code == 302, text_of(away)
    back = requests.get(away.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}")


def roles_of(email: str) -> set[Role]:
    db.session.rollback()
    return set(
        db.session.scalars(
            select(Membership.role)
            .join(User, User.id == Membership.user_id)
            .where(User.email == email, Membership.ended_at.is_(None))
        )
    )


def test_a_first_sign_in_opens_an_account_with_the_roles_of_the_claim(
    client: FlaskClient, issuer: CouncilIssuer
) -> None:
    assert "Sign in with your Darlington account" in text_of(client.get("/sign-in"))
    back = come_back(client, f"{START}?next=/council/budgets")
    assert (back.status_code, back.headers["Location"]) == (302, "/council/budgets")
    assert "Amira Khan" in text_of(client.get("/account"))
    assert roles_of(AMIRA["email"]) == {Role.COUNCIL_FINANCE}
    (asked,) = issuer.asked
    assert asked["code_challenge_method"] == "S256"
    assert "nonce" in asked and "openid" in asked["scope"]
    assert come_back(client).status_code == 302
    assert db.session.query(User).filter_by(email=AMIRA["email"]).count() == 1


def test_roles_follow_the_claim_at_each_sign_in_and_end_with_it(client: FlaskClient, issuer: CouncilIssuer) -> None:
    come_back(client)
    issuer.claims["groups"] = "Social workers"
    come_back(client)
    assert roles_of(AMIRA["email"]) == {Role.SOCIAL_WORKER}
    issuer.claims["groups"] = ["Everybody"]
    refused = come_back(client)
    assert refused.status_code == 403
    assert "gave you no role" in text_of(refused)
    assert roles_of(AMIRA["email"]) == set()
    issuer.claims["groups"] = ["Care Market finance"]
    come_back(client)
    assert roles_of(AMIRA["email"]) == {Role.COUNCIL_FINANCE}


def test_somebody_without_a_role_gets_no_account(client: FlaskClient, issuer: CouncilIssuer) -> None:
    issuer.claims["groups"] = []
    assert come_back(client).status_code == 403
    assert db.session.query(User).filter_by(email=AMIRA["email"]).count() == 0


@pytest.mark.parametrize("verified", [True, False])
def test_whoever_registered_the_address_before_keeps_no_way_in(
    app: Flask, client: FlaskClient, issuer: CouncilIssuer, verified: bool
) -> None:
    with transaction():
        user_id = UserFactory(
            email=AMIRA["email"],
            verified_at=clock.now() if verified else None,
            password_hash=passwords.hash_password(PASSWORD),
        ).id
    other = app.test_client()
    sign_in(other, user_id)
    come_back(client)
    assert db.session.get_one(User, user_id).password_hash is None
    assert other.get("/account").status_code == 302, "the sign-in of before has ended"
    profile.send_new_password({"email": AMIRA["email"]})
    assert _last_letter() == "You sign in through your council"
    # The control: without the council's file the same address gets a link to choose a password.
    app.extensions["council_logins"] = {}
    profile.send_new_password({"email": AMIRA["email"]})
    assert _last_letter() == "Choose a new password"


def _last_letter() -> str:
    db.session.rollback()
    return str(db.session.scalars(select(Email.subject).order_by(Email.id.desc()).limit(1)).one())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "somebody@elsewhere.example"}, "not one of its own"),
        ({"email": "amira@darlington.example.elsewhere.example"}, "not one of its own"),
        ({"email": ""}, "did not say your email address"),
        ({"email_verified": False}, "did not say your email address"),
    ],
)
def test_the_council_speaks_for_its_own_addresses_alone(
    client: FlaskClient, issuer: CouncilIssuer, change: dict[str, object], words: str
) -> None:
    with transaction():
        UserFactory(email="somebody@elsewhere.example")
    issuer.claims |= change
    refused = come_back(client)
    assert refused.status_code == 403
    assert words in text_of(refused)
    assert client.get("/account").status_code == 302


def test_a_closed_account_stays_closed(client: FlaskClient, issuer: CouncilIssuer) -> None:
    come_back(client)
    client.get("/sign-in")
    with transaction():
        db.session.query(User).filter_by(email=AMIRA["email"]).update({"disabled_at": clock.now()})
    refused = come_back(client)
    assert refused.status_code == 403
    assert "was closed" in text_of(refused)


@pytest.mark.parametrize(
    ("change", "left_out"),
    [
        ({"iss": "https://login.elsewhere.example"}, set()),
        ({"aud": "somebody-else"}, set()),
        ({"nonce": "of another sign-in"}, set()),
        ({"exp": 1_000_000_000}, set()),
        ({}, {"sub"}),
        ({}, {"nonce"}),
        ({}, {"id_token"}),
    ],
)
def test_an_answer_that_is_not_for_us_signs_nobody_in(
    client: FlaskClient, issuer: CouncilIssuer, change: dict[str, object], left_out: set[str]
) -> None:
    issuer.claims |= change
    issuer.left_out = left_out
    answer = come_back(client)
    assert answer.status_code in (403, 503)
    assert "You are not signed in" in text_of(answer)
    assert client.get("/account").status_code == 302
    # The control: the same way with a whole answer.
    issuer.claims, issuer.left_out = dict(AMIRA), set()
    assert come_back(client).status_code == 302


def test_a_signature_by_another_key_signs_nobody_in(app: Flask, client: FlaskClient, issuer: CouncilIssuer) -> None:
    come_back(client)
    client = app.test_client()
    true_key, issuer.key = issuer.key, RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
    try:
        assert come_back(client).status_code == 403
        assert client.get("/account").status_code == 302
    finally:
        issuer.key = true_key


def test_a_code_of_another_browser_signs_nobody_in(app: Flask, client: FlaskClient, issuer: CouncilIssuer) -> None:
    away = client.get(START)
    back = requests.get(away.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    other = app.test_client()
    assert other.get(f"{parts.path}?{parts.query}").status_code == 403
    assert other.get("/account").status_code == 302
    assert client.get(f"{parts.path}?{parts.query}").status_code == 302
    assert client.get(f"{parts.path}?{parts.query}").status_code == 403, "a code is good once"


def test_a_council_whose_sign_in_is_down_is_one_sentence(client: FlaskClient, issuer: CouncilIssuer) -> None:
    issuer.is_down = True
    answer = client.get(START)
    assert answer.status_code == 503
    assert "does not answer" in text_of(answer)
    issuer.is_down = False
    assert come_back(client).status_code == 302


def test_no_of_somebody_at_the_council_is_one_sentence(client: FlaskClient, issuer: CouncilIssuer) -> None:
    client.get(START)
    answer = client.get(f"{START}/back?error=access_denied&error_description=<script>")
    assert answer.status_code == 403
    assert "<script>" not in answer.get_data(as_text=True).partition("<main")[2]


def test_a_council_without_such_a_sign_in_is_not_there(client: FlaskClient, issuer: CouncilIssuer) -> None:
    assert client.get("/sign-in/council/E06000001").status_code == 404
    assert client.get("/sign-in/council/E06000001/back?code=1&state=2").status_code == 404


def test_what_weighs_more_asks_the_council_anew(client: FlaskClient, issuer: CouncilIssuer) -> None:
    issuer.claims["auth_time"] = int(time.time()) - 7_200  # signed in at the council since the morning
    come_back(client)
    page = client.get("/account/confirm?next=/council/budgets")
    assert "Show that it is you" in text_of(page)
    stale = come_back(client, f"{START}?confirm=1&next=/council/budgets")
    assert (stale.status_code, "did not ask you again" in text_of(stale)) == (403, True)
    assert issuer.asked[-1]["prompt"] == "login" and issuer.asked[-1]["max_age"] == "0"
    assert not _is_fresh(), "a council that did not ask anew proves nothing"
    issuer.claims["auth_time"] = int(time.time())
    assert come_back(client, f"{START}?confirm=1&next=/council/budgets").headers["Location"] == "/council/budgets"
    assert _is_fresh()
    issuer.claims["sub"] = "somebody-else"
    refused = come_back(client, f"{START}?confirm=1&next=/council/budgets")
    assert (refused.status_code, "somebody else" in text_of(refused)) == (403, True)


def _is_fresh() -> bool:
    db.session.rollback()
    newest = db.session.scalars(select(SignIn).order_by(SignIn.id.desc()).limit(1)).one()
    return newest.confirmed_at is not None and clock.now() - newest.confirmed_at < timedelta(minutes=10)


# --- from the case system and back ----------------------------------------------------------------------------------


def test_a_link_of_the_case_system_opens_the_person_after_sign_in_and_the_page_links_back(
    app: Flask, client: FlaskClient, issuer: CouncilIssuer
) -> None:
    issuer.claims["groups"] = ["Social workers"]
    come_back(client)
    user = db.session.query(User).filter_by(email=AMIRA["email"]).one()
    organisation_id = db.session.scalar(select(Membership.organisation_id).where(Membership.user_id == user.id))
    with transaction():
        person_id = PersonFactory(council_reference="LL/10 77").id
        stranger_id = PersonFactory(council_reference="LL-9").id
        MandateFactory(
            person_id=person_id, staff=[user.id], legal_basis="council_officer", organisation_id=organisation_id
        )
    client = app.test_client()
    launch = "/launch/person/LL%2F10%2077?council=" + DARLINGTON_GSS
    asked = client.get(launch)
    assert asked.status_code == 302
    to_council = client.get(asked.headers["Location"])
    assert to_council.headers["Location"].startswith(START), "straight to the council that the link names"
    back = come_back(client, to_council.headers["Location"])
    opened = client.get(client.get(back.headers["Location"]).headers["Location"])
    assert 'href="https://cases.darlington.example/people/LL%2F10%2077"' in opened.get_data(as_text=True)
    nothing = client.get("/launch/person/none-of-that-name")
    theirs = client.get("/launch/person/LL-9")
    assert (nothing.status_code, theirs.status_code) == (404, 404)
    assert stranger_id


def test_finance_comes_to_the_budget_and_another_council_to_nothing(client: FlaskClient, issuer: CouncilIssuer) -> None:
    with transaction():
        person_id = PersonFactory(council_reference="LL-10").id
        budget_id = BudgetFactory(person_id=person_id).id
        elsewhere = council("E06000001")
        other_finance = user_with_role(Role.COUNCIL_FINANCE).id
        db.session.flush()
    come_back(client)
    assert client.get("/launch/person/LL-10").headers["Location"] == f"/council/budgets/{budget_id}"
    assert elsewhere.id and other_finance
    with transaction():
        db.session.execute(
            Membership.__table__.update().values(ended_at=clock.now()).where(Membership.role == Role.COUNCIL_FINANCE)
        )
    assert client.get("/launch/person/LL-10").status_code == 404


# --- the operator's file --------------------------------------------------------------------------------------------

GOOD = """
[E06000005]
issuer = "https://login.example.gov.uk"
client_id = "care-market"
client_secret = "of tests"
domains = ["Example.gov.uk"]
claim = "groups"

[E06000005.roles]
"Finance" = "council_finance"
"""


def test_the_setting_names_the_file_and_a_start_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "councils.toml"
    path.write_text(GOOD)
    settings = Settings.from_env({"SECRET_KEY": "a key for tests only", "COUNCIL_LOGINS": str(path)})
    assert settings.council_logins == path
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    app = create_app(test_settings(url, tmp_path, council_logins=settings.council_logins))
    assert list(app.extensions["council_logins"]) == [DARLINGTON_GSS]
    path.write_text("nothing of that kind = ")
    with pytest.raises(SettingsError):
        create_app(test_settings(url, tmp_path, council_logins=path))


def _read(tmp_path: Path, text: str) -> tuple[CouncilLogin, ...]:
    path = tmp_path / "councils.toml"
    path.write_text(text)
    return council_logins.read(path)


def test_the_file_says_each_councils_issuer_and_hides_its_secret(tmp_path: Path) -> None:
    (login,) = _read(tmp_path, GOOD)
    assert login.roles == {"Finance": Role.COUNCIL_FINANCE}
    assert login.speaks_for("a@EXAMPLE.gov.uk") and not login.speaks_for("a@sub.example.gov.uk")
    assert "of tests" not in repr(login)
    assert replace(login, person_url="https://x/{reference}").person_address("a/b c") == "https://x/a%2Fb%20c"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("https://login", "http://login", "must begin with https://"),
        ("council_finance", "operator", "is no role of a council"),
        ('claim = "groups"', "", "set claim"),
        ('["Example.gov.uk"]', '"example.gov.uk"', "set domains"),
        ('client_id = "care-market"', 'client = "x"', "is not known"),
        ("[E06000005.roles]", "[E06000005.rolls]", "is not known"),
        ('claim = "groups"', 'claim = "groups"\nperson_url = "https://x/"', "{reference}"),
        ("[E06000005]", "[E06000005", "is not TOML"),
    ],
)
def test_a_file_that_is_wrong_is_one_sentence(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        _read(tmp_path, GOOD.replace(old, new))
    assert words in refused.value.message
    assert "of tests" not in refused.value.message
