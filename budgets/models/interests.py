"""Tables of declared conflicts of interest."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from budgets.domain.interests import InterestKind
from marketplace.database import Base, Id, UtcDateTime, enum_column


class DeclaredInterest(Base):
    """What somebody who buys for others declared about a provider. Ended, never deleted; it counts a while after."""

    __tablename__ = "declared_interests"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    declared_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    provider_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[InterestKind] = mapped_column(enum_column(InterestKind))
    words: Mapped[str] = mapped_column(Text)
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
