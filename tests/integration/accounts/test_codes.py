"""A code before what weighs most: by letter, or from an app; each once, in its time, and for its owner alone."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from marketplace.accounts import access, codes, passwords
from marketplace.accounts.access import SIGNED_IN, allow
from marketplace.accounts.cli import take_off_code_app
from marketplace.accounts.domain import Role
from marketplace.accounts.errors import WrongCode
from marketplace.accounts.models import CodeApp, RecoveryCode, SignIn
from marketplace.accounts.services import second_step, sessions
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.extensions import limiter
from marketplace.kernel import clock
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory, user_with_role
from tests.integration.accounts.pages import PASSWORD, letters_to
from tests.integration.payments.orders.test_approvals import Above

EMAIL = "margaret@example.org"
WEIGHTY = "/account/name"
ASKED = f"/account/confirm?next={WEIGHTY}"


@pytest.fixture
def user_id(app: Flask) -> int:
    with transaction():
        return UserFactory(email=EMAIL, name="Margaret", password_hash=passwords.hash_password(PASSWORD)).id


@pytest.fixture
def weighty(app: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a page that asks for a code."""

    @allow(SIGNED_IN)
    def weighty() -> str:
        access.require_fresh()
        return "done"

    monkeypatch.setitem(app.view_functions, "accounts.change_name", weighty)
    return WEIGHTY


class Moment:
    def __init__(self) -> None:
        self.now = clock.now()

    def passes(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)


@pytest.fixture
def moment() -> Iterator[Moment]:
    moment = Moment()
    with clock.fixed_clock(lambda: moment.now):
        yield moment


def sign_in_by_password(client: FlaskClient) -> None:
    assert submit(client, "/sign-in", {"email": EMAIL, "password": PASSWORD}).status_code == 302


def sent_code(address: str = EMAIL) -> str:
    letter = letters_to(address)[0]
    assert letter.subject == "Your code"
    return re.search(r"Your code is (\d{6})\n", letter.body)[1]  # type: ignore[index]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def ask(client: FlaskClient) -> str:
    """Have a code sent, by the button of the page."""
    assert submit(client, ASKED, {"next": WEIGHTY}, to="/account/confirm/send").location == ASKED
    return sent_code()


def give(client: FlaskClient, code: str) -> bool:
    """Type a code: whether it was taken."""
    answer = submit(client, ASKED, {"proof": code, "next": WEIGHTY})
    assert answer.status_code in (200, 302)
    assert answer.status_code == 302 or "That code is not right" in text_of(answer)
    return answer.location == WEIGHTY


class Phone:
    """An app that was set up through the pages."""

    def __init__(self, client: FlaskClient, moment: Moment) -> None:
        self.moment = moment
        page = client.get("/account/codes/app").get_data(as_text=True)
        key = re.search(r'app-reference">([A-Z2-7 ]+)<', page)
        assert key and "<svg" in page
        import base64

        self.secret = base64.b32decode(key[1].replace(" ", ""))
        sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', page)
        assert sealed
        self.sealed = html.unescape(sealed[1])
        done = submit(client, "/account/codes/app", {"sealed": self.sealed, "proof": self.code()})
        self.recovery = re.findall(r"<code[^>]*>([\w-]+)</code>", done.get_data(as_text=True))

    def code(self, *, off: int = 0) -> str:
        """What a phone shows whose clock is some seconds off."""
        at = int(self.moment.now.timestamp()) + off
        return TOTP(self.secret, 6, SHA1(), 30).generate(at).decode()


def stale(client: FlaskClient, moment: Moment) -> None:
    """So that the next weighty act asks anew."""
    moment.passes(minutes=11)
    assert client.get(WEIGHTY).location == ASKED


def test_a_password_alone_opens_nothing_weighty_and_a_code_by_letter_does_for_ten_minutes(
    client: FlaskClient, weighty: str, user_id: int, moment: Moment
) -> None:
    sign_in_by_password(client)
    assert client.get(weighty).location == ASKED, "who typed a password just now has not shown a second thing"
    assert "Send me a code" in text_of(client.get(ASKED))
    code = ask(client)
    page = text_of(client.get(ASKED))
    assert f"We sent a code of 6 digits to {EMAIL}" in page and code not in page
    assert not give(client, wrong(code))
    assert client.get(weighty).status_code == 302
    assert give(client, f" {code[:3]} {code[3:]}")
    assert client.get(weighty).text == "done"
    assert not give(client, code), "a code works once"
    moment.passes(minutes=10)
    assert client.get(weighty).text == "done"
    moment.passes(seconds=1)
    assert client.get(weighty).status_code == 302
    acts = list(
        db.session.scalars(select(AuditRow.action).where(AuditRow.action.like("user.code%")).order_by(AuditRow.id))
    )
    assert acts == ["user.code_sent", "user.code_confirmed"]
    kept = str(db.session.execute(select(SignIn.code_digest)).all()) + str(db.session.execute(select(AuditRow)).all())
    assert code not in kept


def test_a_code_by_letter_ends_after_ten_minutes_and_with_the_next_one(
    client: FlaskClient, weighty: str, user_id: int, moment: Moment
) -> None:
    sign_in_by_password(client)
    late = ask(client)
    moment.passes(minutes=10)
    answer = submit(client, ASKED, {"proof": late, "next": WEIGHTY})
    assert "too old. Check it, or ask for another one" in text_of(answer)
    assert "Send me a code" in text_of(answer), "where none can be typed, one is offered"
    assert "#proof" not in answer.get_data(as_text=True), "and nothing leads to a box that is not there"
    first = ask(client)
    second = ask(client)
    assert first == second or not give(client, first)
    assert give(client, second)


def test_five_wrong_codes_end_a_code_even_for_the_right_one(
    client: FlaskClient, weighty: str, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in_by_password(client)
    code = ask(client)
    for _ in range(5):
        assert not give(client, wrong(code))
    assert not give(client, code)
    limiter.reset()
    # Negative control: without the count of tries the sixth is taken.
    code = ask(client)
    monkeypatch.setattr(second_step, "TRIES", 99)
    for _ in range(5):
        assert not give(client, wrong(code))
    assert give(client, code)


def test_a_code_works_in_the_browser_that_asked_alone(client: FlaskClient, weighty: str, user_id: int) -> None:
    sign_in_by_password(client)
    other = client.application.test_client()
    sign_in_by_password(other)
    code = ask(client)
    ask_other = submit(other, ASKED, {"next": WEIGHTY}, to="/account/confirm/send")
    assert ask_other.status_code == 302
    assert code == sent_code() or not give(other, code)
    assert give(client, code) and other.get(weighty).status_code == 302


def test_letters_with_codes_and_wrong_codes_are_limited_for_an_account(
    client: FlaskClient, weighty: str, user_id: int, moment: Moment
) -> None:
    sign_in(client, user_id)
    for _ in range(5):
        ask(client)
    too_many = submit(client, ASKED, {"next": WEIGHTY}, to="/account/confirm/send")
    assert too_many.status_code == 429
    assert len(letters_to(EMAIL)) == 5
    limiter.reset()
    phone = Phone(client, moment)
    for _ in range(10):
        assert not give(client, wrong(phone.code()))
    moment.passes(seconds=30)
    locked = submit(client, ASKED, {"proof": phone.code(), "next": WEIGHTY})
    assert locked.status_code == 429
    limiter.reset()
    assert give(client, phone.code())


def test_an_app_is_set_up_by_its_first_code_and_asked_from_then_on(
    client: FlaskClient, weighty: str, user_id: int, moment: Moment
) -> None:
    sign_in(client, user_id)
    assert "Use an app" in text_of(client.get("/account/codes"))
    phone = Phone(client, moment)
    assert len(set(phone.recovery)) == 10
    assert letters_to(EMAIL)[0].subject == "Your codes come from an app now"
    words = text_of(client.get("/account/codes"))
    assert "Your app shows the codes" in words and "10 recovery codes left" in words
    stale(client, moment)
    assert "Open the app on your phone" in text_of(client.get(ASKED))
    assert submit(client, ASKED, {"next": WEIGHTY}, to="/account/confirm/send").status_code == 404, "no way round it"
    assert give(client, phone.code())
    assert client.get(weighty).text == "done"
    kept = db.session.execute(select(CodeApp.sealed)).scalar_one()
    assert codes.unseal("a key for tests only", user_id, kept) == phone.secret
    assert codes.unseal("another key", user_id, kept) is None
    assert codes.unseal("a key for tests only", user_id + 1, kept) is None
    acts = str(db.session.execute(select(AuditRow.action, AuditRow.details)).all())
    assert phone.code() not in acts and phone.recovery[0] not in acts


def test_a_phones_clock_may_be_half_a_minute_off_and_no_code_is_taken_twice(
    client: FlaskClient, weighty: str, user_id: int, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, user_id)
    phone = Phone(client, moment)
    for off, taken in ((-60, False), (60, False), (-30, True), (0, True), (30, True)):
        stale(client, moment)
        assert give(client, phone.code(off=off)) is taken, off
    assert not give(client, phone.code(off=30)), "used"
    assert not give(client, phone.code()), "older than one that was used"
    moment.passes(seconds=60)
    assert give(client, phone.code())
    # Negative control: without a memory of the last one, a code that somebody looked at is taken again.
    with transaction():
        db.session.execute(update(CodeApp).values(last_step=0))
    assert give(client, phone.code())


def test_the_same_code_sent_twice_at_once_is_taken_once(app: Flask, user_id: int, moment: Moment) -> None:
    """Both have read the last code before either has written: the statement itself decides."""
    secret = codes.new_secret()
    sealed = codes.seal("a key for tests only", user_id, secret, moment.now)
    with transaction():
        db.session.add(CodeApp(user_id=user_id, sealed=sealed, set_up_at=moment.now, last_step=0))
    code = TOTP(secret, 6, SHA1(), 30).generate(int(moment.now.timestamp())).decode()
    before = (sealed, 0)
    assert [second_step._by_app(user_id, before, code) for _ in range(2)] == ["app", None]


def test_a_recovery_code_works_once_and_new_ones_end_the_old(
    client: FlaskClient, weighty: str, user_id: int, moment: Moment
) -> None:
    sign_in(client, user_id)
    phone = Phone(client, moment)
    stale(client, moment)
    assert give(client, phone.recovery[0].upper().replace("-", " "))
    assert not give(client, phone.recovery[0])
    assert "9 recovery codes left" in text_of(client.get("/account/codes"))
    new = submit(client, "/account/codes", {}, to="/account/codes/recovery").get_data(as_text=True)
    made = re.findall(r"<code[^>]*>([\w-]+)</code>", new)
    assert len(made) == 10 and not give(client, phone.recovery[1]) and give(client, made[1])
    assert letters_to(EMAIL)[0].subject == "New recovery codes were made"
    kept = str(db.session.execute(select(RecoveryCode.digest)).all())
    assert not any(code.replace("-", "") in kept or code in kept for code in made)


def test_an_app_that_is_taken_off_is_asked_no_more(
    client: FlaskClient, weighty: str, user_id: int, moment: Moment
) -> None:
    sign_in(client, user_id)
    phone = Phone(client, moment)
    submit(client, "/account/codes", {}, to="/account/codes/app/off")
    assert letters_to(EMAIL)[0].subject == "Your codes come by email again"
    stale(client, moment)
    code = ask(client)
    assert not give(client, phone.code()) and not give(client, phone.recovery[2]) and give(client, code)


@pytest.mark.parametrize("address", ["/account/codes/recovery", "/account/codes/app/off", "/account/email"])
def test_what_changes_how_somebody_proves_who_they_are_asks_for_a_code_itself(
    client: FlaskClient, user_id: int, moment: Moment, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, user_id)
    Phone(client, moment)
    moment.passes(minutes=11)
    data = {"email": "thief@example.org", "password": PASSWORD}
    assert "/account/confirm" in submit(client, "/account/codes", data, to=address).location
    assert "/account/confirm" in client.get("/account/codes/app").location
    assert db.session.scalar(select(func.count(CodeApp.user_id))) == 1
    assert letters_to("thief@example.org") == [] and len(letters_to(EMAIL)) == 1
    monkeypatch.setattr(access, "is_fresh", lambda: True)  # negative control
    submit(client, "/account/codes", data, to=address)
    assert len(letters_to("thief@example.org")) + len(letters_to(EMAIL)) > 1


def test_a_wrong_first_code_or_an_old_page_sets_nothing_up_and_keeps_the_square(
    client: FlaskClient, user_id: int, moment: Moment
) -> None:
    sign_in(client, user_id)
    with transaction():
        other = UserFactory().id
    now = moment.now
    secret = codes.new_secret()
    mine, theirs = (codes.seal("a key for tests only", owner, secret, now) for owner in (user_id, other))
    right = TOTP(secret, 6, SHA1(), 30).generate(int(now.timestamp())).decode()
    answer = submit(client, "/account/codes/app", {"sealed": mine, "proof": wrong(right)})
    assert "That code is not right" in text_of(answer) and codes.key_to_type(secret) in text_of(answer)
    for sealed in (theirs, "nonsense", ""):
        answer = submit(client, "/account/codes/app", {"sealed": sealed, "proof": right})
        assert "This page was open for too long" in text_of(answer) and codes.key_to_type(secret) not in text_of(answer)
    assert db.session.scalar(select(func.count(CodeApp.user_id))) == 0
    old = codes.seal("a key for tests only", user_id, secret, now - timedelta(hours=1, seconds=1))
    with pytest.raises(WrongCode, match="open for too long"):
        second_step.set_up_app(user_id, old, right)
    assert second_step.set_up_app(user_id, mine, right)


@pytest.mark.parametrize("role", [Role.ACCESS_POINT_WORKER, Role.OPERATOR])
def test_staff_of_access_points_and_the_operator_have_codes_as_everybody(
    client: FlaskClient, app: Flask, moment: Moment, role: Role
) -> None:
    with transaction():
        user_id = user_with_role(role).id
    sign_in(client, user_id)
    phone = Phone(client, moment)
    moment.passes(minutes=11)
    assert give(client, phone.code())


def test_the_operator_takes_an_app_off_for_who_lost_everything(
    app: Flask, client: FlaskClient, user_id: int, moment: Moment
) -> None:
    sign_in(client, user_id)
    Phone(client, moment)

    def run(address: str) -> str:
        return CliRunner().invoke(take_off_code_app, [address], obj=lambda: app).output

    assert "No account of nobody@example.org has an app" in run("nobody@example.org")
    assert "come by email again" in run(EMAIL.upper())
    assert db.session.scalar(select(func.count(CodeApp.user_id))) == 0
    row = db.session.execute(select(AuditRow).where(AuditRow.action == "user.code_app_taken_off")).scalar_one()
    assert row.actor_user_id is None
    assert "No account" in run(EMAIL)


def test_approving_and_changing_where_money_goes_ask_for_a_code(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Above(app)
    member = case.shop.dale.user_id
    with transaction():
        finance = user_with_role(Role.COUNCIL_FINANCE).id
    weighty = (
        (case.shop.margaret.user_id, f"/approvals/{case.id}"),
        (member, "/provider/money/bank/change"),
        (finance, "/council/settlement/settings/account"),
    )
    for user_id, page in weighty:
        sign_in(client, user_id or 0)
        assert client.get(page).status_code == 200, page
        with monkeypatch.context() as this_morning:
            this_morning.setattr(access, "is_fresh", lambda: False)
            assert client.get(page).location == f"/account/confirm?next={page}"


def test_a_proof_in_one_browser_does_not_serve_another(app: Flask, user_id: int) -> None:
    here, there = sessions.begin(user_id), sessions.begin(user_id)
    second_step.send_code(user_id, here)
    with pytest.raises(WrongCode):
        second_step.prove(user_id, sent_code(), token=there)
    second_step.prove(user_id, sent_code(), token=here)
    assert sessions.find(here).confirmed_at is not None  # type: ignore[union-attr]
    assert sessions.find(there).confirmed_at is None  # type: ignore[union-attr]
