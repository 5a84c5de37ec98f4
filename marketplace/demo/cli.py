"""The `marketplace demo` command."""

import os
from collections.abc import Mapping
from pathlib import Path

import click

from marketplace.demo import supervisor
from marketplace.kernel.errors import SettingsError

TO_TRY = """
  {url}          the marketplace
  {url}/demo     ten people to be, each with something to try

  Search for “gardening” near DL3 7TX · buy with card 4242 4242 4242 4242 (declined: 4000 0000 0000 0002)
  Stop with Ctrl-C. `make demo` again keeps what you did, `make demo-reset` starts anew.
"""
SANDBOX = "Stripe sandbox"


def register(cli: click.Group, import_group: click.Group) -> None:
    """Add this package's command to `marketplace`."""
    cli.add_command(demo)


@click.command()
@click.option("--reset", is_flag=True, help="Throw the demo's data away first.")
def demo(reset: bool) -> None:
    """Serve a demo council with all that it needs. Pages, worker and a Stripe sandbox: Ctrl-C stops them together."""
    port = _port()
    data = Path(os.environ.get("MARKETPLACE_DATA", "var")).resolve()
    supervisor.check_port(port)
    if supervisor.was_cut_short(data) and os.environ.get("DATABASE_URL"):
        raise SettingsError(
            "The first load of this demo was cut short, and DATABASE_URL names a database that it may not empty: "
            f"give it an empty one, remove {data / supervisor.LOADING}, then start again."
        )
    lock = supervisor.prepare_folder(data, reset=reset)
    env = supervisor.environment(data, port, os.environ)
    os.environ.update(env)
    running = supervisor.Supervisor(env)
    url = f"http://127.0.0.1:{port}"
    try:
        if not _is_loaded(data):
            # Without webhooks: nobody would answer them yet, and what they tell is taken in during the load.
            running.start(SANDBOX, *_sandbox(env, data))
            running.wait_until_healthy(env["STRIPE_API_BASE"] + "/healthz")
            with running.interruptible():
                _load(data)
            running.end(SANDBOX)
        webhooks = ("--webhook-url", f"{url}/stripe/webhook", "--webhook-secret", env["STRIPE_WEBHOOK_SECRET"])
        running.start(SANDBOX, *_sandbox(env, data), *webhooks)
        running.start("web server", "serve")
        running.start("worker", "worker")
        running.wait_until_healthy(f"{url}/healthz")
        if not running.stopping:
            click.echo(TO_TRY.format(url=url))
        running.watch()
    except OSError as error:
        raise SettingsError(f"The demo cannot go on: {error.strerror} ({error.filename or data}).") from None
    finally:
        running.stop()
        lock.close()
    click.echo("Stopped.")


def _sandbox(env: Mapping[str, str], data: Path) -> tuple[str, ...]:
    """The command that serves the Stripe sandbox."""
    return ("stripe-sandbox", "--port", env["DEMO_SANDBOX_PORT"], "--data", str(data / "stripe-sandbox"))


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SettingsError(f"PORT is “{text}”: set it to a number from 1 to 65535.")
    return int(text)


def _is_loaded(data: Path) -> bool:
    """Whether this very version of tables and data was loaded; another one migrates and adds what is missing."""
    from marketplace.demo.version import fingerprint

    mark = data / supervisor.LOADED
    return mark.exists() and mark.read_text() == fingerprint()


def _load(data: Path) -> None:
    """Fill the folder's database; what the database itself refuses, such as a full disk, is one line."""
    from sqlalchemy.exc import OperationalError

    from marketplace.demo import load
    from marketplace.demo.version import fingerprint

    loaded, loading = data / supervisor.LOADED, data / supervisor.LOADING
    if not loaded.exists():
        loading.touch()
    try:
        with click.get_current_context().obj(migrated=False).app_context():
            load.ensure(click.echo)
    except OperationalError as error:
        raise SettingsError(f"The demo cannot go on: {str(error.orig).splitlines()[0]}.") from None
    loaded.write_text(fingerprint())
    loading.unlink(missing_ok=True)
