"""Tables of personal budgets, their pots and periods, and the budget book."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from budgets.domain import BudgetState, ContributionHow, EntryKind, Every, Funder, OutsideRule
from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from marketplace.kernel.rails import Rail


class PersonalBudget(Base):
    """What one funder agreed that a person may spend, and how it is paid."""

    __tablename__ = "personal_budgets"
    __table_args__ = (
        UniqueConstraint("council_id", "reference", name="uq_personal_budgets_reference"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    funder: Mapped[Funder] = mapped_column(enum_column(Funder))
    rail: Mapped[Rail] = mapped_column(enum_column(Rail))
    reference: Mapped[str] = mapped_column(String(60))
    state: Mapped[BudgetState] = mapped_column(enum_column(BudgetState))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    review_on: Mapped[date | None]
    isf_holder_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Pot(Base):
    """A part of a personal budget with a purpose and rules of its own; most budgets have one.

    `categories` are the slugs of what it is for, None for everything. What is left at a period's end goes on into the
    next one where it `rolls_over`, as far as the council's rule on savings lets it.
    """

    __tablename__ = "pots"
    __table_args__ = (UniqueConstraint("budget_id", "name", name="uq_pots_name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    budget_id: Mapped[int] = mapped_column(ForeignKey("personal_budgets.id"))
    name: Mapped[str] = mapped_column(String(60))
    categories: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    outside: Mapped[OutsideRule] = mapped_column(
        enum_column(OutsideRule), default=OutsideRule.WARN, server_default=OutsideRule.WARN.value
    )
    rolls_over: Mapped[bool] = mapped_column(default=False, server_default=false())


class PotAmount(Base):
    """An amount for every week, four weeks or year, from one day to another. Of several on a day the newest counts.

    One that leaves a period with less waits for a second person; `approved` says how that went, None while it waits.
    """

    __tablename__ = "pot_amounts"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("amount_pence >= 0", name="amount"),
        CheckConstraint("contribution_pence BETWEEN 0 AND amount_pence", name="contribution"),
        CheckConstraint(
            "approved IS NULL OR NOT approved OR decided_by_user_id <> prepared_by_user_id", name="second_person"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pot_id: Mapped[int] = mapped_column(ForeignKey("pots.id"), index=True)
    every: Mapped[Every] = mapped_column(enum_column(Every))
    amount_pence: Mapped[int] = mapped_column(Pence)
    contribution_pence: Mapped[int] = mapped_column(Pence, default=0)
    contribution_how: Mapped[ContributionHow] = mapped_column(enum_column(ContributionHow))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    each_april: Mapped[bool]
    replaces: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    prepared_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved: Mapped[bool | None]


class PotDeployment(Base):
    """How a pot is paid from a day on. Before the first of these it is paid as its budget was set up."""

    __tablename__ = "pot_deployments"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pot_id: Mapped[int] = mapped_column(ForeignKey("pots.id"), index=True)
    starts_on: Mapped[date]
    rail: Mapped[Rail] = mapped_column(enum_column(Rail))
    isf_holder_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    reason: Mapped[str] = mapped_column(Text)
    recorded_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PotPeriod(Base):
    """A pot in one period, with sums cached from its entries. A hold must leave it with 0 or more.

    A council's later cut may leave less than nothing: the row then says so in `overcommitted`, and no hold succeeds.
    """

    __tablename__ = "pot_periods"
    __table_args__ = (
        UniqueConstraint("pot_id", "starts_on", name="uq_pot_periods_start"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint(
            "held_pence >= 0 AND spent_pence >= 0 AND refunded_pence >= 0 AND reclaimed_pence >= 0", name="not_negative"
        ),
        CheckConstraint("refunded_pence <= spent_pence", name="refunds_within_spent"),
        CheckConstraint(
            "overcommitted OR allocated_pence - reclaimed_pence - held_pence - spent_pence + refunded_pence >= 0",
            name="not_overspent",
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pot_id: Mapped[int] = mapped_column(ForeignKey("pots.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    allocated_pence: Mapped[int] = mapped_column(Pence, default=0)
    held_pence: Mapped[int] = mapped_column(Pence, default=0)
    spent_pence: Mapped[int] = mapped_column(Pence, default=0)
    refunded_pence: Mapped[int] = mapped_column(Pence, default=0)
    reclaimed_pence: Mapped[int] = mapped_column(Pence, default=0)
    overcommitted: Mapped[bool] = mapped_column(default=False)
    surplus_looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BudgetEntry(Base):
    """One fact of the budget book; the database refuses to change or delete it. Only an allocation may be negative.

    `counts_from` is the day of a payment once that was agreed for a later day: up to then it is still to come.
    """

    __tablename__ = "budget_entries"
    __table_args__ = (
        CheckConstraint("pence > 0 OR (kind = 'allocate' AND pence <> 0)", name="pence_positive"),
        CheckConstraint("counts_from IS NULL OR kind = 'allocate'", name="counts_from"),
        Index("ix_budget_entries_person_at", "person_id", "at"),
        Index("ix_budget_entries_pot_period", "pot_period_id", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    cause: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[EntryKind] = mapped_column(enum_column(EntryKind))
    pence: Mapped[int] = mapped_column(Pence)
    pot_period_id: Mapped[int] = mapped_column(ForeignKey("pot_periods.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcomes.id"))
    actor_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    counts_from: Mapped[date | None]


class AllocationChange(Base):
    """A cut of an allocation waits here for a second person of the council. Nobody prepared it: a file did."""

    __tablename__ = "allocation_changes"
    __table_args__ = (
        CheckConstraint(
            "approved IS NULL OR NOT approved OR decided_by_user_id <> prepared_by_user_id", name="second_person"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pot_period_id: Mapped[int] = mapped_column(ForeignKey("pot_periods.id"), index=True)
    pence: Mapped[int] = mapped_column(Pence)
    reason: Mapped[str] = mapped_column(Text)
    prepared_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved: Mapped[bool | None]
