"""Confirm a file that was looked at: its control totals agree, and its good rows are taken."""

from budgets.constraints import named_constraints
from budgets.domain.loads import LoadState
from budgets.loading.totals import ControlTotals, disagreements
from budgets.models import BudgetLoad
from budgets.queries.planned_load import LoadFigures
from budgets.services.loads.rows import AT_ONCE, drop_refusals, get_load, lock_load, set_figures
from budgets.services.loads.work import promise, take
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import transaction
from marketplace.kernel import keeping
from marketplace.kernel.errors import DomainError, NotAllowed

FORGOTTEN = (
    f"We keep the files themselves for {keeping.words(keeping.LOADED_FILE)}. To take its rows, load the file again."
)


class TotalsDiffer(DomainError):
    """What the council's system says of the file and what the file holds; sentences by `rows` and `pence`."""

    def __init__(self, found: dict[str, str]) -> None:
        super().__init__(" ".join(found.values()), field=next(iter(found)))
        self.found = found


def confirm(actor: Actor, load_id: int, totals: ControlTotals | None = None) -> None:
    """Have a file's good rows taken: at once when it is short, by the worker when it is long. Again changes nothing.

    `totals` are those of the council's own system, unless they were typed before or stand in the file's last row. Until
    they agree nothing is written: raises TotalsDiffer. Raises NotFound, and NotAllowed for a file that is no longer
    kept or is not checked yet.
    """
    get_load(actor, load_id)
    with transaction(), named_constraints():
        load = lock_load(load_id)
        if load.state in (LoadState.TAKING, LoadState.TAKEN):
            return
        if not load.stored_as:
            raise NotAllowed(FORGOTTEN)
        if load.state is not LoadState.READY:
            raise NotAllowed("This file is not checked yet. Look again in a moment.")
        _agree(load, totals)
        begin(load, actor.user_id)
        is_long = load.row_count > AT_ONCE
        if is_long:
            promise(load_id)
    if not is_long:
        take(load_id)


def begin(load: BudgetLoad, actor_user_id: int | None) -> None:
    """From here on the file is taken; in the open transaction, once its totals agree."""
    load.state, load.confirmed_by_user_id = LoadState.TAKING, actor_user_id
    set_figures(load, LoadFigures(), 0)
    drop_refusals(load.id)
    record(
        "budget_load.confirm",
        "budget_load",
        load.id,
        actor_user_id=actor_user_id,
        council_id=load.council_id,
        rows=load.row_count,
        pence=load.sum_pence,
    )


def _agree(load: BudgetLoad, typed: ControlTotals | None) -> None:
    if typed is not None and not load.said_by_file:
        load.control_rows, load.control_pence = typed.rows, typed.pence
    known = ControlTotals(load.control_rows, load.control_pence)
    found = disagreements(known, row_count=load.row_count, pence=load.sum_pence)
    if known.rows is None:
        found["rows"] = "Enter how many rows your system says that it exported"
    if known.pence is None:
        found["pence"] = "Enter the sum of the amounts, as your system says it"
    if found:
        raise TotalsDiffer(found)
