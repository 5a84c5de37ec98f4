"""The sandbox as a process of its own: starts, says its address, survives being killed, ends at once when told."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from marketplace.stripe_sandbox.app import LiveKeyRefused, create_app
from marketplace.stripe_sandbox.server import RunningSandbox, free_port
from marketplace.stripe_sandbox.store import FolderInUse

from .conftest import SECRET, Receiver, new_client, wait_until

ROOT = Path(__file__).parents[3]
ORDER = {
    "amount": 5_400,
    "currency": "gbp",
    "payment_method": "pm_card_visa",
    "payment_method_types": ["card"],
    "confirm": True,
}


def command(folder: Path, port: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "marketplace.stripe_sandbox", "--port", str(port), "--data", str(folder), *more]


@contextmanager
def running(folder: Path, *more: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    process = subprocess.Popen(
        command(folder, port, *more),
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert f"http://127.0.0.1:{port}" in line, line
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate(timeout=10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_ends_at_once_even_with_a_connection_open(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as (process, url):
        new_client(url).v1.balance.retrieve()
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - began < 4


def test_process_ends_at_once_while_a_webhook_hangs(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hook = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
        with running(tmp_path, "--webhook-url", hook, "--webhook-secret", SECRET) as (process, url):
            new_client(url).v1.customers.create({"name": "One"})
            silent.accept()[0].close()
            new_client(url).v1.customers.create({"name": "Two"})
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
            assert time.monotonic() - began < 4


def test_killed_process_forgets_nothing(tmp_path: Path, receiver: Receiver) -> None:
    options = ("--webhook-url", receiver.url, "--webhook-secret", SECRET)
    key = {"idempotency_key": "charge:1"}
    receiver.answers = [503] * 100
    with running(tmp_path, *options) as (process, url):
        first = new_client(url).v1.payment_intents.create(ORDER, key)
        process.kill()
        process.wait(timeout=10)
    receiver.answers = []
    receiver.events.clear()
    with running(tmp_path, *options) as (process, url):
        api: Any = new_client(url).v1
        again = api.payment_intents.create(ORDER, key)
        assert again.id == first.id
        assert again.last_response.headers["idempotent-replayed"] == "true"
        assert len(api.payment_intents.list().data) == 1
        wait_until(lambda: {"payment_intent.created", "payment_intent.succeeded"} <= set(receiver.types()))


def test_process_refuses_to_start_beside_a_live_key(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path, free_port()),
        cwd=ROOT,
        env={**os.environ, "STRIPE_SECRET_KEY": "sk_live_secret"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "live key" in done.stderr and "sk_live_secret" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_application_refuses_a_live_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "rk_live_x")
    with pytest.raises(LiveKeyRefused):
        create_app(tmp_path)


def test_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            command(tmp_path, port), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
        )
    assert done.returncode == 1
    assert done.stderr == f"stripe-sandbox: port {port} is taken. Stop what uses it, or choose another with --port.\n"


def test_what_is_no_port_is_refused_and_no_other_one_taken(tmp_path: Path) -> None:
    done = subprocess.run(command(tmp_path, 99_999), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "stripe-sandbox: 99999 is no port: choose one from 1 to 65535.\n"


def test_second_sandbox_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with RunningSandbox(tmp_path), pytest.raises(FolderInUse, match="is using the folder"):
        RunningSandbox(tmp_path)
    RunningSandbox(tmp_path).stop()


def test_webhook_address_without_a_secret_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path, free_port(), "--webhook-url", "http://127.0.0.1:9/hook"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, "needs its secret" in done.stderr) == (1, True)


def test_changed_webhook_secret_is_taken_over_at_start(tmp_path: Path, receiver: Receiver) -> None:
    with RunningSandbox(tmp_path, webhook_url=receiver.url, webhook_secret="whsec_old"):
        pass
    with RunningSandbox(tmp_path, webhook_url=receiver.url, webhook_secret=SECRET) as sandbox:
        api = new_client(sandbox.url).v1
        assert len(api.webhook_endpoints.list().data) == 1
        api.customers.create({"name": "One"})
        wait_until(lambda: receiver.of_type("customer.created"))
    assert receiver.refused == []
