"""Table of files that were handed in."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, UtcDateTime, enum_column
from marketplace.uploads.content import MediaType


class Upload(Base):
    """A file that somebody handed in. Its bytes lie in the data folder under their digest; a row never changes."""

    __tablename__ = "uploads"
    __table_args__ = (CheckConstraint("size_bytes > 0", name="not_empty"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[MediaType] = mapped_column(enum_column(MediaType))
    size_bytes: Mapped[int]
    file_name: Mapped[str] = mapped_column(String(120))
    stored_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    stored_at: Mapped[datetime] = mapped_column(UtcDateTime)
