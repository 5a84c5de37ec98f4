"""Tables of people, personal budgets, the budget book, mandates, outcomes and consents."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from budgets.domain import (
    BudgetState,
    ConsentHow,
    ConsentKind,
    EntryKind,
    Funder,
    LegalBasis,
    MandateAction,
)
from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from marketplace.kernel.rails import Rail


class Person(Base):
    """Somebody who needs care or support. May have no sign-in, no e-mail and no internet."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("council_id", "council_reference", name="uq_people_reference"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    council_id: Mapped[int | None] = mapped_column(ForeignKey("councils.id"), index=True)
    council_reference: Mapped[str | None] = mapped_column(String(40))
    date_of_birth: Mapped[date | None]
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(30))
    address: Mapped[str | None] = mapped_column(Text)
    postcode: Mapped[str | None] = mapped_column(String(8))
    notes_for_providers: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


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
    """A part of a personal budget with a purpose and rules of its own; most budgets have one."""

    __tablename__ = "pots"
    __table_args__ = (UniqueConstraint("budget_id", "name", name="uq_pots_name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    budget_id: Mapped[int] = mapped_column(ForeignKey("personal_budgets.id"))
    name: Mapped[str] = mapped_column(String(60))


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


class BudgetEntry(Base):
    """One fact of the budget book; the database refuses to change or delete it. Only an allocation may be negative."""

    __tablename__ = "budget_entries"
    __table_args__ = (
        CheckConstraint("pence > 0 OR (kind = 'allocate' AND pence <> 0)", name="pence_positive"),
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


class Mandate(Base):
    """The dated, limited authority by which named people act for one person. Ended, never deleted; never self-renewed.

    It counts from `confirmed_at`: at once when the person granted it themself, else when a second officer of the
    council has confirmed what the first one recorded.
    """

    __tablename__ = "mandates"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("order_limit_pence IS NULL OR order_limit_pence >= 0", name="order_limit"),
        CheckConstraint(
            "confirmed_by_user_id IS NULL OR confirmed_by_user_id <> granted_by_user_id", name="second_person"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    legal_basis: Mapped[LegalBasis] = mapped_column(enum_column(LegalBasis))
    order_limit_pence: Mapped[int | None] = mapped_column(Pence)
    month_limit_pence: Mapped[int | None] = mapped_column(Pence)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    granted_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    granted_how: Mapped[ConsentHow] = mapped_column(enum_column(ConsentHow))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    evidence: Mapped[str | None] = mapped_column(Text)
    confirmed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    end_reason: Mapped[str | None] = mapped_column(Text)


class MandateStaff(Base):
    """A user named in a mandate."""

    __tablename__ = "mandate_staff"

    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)


class MandateScope(Base):
    """An action that a mandate allows."""

    __tablename__ = "mandate_scopes"

    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), primary_key=True)
    action: Mapped[MandateAction] = mapped_column(enum_column(MandateAction), primary_key=True)


class Outcome(Base):
    """What support should achieve, in the person's words; every purchase from a budget names one."""

    __tablename__ = "outcomes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    words: Mapped[str] = mapped_column(String(300))
    category_slug: Mapped[str | None] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Consent(Base):
    """A consent with its beginning and end. Off unless a row without `withdrawn_at` is here."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[ConsentKind] = mapped_column(enum_column(ConsentKind))
    how: Mapped[ConsentHow] = mapped_column(enum_column(ConsentHow))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    recorded_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BudgetLoad(Base):
    """One file of budgets loaded by council finance: kept between its preview and its confirmation."""

    __tablename__ = "budget_loads"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    prepared_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
