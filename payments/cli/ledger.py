"""`marketplace ledger`: what an account has on a day, what moved on it, and the months that are closed."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta

import click
from flask import Flask

from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds
from payments import ledger

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("ledger")
def group() -> None:
    """Read the ledger, and close its months. Plus is a debit, minus a credit."""


@group.command()
@click.option("--on", type=_DAY, help="At the end of this day, such as 2026-10-31; now when left out.")
@click.option("--like", "pattern", default="%", help="Accounts of this pattern alone, such as provider:12:% .")
@click.option("--all", "with_zero", is_flag=True, help="Accounts that are at £0.00 too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, in pence.")
@click.pass_obj
def balances(make: Callable[[], Flask], on: datetime | None, pattern: str, with_zero: bool, as_json: bool) -> None:
    """Show what each account has. Together they are always at £0.00."""
    with make().app_context():
        found = ledger.balances(pattern, on.date() if on else None)
    shown = {code: pence for code, pence in found.items() if pence or with_zero}
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    for code, pence in shown.items():
        click.echo(f"{code:<32} {format_pounds(pence):>16}")
    click.echo(f"{'together':<32} {format_pounds(sum(shown.values())):>16}")


@group.command()
@click.argument("code")
@click.option("--from", "first", type=_DAY, help="The first day; the first of this month when left out.")
@click.option("--to", "last", type=_DAY, help="The last day; today when left out.")
@click.pass_obj
def account(make: Callable[[], Flask], code: str, first: datetime | None, last: datetime | None) -> None:
    """Show what moved on an account. What was booked late says when it happened."""
    with make().app_context():
        start = first.date() if first else clock.first_of_month(clock.today())
        end = last.date() if last else clock.today()
        if not ledger.balances(code):
            raise click.ClickException(f"There is no account {code}: `marketplace ledger balances --all` has them all.")
        click.echo(_line("", "brought forward", None, ledger.balance(code, start - timedelta(days=1))))
        for line in ledger.statement(code, start, end):
            what = line.cause + (f", order {line.order_id}" if line.order_id else "")
            if line.happened_on != line.booked_on:
                what += f", happened on {line.happened_on}"
            if line.reason:
                what += f": {line.reason}"
            click.echo(_line(line.booked_on, what, line.pence, line.balance_pence))
        click.echo(_line("", "carried forward", None, ledger.balance(code, end)))


@group.command()
@click.option("--up-to", type=click.DateTime(["%Y-%m"]), help="The last month to close, such as 2026-10.")
@click.pass_obj
def close(make: Callable[[], Flask], up_to: datetime | None) -> None:
    """Close the months that are over. What comes late is booked in the next one; the worker does it after 5 days."""
    with make().app_context():
        closed = ledger.close_months(clock.next_month(up_to.date()) if up_to else None)
    for month in closed:
        click.echo(f"{month:%B %Y} is closed.")
    if not closed:
        click.echo("No month that is over is open.")


@group.command()
@click.pass_obj
def months(make: Callable[[], Flask]) -> None:
    """List the closed months. With what was counted in each when it was closed."""
    with make().app_context():
        for month in ledger.list_months():
            debits = format_pounds(month.debit_pence)
            when = f"{clock.london(month.closed_at):%Y-%m-%d %H:%M}"
            click.echo(f"{month.starts_on:%Y-%m}  {month.entries:>9,} entries  {debits:>16} of debits  closed {when}")


def _line(day: date | str, what: str, pence: int | None, balance: int) -> str:
    moved = "" if pence is None else format_pounds(pence)
    return f"{day!s:<10}  {moved:>14}  {format_pounds(balance):>14}  {what}"
