"""What is kept for a time only goes when its time is over, once, and what has to stay stays."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import String, cast, func, select, text, update

from budgets.loading.totals import ControlTotals
from budgets.models import BudgetLoad
from budgets.services import loads
from catalogue.models import SearchMiss
from catalogue.services.misses import note_miss
from marketplace import cli
from marketplace.accounts.commands import Registration
from marketplace.accounts.domain import JoinedAs, Role
from marketplace.accounts.models import Invitation, SignIn, User
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import invitations, registration, sessions
from marketplace.app import TIDYING, create_worker
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock, keeping
from marketplace.outbox.email import queue_email
from marketplace.outbox.models import Email, OutboxRow
from marketplace.outbox.services import enqueue
from payments.cli import all_checks
from payments.models import Basket, Checkout
from payments.services import cards
from payments.services.checkout import forget_unfinished
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory, council, user_with_role
from tests.integration.payments.orders.shop import WHERE, Shop, all_orders
from tests.integration.payments.orders.test_card_checkout import CardShop
from tests.stripe import TestSandbox

DAY = timedelta(days=1)
FILE = (
    b"reference,person_reference,name,postcode,rail,pot,amount,starts_on,ends_on\n"
    b"B5,P5,Ida Cole,DL3 7TX,dp,Respite,5200.00,2026-04-01,2027-03-31\n"
)
FACTS = (
    "orders",
    "order_lines",
    "order_funding",
    "order_history",
    "budget_entries",
    "pot_periods",
    "personal_budgets",
    "people",
    "ledger_entries",
    "ledger_postings",
    "audit_links",
)


def old_and_young(period: timedelta, make: Callable[[str], object]) -> None:
    """Make one thing a day more than a period ago, and one a day less ago."""
    for age, name in ((period + DAY, "old"), (period - DAY, "young")):
        with clock.fixed_clock(clock.now() - age):
            make(name)


def tidy() -> dict[str, int]:
    found = {what: run() for what, run in TIDYING}
    db.session.rollback()
    return {what: count for what, count in found.items() if count}


def rows(column: object) -> list[object]:
    db.session.rollback()
    return list(db.session.scalars(select(column).order_by(column)))


def test_a_sign_in_that_ended_or_was_left_goes_and_a_late_one_stays(app: Flask) -> None:
    with transaction():
        users = {name: UserFactory().id for name in ("ended", "left")}

    def begin(name: str) -> None:
        sessions.end(sessions.begin(users["ended"], device=f"{name} ended"))
        sessions.begin(users["left"], device=f"{name} left")

    old_and_young(keeping.ENDED_SIGN_IN, begin)
    token = sessions.begin(users["left"], device="now")
    assert tidy() == {"ended sign-ins": 2}
    assert rows(SignIn.device) == ["now", "young ended", "young left"]
    assert sessions.find(token) is not None
    assert tidy() == {}


def test_an_account_nobody_confirmed_is_emptied_with_its_letters_and_the_address_is_free_again(app: Flask) -> None:
    def register(name: str) -> None:
        registration.register(
            Registration(f"{name} Name", f"{name}@example.org", "three odd words", JoinedAs.MYSELF, True)
        )

    def confirmed(name: str) -> None:
        with transaction():
            UserFactory(email=f"confirmed-{name}@example.org")

    old_and_young(keeping.UNCONFIRMED_ACCOUNT, register)
    old_and_young(keeping.UNCONFIRMED_ACCOUNT, confirmed)
    audited = db.session.scalar(select(func.count(AuditRow.id)))
    assert tidy() == {"accounts nobody confirmed": 1}
    emails = rows(User.email)
    assert [email for email in emails if "forgotten" in email] and "old@example.org" not in emails
    assert {"young@example.org", "confirmed-old@example.org", "confirmed-young@example.org"} < set(emails)
    gone = db.session.execute(select(User).where(User.email.like("forgotten-%"))).scalar_one()
    assert (gone.password_hash, gone.phone) == (None, None) and "old Name" not in gone.name
    assert rows(Email.to_address) == ["young@example.org"]
    assert db.session.scalar(select(func.count(AuditRow.id))) == audited + 1
    assert tidy() == {}
    register("old")
    assert "old@example.org" in rows(User.email)


def test_registering_again_begins_the_time_anew(app: Flask) -> None:
    again = Registration("Old Name", "old@example.org", "three odd words", JoinedAs.MYSELF, True)
    with clock.fixed_clock(clock.now() - keeping.UNCONFIRMED_ACCOUNT - DAY):
        registration.register(again)
    registration.register(again)
    assert "accounts nobody confirmed" not in tidy()


def test_names_of_past_invitations_go_and_the_invitation_stays(app: Flask) -> None:
    with transaction():
        manager_id = user_with_role(Role.BUDGET_MANAGER).id
    manager = actor_of(manager_id)
    organisation_id = manager.memberships[0].organisation_id

    def invite(name: str) -> None:
        invitations.invite(manager, organisation_id, name=name, email=f"{name}@example.org", role=Role.BUDGET_MANAGER)

    old_and_young(keeping.PAST_INVITATION + invitations.LIFE, invite)
    assert tidy() == {"past invitations": 1}
    assert rows(Invitation.email) == ["", "young@example.org"] and rows(Invitation.name) == ["", "young"]
    assert tidy() == {}


def test_a_file_of_budgets_loses_its_rows_and_keeps_its_figures(app: Flask, client: FlaskClient) -> None:
    with transaction():
        finance_id = user_with_role(Role.COUNCIL_FINANCE).id
        council_id = council().id
    finance = actor_of(finance_id)

    def load(name: str) -> None:
        totals = ControlTotals(1, 520_000)
        loads.confirm(finance, loads.prepare(finance, council_id, f"{name}-taken.csv", FILE, totals))
        loads.prepare(finance, council_id, f"{name}-left.csv", FILE, totals)

    old_and_young(keeping.LOADED_FILE, load)
    assert tidy() == {"files of budgets": 2}
    left = dict(db.session.execute(select(BudgetLoad.file_name, BudgetLoad.stored_as)).all())
    assert {name for name, content in left.items() if content} == {"young-taken.csv", "young-left.csv"}
    ids = dict(db.session.execute(select(BudgetLoad.file_name, BudgetLoad.id)).all())
    sign_in(client, finance_id)
    taken = client.get(f"/council/budgets/load/{ids['old-taken.csv']}")
    assert "Rows in the file 1 New budgets 1" in text_of(taken) and "for 90 days" in text_of(taken)
    page = f"/council/budgets/load/{ids['old-left.csv']}"
    assert "never confirmed" in text_of(client.get(page)) and "load the file again" in text_of(client.get(page))
    assert client.get(f"{page}/refused.csv").status_code == 404
    refused = submit(client, "/council/budgets/load", {}, to=f"{page}/confirm")
    assert refused.status_code == 409 and "load the file again" in text_of(refused)
    assert tidy() == {}


def test_old_letters_go_but_for_those_that_wait_and_a_new_one_with_the_same_number_is_sent(app: Flask) -> None:
    def write(name: str) -> None:
        with transaction():
            queue_email(f"{name}-sent@example.org", "A subject", "Text")
        create_worker(app).run_once()

    with clock.fixed_clock(clock.now() - keeping.LETTER - 2 * DAY), transaction():
        queue_email("waiting@example.org", "A subject", "Text")
        db.session.execute(update(OutboxRow).values(available_at=clock.now() + 2 * keeping.LETTER))
    old_and_young(keeping.LETTER, write)
    with transaction():  # the newest number is taken from somebody whose letters go
        user_id = UserFactory(verified_at=None, created_at=clock.now() - keeping.UNCONFIRMED_ACCOUNT - DAY).id
        newest = queue_email("unconfirmed@example.org", "A subject", "Text", user_id=user_id)
    assert tidy() == {"old letters": 1, "accounts nobody confirmed": 1}
    assert rows(Email.to_address) == ["waiting@example.org", "young-sent@example.org"]
    with transaction():
        following = queue_email("after@example.org", "A subject", "Text")
    assert following == newest or app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql")
    create_worker(app).run_once()
    assert db.session.scalar(select(Email.sent_at).where(Email.to_address == "after@example.org")) is not None
    assert tidy() == {}


def test_work_done_long_ago_goes_unless_its_key_has_to_be_remembered(app: Flask) -> None:
    def work(name: str) -> None:
        with transaction():
            enqueue(registration.RESEND, {"email": f"{name}@example.org"})
            enqueue(registration.RESEND, {"email": "nobody@example.org"}, key=f"{name} key")
        create_worker(app).run_once()

    with clock.fixed_clock(clock.now() - 2 * keeping.LETTER), transaction():
        enqueue(registration.RESEND, {}, not_before=clock.now() + 4 * keeping.LETTER)
    old_and_young(keeping.DONE_WORK, work)
    assert tidy() == {"work done long ago": 1}
    assert db.session.scalar(select(func.count(OutboxRow.id))) == 4
    assert "old@example.org" not in str(rows(cast(OutboxRow.payload, String)))
    with transaction():
        enqueue(registration.RESEND, {}, key="old key")
    assert db.session.scalar(select(func.count(OutboxRow.id))) == 4, "the key still says that it was done"


def test_words_that_found_nothing_are_counted_for_three_years(app: Flask) -> None:
    old_and_young(keeping.MISSED_WORDS, lambda name: note_miss(f"{name} bagpipes"))
    assert tidy() == {"words searched for long ago": 1}
    assert rows(SearchMiss.words) == ["young bagpipes"]


def test_an_unfinished_checkout_forgets_the_address_unless_its_basket_is_in_use(
    app: Flask, client: FlaskClient
) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    checkout_id = int(checkout.rsplit("/", 1)[1])

    def age(period: timedelta, *, touched: timedelta) -> None:
        with transaction():
            db.session.execute(update(Checkout).values(created_at=clock.now() - period))
            db.session.execute(update(Basket).values(touched_at=clock.now() - touched))

    over, under = keeping.UNFINISHED + DAY, keeping.UNFINISHED - DAY
    for period, touched in ((over, under), (under, over)):
        age(period, touched=touched)
        assert forget_unfinished() == 0
        assert WHERE["address"] in str(rows(cast(Checkout.answers, String)))
    age(over, touched=over)
    assert tidy() == {"old baskets": 1, "answers of unfinished checkouts": 1}
    assert WHERE["address"] not in str(rows(cast(Checkout.answers, String)))
    assert client.get(checkout).location == f"/basket?for={shop.person_id}"
    assert db.session.get(Checkout, checkout_id) is not None and tidy() == {}


def test_the_card_of_an_unfinished_checkout_is_let_go(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    shop = CardShop(stripe_sandbox)
    shop.card(client, shop.ready(client, way="own_money"))
    assert cards.forget_cards() == 0
    with clock.fixed_clock(clock.now() + keeping.UNFINISHED + DAY):
        assert cards.forget_cards() == 1
        assert cards.forget_cards() == 0
    assert rows(Checkout.stripe_payment_method_id) == [None]


def test_orders_money_and_the_audit_record_stay_for_ever(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.place(client, shop.ready(client))
    create_worker(app).run_jobs()
    before = counts()
    audited = db.session.scalar(select(func.count(AuditRow.id)))
    with clock.fixed_clock(clock.now() + timedelta(days=20 * 365)):
        assert tidy()
        assert counts() == before
        assert db.session.scalar(select(func.count(AuditRow.id))) == audited
        assert [order.delivery["address"] for order in all_orders()] == [WHERE["address"]] * 2
        assert [check.fault for check in all_checks() if check.fault] == []


def counts() -> dict[str, int]:
    db.session.rollback()
    return {table: db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in FACTS}


def test_the_worker_tidies_once_a_day_and_the_command_says_what_it_did(app: Flask) -> None:
    morning = clock.start_of_day(clock.today()) + timedelta(hours=9)
    with clock.fixed_clock(morning - keeping.MISSED_WORDS - 3 * DAY):
        note_miss("first bagpipes")
    with clock.fixed_clock(morning):
        create_worker(app).run_jobs()
    assert rows(SearchMiss.words) == []
    with clock.fixed_clock(morning - keeping.MISSED_WORDS - 3 * DAY):
        note_miss("second bagpipes")
    with clock.fixed_clock(morning + timedelta(minutes=5)):
        create_worker(app).run_jobs()
    assert rows(SearchMiss.words) == ["second bagpipes"], "not twice on one day"
    for said in ("1 words searched for long ago", "0 words searched for long ago"):
        with clock.fixed_clock(morning):
            result = CliRunner().invoke(cli.tidy, obj=lambda: app)
        assert result.exit_code == 0 and said in result.output.splitlines()


def test_without_its_own_part_of_the_tidying_what_is_old_would_stay(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: with a period that never ends, no part removes anything."""
    with transaction():
        user_id = UserFactory().id
    old_and_young(keeping.ENDED_SIGN_IN, lambda name: sessions.begin(user_id, device=name))
    monkeypatch.setattr(keeping, "ENDED_SIGN_IN", timedelta(days=36_500))
    assert tidy() == {}
    assert rows(SignIn.device) == ["old", "young"]


def test_the_privacy_page_promises_the_periods_that_are_kept(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = text_of(client.get("/privacy"))
    for promise in (
        "If nobody confirms the email address, 30 days",
        "an order that was not finished, 30 days",
        "At least 6 years after the end of the tax year",
        "Emails that we sent you So that you and we can look up what was said 1 year",
        "30 days after it was last used",
        "90 days after the invitation ended",
        "90 days after they were loaded",
        "Counted by day, for 3 years",
    ):
        assert promise in words, promise
    monkeypatch.setattr(keeping, "LOADED_FILE", timedelta(days=7))
    assert "7 days after they were loaded" in text_of(client.get("/privacy"))
