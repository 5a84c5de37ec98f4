"""Tables of the files of spending that councils take into their own systems."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime


class SpendingExport(Base):
    """One file of a council's spending: what no file before had, under the council's next number.

    `layout` is its columns and codes as they stood, and `digest` that of its bytes: the same whenever it is fetched.
    """

    __tablename__ = "spending_exports"
    __table_args__ = (UniqueConstraint("council_id", "number", name="uq_spending_exports_number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"))
    number: Mapped[int]
    layout: Mapped[dict[str, Any]] = mapped_column(JSON)
    entry_count: Mapped[int]
    pence: Mapped[int] = mapped_column(Pence)
    digest: Mapped[str] = mapped_column(String(64))
    made_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SpendingExportLine(Base):
    """An entry of the budget book that a file has: one file alone. `facts` is what was so when the file was made."""

    __tablename__ = "spending_export_lines"

    entry_id: Mapped[int] = mapped_column(ForeignKey("budget_entries.id"), primary_key=True, autoincrement=False)
    export_id: Mapped[int] = mapped_column(ForeignKey("spending_exports.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
