"""The states of a file of budgets."""

from enum import StrEnum


class FileKind(StrEnum):
    """Files whose columns a council names itself."""

    BUDGETS = "budgets"  # loaded here
    SPENDING = "spending"  # made here


class LoadState(StrEnum):
    """columns → checking → ready → taking → taken; other columns may be chosen until it is taken."""

    COLUMNS = "columns"  # waits for somebody to say which column is which
    CHECKING = "checking"
    READY = "ready"  # waits for its confirmation
    TAKING = "taking"
    TAKEN = "taken"

    @property
    def is_at_work(self) -> bool:
        return self in (LoadState.CHECKING, LoadState.TAKING)
