"""Commands of payments: check everything that must be true, complete what no webhook told, and read the ledger."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import click
from flask import current_app

from marketplace.audit.queries import check_chain
from marketplace.kernel import clock
from marketplace.kernel.checks import Check
from payments.cli import exports, ledger, levy, settlement


def register(cli: click.Group, import_group: click.Group) -> None:
    """Add this package's commands to `marketplace` and to `marketplace import`."""
    cli.add_command(verify)
    cli.add_command(reconcile)
    cli.add_command(ledger.group)
    cli.add_command(settlement.settlement_files)
    cli.add_command(levy.levy_invoices)
    cli.add_command(exports.group)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def verify(as_json: bool) -> None:
    """Check the books: one line for each invariant. Exit code 1 when one does not hold.

    I1 entries balance. I2 no budget is overspent. I3 nothing is charged or moved twice, stands otherwise than Stripe
    told, or waits for work that nobody promises. I4 no more is given back than was paid. I5 the levy follows its rule.
    I6 the ledger agrees with Stripe. I7 everything says who did it for whom. I8 indexes and summaries are what the
    tables say.
    """
    with click.get_current_context().obj().app_context():
        checks = all_checks()
    if as_json:
        click.echo(json.dumps(as_object(checks), indent=2))
    else:
        for check in checks:
            click.echo(line(check))
    if not all(check.ok for check in checks):
        sys.exit(1)


@click.command()
@click.option("--now", is_flag=True, help="Look at what was touched in the last two minutes too.")
def reconcile(now: bool) -> None:
    """Make the books equal to Stripe. Asks about everything on its way, and books what moved without our being told.

    Says what it booked, and what is booked otherwise than Stripe has it. Twice is once, and a second one at the same
    time does no harm.
    """
    from payments.services import reconcile as service

    with click.get_current_context().obj().app_context():
        report = service.run(quiet=timedelta(0)) if now else service.run()
    for said in report.lines():
        click.echo(said)
    if report.faults or report.differs:
        sys.exit(1)


def all_checks() -> list[Check]:
    """What every package checks, in the order of the invariants; a check that itself fails is a fault."""
    found = [check for run in (*_runs(), _chain) for check in _guarded(run)]
    return sorted(found, key=lambda check: check.invariant)


def line(check: Check) -> str:
    """`I1 ok 12,345 entries`, or the fault."""
    if check.ok:
        return f"{check.invariant} ok {check.count:,} {check.what}"
    return f"{check.invariant} FAILED {check.count:,} {check.what}: {check.fault}"


def as_object(checks: Iterable[Check]) -> dict[str, object]:
    """The same for machines."""
    rows = [
        {"invariant": check.invariant, "ok": check.ok, "count": check.count, "what": check.what, "fault": check.fault}
        for check in checks
    ]
    return {"ok": all(row["ok"] for row in rows), "checks": rows}


def _runs() -> tuple[Callable[[], Iterable[Check]], ...]:
    """The checks of every package: joined where the packages are."""
    runs: tuple[Callable[[], Iterable[Check]], ...] = current_app.extensions["checks"]
    return runs


def _guarded(run: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    try:
        yield from run()
    except Exception as error:
        yield Check("I0", f"checks of {run.__module__}", 0, f"{type(error).__name__}: {error}")


def _chain() -> Iterator[Check]:
    """I7: the audit record is one chain, and how long its tail waits to be linked."""
    chain = check_chain()
    what = "audit rows in one chain"
    if chain.unlinked and chain.oldest_unlinked_at is not None:
        minutes = int((clock.now() - chain.oldest_unlinked_at).total_seconds() // 60)
        what += f" ({chain.unlinked:,} not linked yet, the oldest since {minutes:,} minutes)"
    yield Check("I7", what, chain.links, chain.fault)
