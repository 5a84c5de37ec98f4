"""What needs a person today: everything that waits, oldest first, and nothing else."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from budgets.domain.people import LetterAbout
from budgets.services import letters
from catalogue.domain import ListingState, ProviderState
from catalogue.models import ProviderClaim
from marketplace.accounts.domain import Role
from marketplace.database import db, transaction
from marketplace.desk import queries, services
from marketplace.desk.domain import TaskKind
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import OutboxRow
from marketplace.outbox.services import enqueue
from payments import ledger
from payments.domain import OrderState, PaymentState
from payments.ledger import Subject, stories
from payments.models import LevyRate
from payments.services import explaining, levy_issuers
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory, council, user_with_role
from tests.factories.budgets import PersonFactory
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.integration.desk.desks import a_complaint, an_operator, an_order, at_the_desk, failed_work, statements
from tests.integration.payments.money.telling import operators


def _kinds(app: Flask) -> list[TaskKind]:
    return [task.kind for task in queries.list_tasks(an_operator())]


def _claim() -> int:
    with transaction():
        provider = ProviderFactory(unclaimed=True)
        return int(
            db.session.execute(
                insert(ProviderClaim)
                .values(
                    organisation_id=provider.organisation_id,
                    user_id=UserFactory(name="Priya Manager").id,
                    position="Registered manager",
                    evidence="Call the office on 01632 960 001",
                    created_at=clock.now(),
                )
                .returning(ProviderClaim.id)
            ).scalar_one()
        )


def test_nothing_waits_on_a_quiet_day(app: Flask) -> None:
    with transaction():
        ListingFactory()
    an_order(state=OrderState.ACCEPTED)
    an_order(state=OrderState.CONFIRMED)
    an_order(state=OrderState.AWAITING_PAYMENT, payment_state=PaymentState.FAILED, rail=Rail.OWN_MONEY)
    an_order(state=OrderState.EXPIRED, payment_state=PaymentState.FAILED, rail=Rail.OWN_MONEY)
    assert _kinds(app) == []


def test_each_kind_of_thing_that_waits_is_there(app: Flask) -> None:
    now = clock.now()
    with transaction():
        applied = ProviderFactory(state=ProviderState.APPLIED, applied_at=now)
        ListingFactory(state=ListingState.WAITING)
        db.session.add(
            LevyRate(
                council_id=council().id,
                rail=Rail.COUNCIL_MANAGED,
                rate_bp=200,
                starts_on=clock.today() + timedelta(days=9),
                set_by_user_id=UserFactory().id,
                created_at=now,
            )
        )
        assert applied
        letters.write_to(PersonFactory(council_id=None), "A letter", "Words", LetterAbout.AUTHORITY)
    _claim()
    a_complaint()
    an_order(state=OrderState.CONFIRMED, payment_state=PaymentState.REVIEW, rail=Rail.OWN_MONEY)
    an_order(answer_by=now + timedelta(hours=20))
    an_order(state=OrderState.DONE, done_at=now - timedelta(days=8))
    failed_work()
    assert set(_kinds(app)) == set(TaskKind) - {TaskKind.REFUND, TaskKind.WORKER, TaskKind.ISSUER, TaskKind.EXPLANATION}


def test_what_a_colleague_has_to_confirm_or_to_agree_to_waits(app: Flask) -> None:
    first, _ = operators()
    with transaction():
        moved = ledger.book(stories.movement("txn_9", "topup", 500, 0, clock.now(), Subject()))
    explaining.explain(first, moved, ledger.OPERATOR_BANK, "Our top-up")
    month = clock.next_month(clock.today())
    levy_issuers.propose_issuer(first, month, "Care Market CIC", "1 High Row", None)
    assert _kinds(app) == [TaskKind.EXPLANATION, TaskKind.ISSUER]


@pytest.mark.parametrize("state", [PaymentState.FAILED, PaymentState.DISPUTED, PaymentState.REVIEW])
def test_a_payment_in_trouble_waits(app: Flask, state: PaymentState) -> None:
    an_order(state=OrderState.CONFIRMED, payment_state=state, rail=Rail.DIRECT_PAYMENT)
    assert _kinds(app) == [TaskKind.PAYMENT]


def test_an_order_with_time_to_be_answered_does_not_wait(app: Flask) -> None:
    an_order(answer_by=clock.now() + timedelta(days=2))
    assert _kinds(app) == []


def test_an_order_done_a_week_ago_is_not_a_task_yet(app: Flask) -> None:
    an_order(state=OrderState.DONE, done_at=clock.now() - timedelta(days=6))
    assert _kinds(app) == []


def test_work_that_nobody_takes_up_is_a_task_after_a_while(app: Flask) -> None:
    with transaction():
        enqueue("email.send", {"email_id": 1}, not_before=clock.now() - timedelta(minutes=5))
    assert _kinds(app) == []
    with transaction():
        enqueue("email.send", {"email_id": 2}, not_before=clock.now() - timedelta(minutes=20))
    assert _kinds(app) == [TaskKind.WORKER]


def test_the_oldest_comes_first(app: Flask) -> None:
    an_order(state=OrderState.DONE, done_at=clock.now() - timedelta(days=9))
    a_complaint()
    with transaction():
        ProviderFactory(state=ProviderState.APPLIED, applied_at=clock.now() - timedelta(days=20))
    since = [task.since for task in queries.list_tasks(an_operator())]
    assert since == sorted(since)
    assert _kinds(app) == [TaskKind.PROVIDER, TaskKind.UNCONFIRMED, TaskKind.COMPLAINT]


def test_the_page_says_what_to_do_and_since_when(app: Flask, client: FlaskClient) -> None:
    a_complaint()
    at_the_desk(client)
    words = text_of(client.get("/desk"))
    assert "Something went wrong" in words
    assert "Call both sides" in words
    assert "2 days ago" in words


def test_an_empty_desk_is_clear_since_the_last_thing_that_was_done(app: Flask, client: FlaskClient) -> None:
    actor = at_the_desk(client)
    assert "All clear" in text_of(client.get("/desk"))
    row_id = failed_work()
    services.try_again(actor, row_id)
    done_at = queries.clear_since()
    assert done_at is not None
    words = text_of(client.get("/desk"))
    assert "All clear since" in words


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_the_desk_is_for_the_operator_alone(app: Flask, client: FlaskClient, role: Role) -> None:
    with transaction():
        user_id = user_with_role(role).id
    sign_in(client, user_id)
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("desk."):
            page = rule.rule
            for name in rule.arguments:
                page = page.replace(f"<int:{name}>", "1")
            assert client.get(page).status_code in (404, 405), page


def test_work_is_tried_again_by_the_operator_only(app: Flask, client: FlaskClient) -> None:
    row_id = failed_work()
    at_the_desk(client)
    assert "no mail server" in text_of(client.get(f"/desk/work/{row_id}"))
    submit(client, f"/desk/work/{row_id}", {}, to=f"/desk/work/{row_id}/again")
    row = db.session.execute(select(OutboxRow).where(OutboxRow.id == row_id)).scalar_one()
    assert row.failed_at is None
    assert row.attempts == 0
    assert client.get(f"/desk/work/{row_id}").status_code == 404
    with transaction():
        stranger = UserFactory().id
    from marketplace.accounts.queries import actor_of

    with pytest.raises(NotFound):
        services.try_again(actor_of(stranger), failed_work())


def test_as_many_queries_however_much_waits(app: Flask) -> None:
    actor = an_operator()
    counts = []
    for more in (2, 10):
        for _ in range(more):
            a_complaint()
            an_order(answer_by=clock.now())
            _claim()
            with transaction():
                ProviderFactory(state=ProviderState.APPLIED, applied_at=clock.now())
                ListingFactory(state=ListingState.WAITING)
        db.session.rollback()
        db.session.expire_all()
        with statements() as found:
            queries.list_tasks(actor)
        counts.append(len(found))
    assert counts[0] == counts[1]
