"""Tables of rounds: what somebody ordered for many people in one go."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from marketplace.planning.rounds import PartState, RoundKind


class Round(Base):
    """One list of orders for many people. Its key makes each of them happen once, however often it is pressed."""

    __tablename__ = "rounds"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(43), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[RoundKind] = mapped_column(enum_column(RoundKind))
    title: Mapped[str] = mapped_column(String(200))
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listings.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RoundPart(Base):
    """One order of a round: for one person, from one provider, and what became of it."""

    __tablename__ = "round_parts"
    __table_args__ = (
        UniqueConstraint("round_id", "part_no", name="uq_round_parts_no"),
        Index("ix_round_parts_repeats", "repeats_order_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    part_no: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    person_name: Mapped[str] = mapped_column(String(120))
    provider_name: Mapped[str] = mapped_column(String(200))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    total_pence: Mapped[int] = mapped_column(Pence)
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcomes.id"))
    repeats_order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    state: Mapped[PartState] = mapped_column(enum_column(PartState))
    why: Mapped[str | None] = mapped_column(Text)
    checkout_id: Mapped[int | None] = mapped_column(ForeignKey("checkouts.id"), unique=True)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
