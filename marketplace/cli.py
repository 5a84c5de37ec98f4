"""The `marketplace` command."""

import logging
import os
import sys
from collections.abc import Callable

import click
from flask import Flask

from marketplace.config import Settings
from marketplace.kernel.errors import DomainError, SettingsError


def make_app(*, migrated: bool = True) -> Flask:
    """The application of the environment's settings, for a command. Raises SettingsError when it cannot work."""
    from sqlalchemy.exc import OperationalError

    from marketplace import schema
    from marketplace.app import create_app

    app = create_app()
    with app.app_context():
        try:
            is_pending = schema.pending()
        except OperationalError as error:
            reason = str(error.orig).splitlines()[0]
            raise SettingsError(f"The database does not answer ({reason}): look at DATABASE_URL.") from None
    if is_pending and migrated:
        raise SettingsError("The database is not up to date: run `marketplace migrate` first.")
    return app


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def cli(context: click.Context) -> None:
    """An e-marketplace for care and support. Settings come from the environment: see the README."""
    # Commands of packages below cannot import this module: they find the way to an application here.
    context.obj = context.obj or make_app


@cli.command()
def migrate() -> None:
    """Bring the database up to date. Its tables, the councils and the categories."""
    from marketplace import reference, schema

    with make_app(migrated=False).app_context():
        schema.migrate()
        reference.ensure()
    click.echo("The database is up to date.")


@cli.command("write-migration", hidden=True)
@click.argument("number")
@click.argument("message")
def write_migration(number: str, message: str) -> None:
    """Write the next migration from what differs."""
    from marketplace import schema

    with make_app(migrated=False).app_context():
        schema.write_next(message, number)


@cli.command()
def serve() -> None:
    """Serve the pages on HOST and PORT. One process of several threads, by gunicorn."""
    settings = Settings.from_env()
    if not settings.demo:  # the demo has migrated by itself, and every second of its start counts
        make_app()
    os.execvp(
        sys.executable,
        [
            sys.executable,
            "-m",
            "gunicorn",
            "marketplace.wsgi:create_app()",
            "--bind",
            f"{settings.host}:{settings.port}",
            "--worker-class",
            "gthread",
            "--threads",
            str(settings.web_threads),
            "--no-control-socket",
            "--graceful-timeout",
            "10",
            "--access-logfile",
            "-" if os.environ.get("ACCESS_LOG") else "/dev/null",
        ],
    )


@cli.command()
@click.option("--once", is_flag=True, help="Do what is due now, then stop.")
def worker(once: bool) -> None:
    """Send, index, charge and tidy up in the background. Also does the jobs that recur each day and hour."""
    from marketplace.app import create_worker

    app = make_app()
    with app.app_context():
        running = create_worker(app)
        if once:
            running.run_once()
            running.run_jobs()
        else:
            running.run_forever()


@cli.command()
@click.pass_obj
def tidy(make: Callable[[], Flask]) -> None:
    """Remove what is kept for a time only. The privacy page promises it. The worker does the same once a day."""
    app = make()
    with app.app_context():
        for what, run in app.extensions["tidying"]:
            click.echo(f"{run():,} {what}")


@cli.command("stripe-sandbox")
@click.option("--port", type=int, default=12111, show_default=True, help="Where to listen, on 127.0.0.1.")
@click.option("--data", "folder", type=click.Path(file_okay=False), required=True, help="Where to keep its accounts.")
@click.option("--webhook-url", help="Where to send events, such as http://127.0.0.1:8000/stripe/webhook.")
@click.option("--webhook-secret", help="What signs them: the STRIPE_WEBHOOK_SECRET of the site.")
@click.option(
    "--webhook-payload",
    type=click.Choice(["snapshot", "thin", "both"]),
    default="snapshot",
    show_default=True,
    help="How events are sent: with the object, or naming it only.",
)
def stripe_sandbox(
    port: int, folder: str, webhook_url: str | None, webhook_secret: str | None, webhook_payload: str
) -> None:
    """Run the Stripe sandbox alone. Its API is at /v1 and takes any key that begins sk_test_."""
    from marketplace.stripe_sandbox.server import serve as serve_sandbox

    sys.exit(
        serve_sandbox(
            port,
            folder,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            webhook_payload=webhook_payload,
        )
    )


@cli.group("import")
def import_group() -> None:
    """Bring in files: providers, directory, postcodes, budgets."""


def register_package_commands() -> None:
    """Each package may have a `cli.py` with `register(cli, import_group)`.

    Its commands find `make_app` as the `obj` of click's context: they must not import this module, which is above them.
    """
    import budgets.cli
    import catalogue.cli
    import marketplace.accounts.cli
    import marketplace.bench
    import marketplace.demo.cli
    import payments.cli

    for module in (marketplace.accounts.cli, catalogue.cli, budgets.cli, payments.cli, marketplace.demo.cli):
        module.register(cli, import_group)
    marketplace.bench.register(cli)


def main() -> None:
    """Run a command; a refusal is one clear line and exit code 1."""
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "WARNING"), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    register_package_commands()
    try:
        cli(standalone_mode=False, obj=make_app)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except (DomainError, SettingsError) as error:
        click.echo(error.message, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
