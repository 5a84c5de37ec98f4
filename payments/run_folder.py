"""Write the files of a settlement run into a folder, such as the one that a payer's finance system collects from."""

from collections.abc import Iterator
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from marketplace.database import db
from marketplace.kernel.errors import DomainError, NotAllowed
from marketplace.ui.pdf import pdf_of
from payments import settlement_files as files
from payments.domain import RunState
from payments.models import SettlementRun
from payments.queries.payers import settings_of_run
from payments.queries.settlement_runs import RunView, list_payments, run_with_lines


class FileDiffers(DomainError):
    """A file of that name is there already, and says something else."""


def write_run(reference: str, folder: Path) -> list[tuple[str, bool]]:
    """Write every file of a run that was sent; answers each name, and whether it is new.

    A file that is there already with the same bytes stays. With other bytes nothing at all is written: raises
    FileDiffers. Raises NotAllowed for a run that is unknown or was not sent.
    """
    row = db.session.scalars(select(SettlementRun).where(SettlementRun.reference == reference)).one_or_none()
    if row is None or row.state is not RunState.SENT:
        raise NotAllowed(f"There is no run {reference} that was sent.")
    contents = dict(_files(run_with_lines(row.id)))
    for name, content in contents.items():
        path = folder / name
        if path.exists() and path.read_bytes() != content:
            raise FileDiffers(f"{path} is there already and says something else: nothing was written.")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in contents.items():
        written.append((name, _write_once(folder / name, content)))
    return written


def _files(run: RunView) -> Iterator[tuple[str, bytes]]:
    settings = settings_of_run(run.settings_id)
    yield f"{run.reference}-payments.csv", files.payments_csv(run).encode()
    yield f"{run.reference}-journal.csv", files.journal_csv(run, settings.journal).encode()
    if settings.account is not None and run.gross_pence:
        yield f"{run.reference}-bacs.txt", files.bacs(run, settings, list_payments(run, size=0)).encode("ascii")
    operator = current_app.config["SERVICE_NAME"]
    for part in run.totals.providers:
        name = f"{run.reference}-remittance-{part.organisation_id}"
        yield f"{name}.csv", files.remittance_csv(run, part).encode()
        yield f"{name}.pdf", pdf_of(files.remittance_paper(run, part, operator))


def _write_once(path: Path, content: bytes) -> bool:
    """Whether it was written now. Exclusive: two who write at once never mix their bytes."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        if path.read_bytes() != content:
            raise FileDiffers(f"{path} is there already and says something else.") from None
        return False
    return True
