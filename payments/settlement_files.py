"""The files of a settlement run: for a payer's bank and finance system, and each provider's remittance.

Built from what never changes, in a fixed order and spelling, so that the same run is the same bytes whenever it is
fetched. In CSV files amounts are pounds with two decimals and no sign of thousands; dates are ISO.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.money import format_pounds, plain_pounds
from marketplace.kernel.spreadsheets import csv_of, harmless
from marketplace.ui.filters import short_date
from marketplace.ui.pdf import Address, Column, Paper, Sheet
from payments.banking.bacs import Credit, Submission, bacs_file
from payments.files import iso_day
from payments.journal import Creditor, JournalLine, JournalMap, money_cell
from payments.journal import rows as journal_rows
from payments.queries.due import Remittance
from payments.queries.payers import SettingsView
from payments.queries.settlement_runs import PaymentView, RunView
from payments.words import RUN_STATES

RUNS = (
    "run",
    "payer",
    "state",
    "up_to",
    "prepared_on",
    "prepared_by",
    "sent_on",
    "sent_by",
    "gross",
    "levy",
    "net",
    "why_not_sent",
)
PAYMENTS = ("run", "payer", "up_to", "payee_type", "payee_number", "payee", "lines", "gross", "levy", "amount")
REMITTANCE = ("run", "payer", "order", "date", "person", "kind", "gross", "levy", "net")
Cell = TypeVar("Cell")


def runs_csv(runs: Iterable[RunView], names: Mapping[int | None, str]) -> str:
    """Runs in the order of their list, with who prepared and sent each."""
    rows = (
        (
            run.reference,
            harmless(run.payer_name),
            RUN_STATES[run.state],
            run.up_to.isoformat(),
            iso_day(run.prepared_at),
            harmless(names.get(run.prepared_by_user_id)),
            iso_day(run.sent_at) if run.sent_at else "",
            harmless(names.get(run.sent_by_user_id)),
            plain_pounds(run.gross_pence),
            plain_pounds(run.levy_pence),
            plain_pounds(run.net_pence),
            harmless(run.words),
        )
        for run in runs
    )
    return csv_of(RUNS, rows)


def payments_csv(run: RunView) -> str:
    """Who is paid what: each provider its net, the operator its one line, and the control totals as the last row."""
    head = (run.reference, harmless(run.payer_name), run.up_to.isoformat())
    rows: list[Sequence[object]] = []
    for part in run.totals.providers:
        rows.append(
            (
                *head,
                "provider",
                part.organisation_id,
                harmless(part.provider_name),
                len(part.lines),
                plain_pounds(part.gross_pence),
                plain_pounds(part.levy_pence),
                plain_pounds(part.net_pence),
            )
        )
    rows.append((*head, "operator", "", "Levy", "", "", "", plain_pounds(run.levy_pence)))
    rows.append(
        (
            *head,
            "control total",
            "",
            "",
            run.totals.line_count,
            plain_pounds(run.gross_pence),
            plain_pounds(run.levy_pence),
            plain_pounds(run.gross_pence),
        )
    )
    return csv_of(PAYMENTS, rows)


def remittance_csv(run: RunView, remittance: Remittance) -> str:
    """A provider's lines of a run, with the sum as the last row."""
    head = (run.reference, harmless(run.payer_name))
    rows: list[Sequence[object]] = [
        (
            *head,
            line.reference,
            line.on.isoformat(),
            *_person(remittance, harmless(line.person_name)),
            line.kind,
            plain_pounds(line.gross_pence),
            plain_pounds(line.levy_pence),
            plain_pounds(line.net_pence),
        )
        for line in remittance.lines
    ]
    rows.append(
        (
            *head,
            "",
            "",
            *_person(remittance, ""),
            "sum",
            plain_pounds(remittance.gross_pence),
            plain_pounds(remittance.levy_pence),
            plain_pounds(remittance.net_pence),
        )
    )
    return csv_of([name for name in REMITTANCE if name != "person" or remittance.names_people], rows)


def _person(remittance: Remittance, cell: Cell) -> tuple[Cell, ...]:
    """The cell of a column that says who was helped; nothing for a reader who does not see it."""
    return (cell,) if remittance.names_people else ()


def journal_csv(run: RunView, mapping: JournalMap) -> str:
    """The run as the payer's journal: its own columns and codes."""
    lines = [
        JournalLine(
            line.reference,
            part.provider_name,
            part.organisation_id,
            line.gross_pence,
            line.refund_id is not None,
            line.pays_again_id is not None,
            line.split,
        )
        for part in run.totals.providers
        for line in part.lines
    ]
    creditors = [
        *(Creditor(part.provider_name, part.organisation_id, part.net_pence) for part in run.totals.providers),
        Creditor("Levy", None, run.levy_pence),
    ]
    rows = journal_rows(mapping, run.reference, run.up_to.isoformat(), lines, creditors)
    return csv_of(
        [harmless(heading) for _, heading in mapping.columns],
        ([_journal_cell(name, row) for name, _ in mapping.columns] for row in rows),
    )


def _journal_cell(name: str, row: Mapping[str, object]) -> object:
    money = money_cell(name, int(str(row["pence"])))
    if money is not None:
        return money
    cell = row[name]
    return harmless(cell) if isinstance(cell, str) else cell


def bacs(run: RunView, settings: SettingsView, payments: Sequence[PaymentView]) -> str:
    """The BACS file of a run that was sent. Raises NotAllowed, in one sentence, when the run was not paid that way."""
    if run.sent_at is None or run.processing_on is None:
        raise NotAllowed("The BACS file is made when a colleague has sent the run.")
    if settings.account is None or settings.service_user_number is None:
        raise NotAllowed("This run was prepared before your bank account was set here, so it has no BACS file.")
    credits = tuple(
        Credit(payment.details.account, payment.pence, run.reference)
        for payment in payments
        if payment.pence and payment.details is not None
    )
    if sum(credit.pence for credit in credits) != run.gross_pence:
        raise NotAllowed("Somebody in this run has no bank details, so it has no BACS file.")
    if not credits:
        raise NotAllowed("Nobody is paid anything by this run, so it has no BACS file.")
    return bacs_file(
        Submission(
            service_user_number=settings.service_user_number,
            user_name=settings.account.name,
            account=settings.account,
            serial=run.id % 999_999 + 1,
            made_on=clock.london(run.sent_at).date(),
            processing_on=run.processing_on,
            credits=credits,
        )
    )


def remittance_paper(run: RunView, remittance: Remittance, operator: str) -> Paper:
    """What a provider is paid in a run, to print and to keep."""
    kinds = {"sale": "Done", "credit": "Given back", "again": "Paid again"}
    lines = tuple(
        (
            line.reference,
            short_date(line.on),
            *_person(remittance, line.person_name or ""),
            kinds[line.kind],
            format_pounds(line.gross_pence),
            format_pounds(line.levy_pence),
            format_pounds(line.net_pence),
        )
        for line in remittance.lines
    )
    gross, levy, net = map(format_pounds, (remittance.gross_pence, remittance.levy_pence, remittance.net_pence))
    return Paper(
        title=f"Remittance {run.reference}",
        author=run.payer_name,
        addresses=(Address("Paid to", (remittance.provider_name,)), Address("Paid by", (run.payer_name,))),
        facts=(
            ("Run", run.reference),
            ("Everything agreed up to", short_date(run.up_to)),
            ("Sent on", short_date(run.sent_at) if run.sent_at else "Not sent yet"),
        ),
        tables=(
            Sheet(
                "Line by line",
                (
                    Column("Order"),
                    Column("Date"),
                    *_person(remittance, Column("For", wide=True)),
                    Column("What"),
                    Column("Price", money=True),
                    Column("Levy", money=True),
                    Column("Paid", money=True),
                ),
                lines,
                ("Together", "", *_person(remittance, ""), "", gross, levy, net),
            ),
        ),
        totals=(
            ("Price of what was done", gross),
            (f"Levy, paid to {operator}", levy),
            ("Paid to you", net),
        ),
        footer=f"{run.reference}, {remittance.provider_name}",
    )
