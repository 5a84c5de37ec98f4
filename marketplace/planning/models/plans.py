"""Tables of what stands beside outcomes without being bought."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, UtcDateTime


class PlanNote(Base):
    """Something that helps towards an outcome without being bought here: a free listing, noted beside the outcome."""

    __tablename__ = "plan_notes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    outcome_id: Mapped[int] = mapped_column(ForeignKey("outcomes.id"), index=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    noted_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
