"""Work that nobody does twice and nobody forgets: two schedulers, a worker that died, and nights when clocks change."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update
from sqlalchemy.engine import Connection

from marketplace.database import db, in_transaction, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.outbox import services, worker
from marketplace.outbox.models import OutboxRow, RecurringJob
from marketplace.outbox.worker import Job, Worker, every_day, every_hour, every_minute
from payments.services import charging, reconcile
from tests.integration.payments.money.telling import card_story, entries, moves_of
from tests.races import at_once, errors
from tests.stripe import TestSandbox

AUTUMN = datetime(2026, 10, 25, tzinfo=UTC)
SPRING = datetime(2026, 3, 29, tzinfo=UTC)


def minutes_of(first: datetime, hours: int) -> Iterator[datetime]:
    """Every half an hour."""
    return (first + timedelta(minutes=30 * step) for step in range(2 * hours))


def runs_between(job: Job, first: datetime, hours: int) -> int:
    """How often a worker that looks twice an hour runs a job."""
    runs: list[datetime] = []
    watching = Worker({}, [Job(job.name, job.period, lambda: runs.append(clock.now()))])
    for moment in minutes_of(first, hours):
        with clock.fixed_clock(moment):
            watching.run_jobs()
    return len(runs)


def test_two_schedulers_at_once_run_a_period_once(app: Flask) -> None:
    for period in ("2026-11-22T09", "2026-11-22T10"):
        results = at_once(app, [lambda period=period: services.claim_job("charge", period)] * 8)  # type: ignore[misc]
        assert sorted(results, key=str) == [False] * 7 + [True]


def test_without_the_claim_two_schedulers_run_it_twice(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []
    job = Job("charge", every_hour, lambda: ran.append(1))
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with clock.fixed_clock(noon):
        at_once(app, [Worker({}, [job]).run_jobs] * 2)
        assert len(ran) == 1
        monkeypatch.setattr(services, "claim_job", lambda name, period: True)
        at_once(app, [Worker({}, [job]).run_jobs] * 2)
    assert len(ran) == 3


def test_what_two_schedulers_do_at_once_is_charged_once_all_the_same(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT)
    with clock.fixed_clock(clock.now() + timedelta(minutes=5)):
        at_once(app, [reconcile.run] * 4)
        reconcile.run()
    assert story.states == ("confirmed", "paid")
    assert moves_of(story.order_id) == ["begin", "capture"]
    assert [intent["amount"] for intent in stripe_sandbox.objects("payment_intents")] == [5_400]
    assert entries() == 4


def test_without_writing_down_the_attempt_two_schedulers_charge_twice(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: each run asks under a key of its own, and nobody looks at what Stripe has."""
    from itertools import count

    from payments.services.attempts import Attempt
    from payments.stripe.client import StripeGateway

    story = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT)
    numbers = count()
    monkeypatch.setattr(Attempt, "create_key", property(lambda self: f"charge:{next(numbers)}"))
    monkeypatch.setattr(StripeGateway, "find_payment", lambda *_: None)
    monkeypatch.setattr(charging, "take_in", lambda *_: None)
    errors(at_once(app, [lambda: charging.charge({"order_id": story.order_id})] * 2))
    assert [charge["amount"] for charge in stripe_sandbox.objects("charges")] == [5_400, 5_400]


def test_a_machine_whose_clock_is_behind_takes_no_period_that_is_over(app: Flask) -> None:
    ten = datetime(2026, 11, 22, 10, tzinfo=UTC)
    with clock.fixed_clock(ten):
        assert services.claim_job("link", every_minute(ten))
        services.finish_job("link", every_minute(ten))
    behind = ten - timedelta(seconds=20)
    with clock.fixed_clock(behind):
        assert not services.claim_job("link", every_minute(behind))
    # A clock that was wrong by days holds nothing up.
    with clock.fixed_clock(ten - timedelta(days=2)):
        assert services.claim_job("link", every_minute(clock.now()))


def test_without_the_look_at_the_later_claim_two_clocks_run_it_by_turns(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "CLOCKS_DIFFER", timedelta(0))
    ten = datetime(2026, 11, 22, 10, tzinfo=UTC)
    runs = 0
    for moment in (ten, ten - timedelta(seconds=20)) * 3:
        with clock.fixed_clock(moment):
            runs += services.claim_job("link", every_minute(moment))
    assert runs == 6


def test_a_job_whose_process_died_runs_again_when_its_lease_has_run_out(app: Flask) -> None:
    noon = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)

    def die() -> None:
        raise SystemExit

    with clock.fixed_clock(noon), pytest.raises(SystemExit):
        Worker({}, [Job("reconcile", every_hour, die)]).run_jobs()
    ran: list[datetime] = []
    again = Worker({}, [Job("reconcile", every_hour, lambda: ran.append(clock.now()))])
    for minutes in (1, 14, 16, 30):
        with clock.fixed_clock(noon + timedelta(minutes=minutes)):
            again.run_jobs()
    assert ran == [noon + timedelta(minutes=16)]


def test_without_an_end_of_the_lease_a_dead_process_holds_the_job_for_ever(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "JOB_LEASE", timedelta(days=36_500))
    noon = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)
    with clock.fixed_clock(noon):
        assert services.claim_job("reconcile", every_hour(noon))
    with clock.fixed_clock(noon + timedelta(minutes=50)):
        assert not services.claim_job("reconcile", every_hour(clock.now()))


def test_work_whose_worker_died_is_done_by_the_next_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction():
        services.enqueue("test", {"n": 1}, key="once")
        services.enqueue("test", {"n": 2}, key="once")

    def die(_payload: object) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        Worker({"test": die}, []).run_once()
    done: list[int] = []
    other = Worker({"test": lambda payload: done.append(payload["n"])}, [])
    assert other.run_once() == 0, "another worker may still be at it"
    with clock.fixed_clock(clock.now() + services.LEASE + timedelta(seconds=1)):
        assert (other.run_once(), other.run_once()) == (1, 0)
    assert done == [1]


def test_without_an_end_of_the_lease_the_work_of_a_dead_worker_is_lost(app: Flask) -> None:
    with transaction():
        services.enqueue("test", {})
    assert len(services.claim()) == 1
    with transaction():
        db.session.execute(update(OutboxRow).values(claimed_until=clock.now() + timedelta(days=36_500)))
    with clock.fixed_clock(clock.now() + timedelta(days=30)):
        assert services.claim() == []


@pytest.mark.parametrize("looks", [True, False])
def test_a_slow_worker_leaves_alone_what_another_may_have_taken_meanwhile(
    app: Flask, monkeypatch: pytest.MonkeyPatch, looks: bool
) -> None:
    """Two letters, and a mail server that takes three minutes for the first: the second is sent once."""
    with transaction():
        for number in (1, 2):
            services.enqueue("letter", {"n": number})
    sent: list[int] = []
    other = Worker({"letter": lambda payload: sent.append(payload["n"])}, [])
    moments = [clock.now()]

    def slowly(payload: dict[str, int]) -> None:
        sent.append(payload["n"])
        moments.append(moments[-1] + timedelta(minutes=3))
        if len(sent) == 1:
            other.run_once()

    if not looks:
        monkeypatch.setattr(services, "Claimed", partial(_held_for_ever, services.Claimed))
    with clock.fixed_clock(lambda: moments[-1]):
        Worker({"letter": slowly}, []).run_once()
    assert sent.count(2) == (1 if looks else 2)


def _held_for_ever(claimed: type[services.Claimed], *about: Any) -> services.Claimed:
    return replace(claimed(*about), until=datetime.max.replace(tzinfo=UTC))


def test_work_is_claimed_by_one_of_many_workers(app: Flask) -> None:
    with transaction():
        for number in range(30):
            services.enqueue("test", {"n": number})
    claimed = at_once(app, [lambda: [row.id for row in services.claim(10)]] * 6)
    ids = [row_id for each in claimed if isinstance(each, list) for row_id in each]
    assert len(ids) == len(set(ids)) == 30


@pytest.mark.parametrize("sunday", [SPRING, AUTUMN])
def test_daily_and_hourly_work_is_neither_left_out_nor_repeated_when_clocks_change(
    app: Flask, sunday: datetime
) -> None:
    """From Saturday noon to Monday noon: two London mornings, and an hour is an hour."""
    saturday_noon = sunday - timedelta(hours=12)
    # Begun at noon, so Saturday's own run is among them.
    assert runs_between(Job("daily", every_day, int), saturday_noon, 48) == 3
    assert runs_between(Job("hourly", every_hour, int), saturday_noon, 48) == 48
    assert db.session.scalar(select(func.count(RecurringJob.name))) == 2


def test_periods_by_the_hour_of_a_london_clock_would_leave_one_out_and_repeat_none(app: Flask) -> None:
    """Negative control: an hour named by London's clock comes twice in autumn and is one period, so one run is lost."""

    def by_london(moment: datetime) -> str:
        return clock.london(moment).strftime("%Y-%m-%dT%H")

    assert runs_between(Job("hourly", by_london, int), AUTUMN, 6) == 5


def test_a_day_that_begins_at_another_name_in_the_small_hours_would_run_twice(app: Flask) -> None:
    """Negative control of the one name of a day from six to six."""

    def two_names(moment: datetime) -> str:
        local = clock.london(moment)
        return local.date().isoformat() if local.hour >= 6 else f"before {local.date()}"

    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert runs_between(Job("daily", two_names, int), noon, 24) == 3
    assert runs_between(Job("right", every_day, int), noon, 24) == 2
    assert worker.every_day(datetime(2026, 11, 22, 5, 59, tzinfo=UTC)) == "2026-11-21"


def test_looking_for_work_writes_nothing_when_there_is_none(app: Flask) -> None:
    """A worker looks twice a second: it must not take the turn of those who write."""
    job = Job("link", every_minute, lambda: None)
    with clock.fixed_clock(datetime(2026, 11, 22, 12, tzinfo=UTC)):
        Worker({}, [job]).run_jobs()
        with transaction_forbidden():
            Worker({}, [job]).run_jobs()
    with (
        clock.fixed_clock(datetime(2026, 11, 22, 12, 1, tzinfo=UTC)),
        pytest.raises(AssertionError, match="a turn"),
        transaction_forbidden(),
    ):
        Worker({}, [job]).run_jobs()


@contextmanager
def transaction_forbidden() -> Iterator[None]:
    """Fails whoever begins to write."""

    def begun(connection: Connection) -> None:
        assert not in_transaction(), "somebody took a turn to write"

    event.listen(db.engine, "begin", begun)
    try:
        yield
    finally:
        event.remove(db.engine, "begin", begun)
