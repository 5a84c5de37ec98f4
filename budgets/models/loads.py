"""Tables of files of budgets that a council loads, and of what its columns are called."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from budgets.domain.loads import FileKind, LoadState
from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column


class CouncilFileMap(Base):
    """What the columns of a council's files are called, with its codes: chosen once. Each change is a new row."""

    __tablename__ = "council_file_maps"
    __table_args__ = (Index("ix_council_file_maps_council", "council_id", "kind"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"))
    kind: Mapped[FileKind] = mapped_column(enum_column(FileKind))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    set_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BudgetLoad(Base):
    """One file of budgets: kept from its preview on, taken chunk by chunk. Nobody prepared it: a command did.

    `rows_done` and the figures below it are of the check while the file is checked and looked at, and of the taking
    afterwards: each chunk adds to them in the transaction that writes its rows. `stored_as` is empty once the file is
    forgotten. A council's own totals are written down before anything is taken, and agree with the file's.
    """

    __tablename__ = "budget_loads"
    __table_args__ = (
        CheckConstraint(
            "state NOT IN ('taking', 'taken') OR control_rows IS NULL OR control_rows = row_count", name="rows_agree"
        ),
        CheckConstraint(
            "state NOT IN ('taking', 'taken') OR control_pence IS NULL OR control_pence = sum_pence", name="sums_agree"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_digest: Mapped[str] = mapped_column(String(64))
    stored_as: Mapped[str] = mapped_column(String(80), default="")
    state: Mapped[LoadState] = mapped_column(enum_column(LoadState))
    column_map: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    row_count: Mapped[int] = mapped_column(default=0)
    sum_pence: Mapped[int] = mapped_column(Pence, default=0)
    without_amount: Mapped[int] = mapped_column(default=0)
    control_rows: Mapped[int | None]
    control_pence: Mapped[int | None] = mapped_column(Pence)
    said_by_file: Mapped[bool] = mapped_column(default=False)
    prepared_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rows_done: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    good_pence: Mapped[int] = mapped_column(Pence, default=0)
    new_pence: Mapped[int] = mapped_column(Pence, default=0)
    cut_pence: Mapped[int] = mapped_column(Pence, default=0)


class BudgetLoadRefusal(Base):
    """A row of a file that was left out, and what to do about it, without a name. Goes when the file goes."""

    __tablename__ = "budget_load_refusals"

    load_id: Mapped[int] = mapped_column(ForeignKey("budget_loads.id"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reference: Mapped[str] = mapped_column(String(60))
    words: Mapped[str] = mapped_column(Text)
