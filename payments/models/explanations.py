"""The table of explanations: what money was that moved at Stripe for no order of ours."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime


class Explanation(Base):
    """What one person says that a movement was, and what another thinks of it. Agreed to, it is booked to `code`."""

    __tablename__ = "explanations"
    __table_args__ = (
        CheckConstraint("agreed IS NULL OR NOT agreed OR decided_by_user_id <> prepared_by_user_id", name="second"),
        CheckConstraint("(agreed IS NULL) = (decided_at IS NULL)", name="decided"),
        Index(
            "uq_explanations_standing",
            "ledger_entry_id",
            unique=True,
            sqlite_where=text("agreed IS NULL OR agreed"),
            postgresql_where=text("agreed IS NULL OR agreed"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ledger_entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"))
    pence: Mapped[int] = mapped_column(Pence)
    code: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    prepared_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agreed: Mapped[bool | None]
