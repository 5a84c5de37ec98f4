"""Tables, part 3 of 4: mandate scopes to ledger entries."""

import sqlalchemy as sa
from alembic import op

revision = "0001c"
down_revision = "0001b"
branch_labels = None
depends_on = None

TABLES = (
    "mandate_scopes",
    "mandate_staff",
    "pots",
    "audit_links",
    "basket_lines",
    "listing_councils",
    "pot_periods",
    "allocation_changes",
    "checkouts",
    "orders",
    "approvals",
    "budget_entries",
    "ledger_entries",
)


def upgrade() -> None:
    op.create_table(
        "mandate_scopes",
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "read_budget",
                "read_plan",
                "write_plan",
                "order",
                "approve",
                "confirm",
                "review",
                name="mandate_action",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_mandate_scopes_mandate_id_mandates")),
        sa.PrimaryKeyConstraint("mandate_id", "action", name=op.f("pk_mandate_scopes")),
    )
    op.create_table(
        "mandate_staff",
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_mandate_staff_mandate_id_mandates")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mandate_staff_user_id_users")),
        sa.PrimaryKeyConstraint("mandate_id", "user_id", name=op.f("pk_mandate_staff")),
    )
    with op.batch_alter_table("mandate_staff", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mandate_staff_user_id"), ["user_id"], unique=False)
    op.create_table(
        "pots",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("budget_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["personal_budgets.id"], name=op.f("fk_pots_budget_id_personal_budgets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pots")),
        sa.UniqueConstraint("budget_id", "name", name="uq_pots_name"),
    )
    op.create_table(
        "audit_links",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_row_id"], ["audit_rows.id"], name=op.f("fk_audit_links_audit_row_id_audit_rows")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_links")),
        sa.UniqueConstraint("audit_row_id", name=op.f("uq_audit_links_audit_row_id")),
    )
    op.create_table(
        "basket_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("basket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("listing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("title_seen", sa.String(length=120), nullable=False),
        sa.Column("price_seen_pence", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_basket_lines_quantity")),
        sa.ForeignKeyConstraint(["basket_id"], ["baskets.id"], name=op.f("fk_basket_lines_basket_id_baskets")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_basket_lines_listing_id_listings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket_lines")),
    )
    with op.batch_alter_table("basket_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_basket_lines_basket_id"), ["basket_id"], unique=False)
    op.create_table(
        "listing_councils",
        sa.Column("listing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("council_gss", sa.String(length=9), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_listing_councils_listing_id_listings")),
        sa.PrimaryKeyConstraint("listing_id", "council_gss", name=op.f("pk_listing_councils")),
    )
    op.create_table(
        "pot_periods",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("allocated_pence", sa.BigInteger(), nullable=False),
        sa.Column("held_pence", sa.BigInteger(), nullable=False),
        sa.Column("spent_pence", sa.BigInteger(), nullable=False),
        sa.Column("refunded_pence", sa.BigInteger(), nullable=False),
        sa.Column("reclaimed_pence", sa.BigInteger(), nullable=False),
        sa.Column("overcommitted", sa.Boolean(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_pot_periods_dates")),
        sa.CheckConstraint(
            "held_pence >= 0 AND spent_pence >= 0 AND refunded_pence >= 0 AND reclaimed_pence >= 0",
            name=op.f("ck_pot_periods_not_negative"),
        ),
        sa.CheckConstraint(
            "overcommitted OR allocated_pence - reclaimed_pence - held_pence - spent_pence + refunded_pence >= 0",
            name=op.f("ck_pot_periods_not_overspent"),
        ),
        sa.CheckConstraint("refunded_pence <= spent_pence", name=op.f("ck_pot_periods_refunds_within_spent")),
        sa.ForeignKeyConstraint(["pot_id"], ["pots.id"], name=op.f("fk_pot_periods_pot_id_pots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pot_periods")),
        sa.UniqueConstraint("pot_id", "starts_on", name="uq_pot_periods_start"),
    )
    op.create_table(
        "allocation_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pot_period_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("prepared_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["users.id"], name=op.f("fk_allocation_changes_decided_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["pot_period_id"], ["pot_periods.id"], name=op.f("fk_allocation_changes_pot_period_id_pot_periods")
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by_user_id"], ["users.id"], name=op.f("fk_allocation_changes_prepared_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_changes")),
    )
    with op.batch_alter_table("allocation_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_allocation_changes_pot_period_id"), ["pot_period_id"], unique=False)
    op.create_table(
        "checkouts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("basket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("assisted_by_organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "rail",
            sa.Enum(
                "own_money",
                "direct_payment",
                "council_managed",
                "isf",
                name="rail",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("pot_period_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("stripe_session_id", sa.String(length=80), nullable=True),
        sa.Column("stripe_payment_method_id", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["assisted_by_organisation_id"],
            ["organisations.id"],
            name=op.f("fk_checkouts_assisted_by_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["basket_id"], ["baskets.id"], name=op.f("fk_checkouts_basket_id_baskets"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_checkouts_mandate_id_mandates")),
        sa.ForeignKeyConstraint(["outcome_id"], ["outcomes.id"], name=op.f("fk_checkouts_outcome_id_outcomes")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_checkouts_person_id_people")),
        sa.ForeignKeyConstraint(
            ["pot_period_id"], ["pot_periods.id"], name=op.f("fk_checkouts_pot_period_id_pot_periods")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_checkouts_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkouts")),
        sa.UniqueConstraint("key", name=op.f("uq_checkouts_key")),
        sa.UniqueConstraint("stripe_session_id", name=op.f("uq_checkouts_stripe_session_id")),
    )
    with op.batch_alter_table("checkouts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_checkouts_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_checkouts_user_id"), ["user_id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=9), nullable=False),
        sa.Column("checkout_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("agreement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("council_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("buyer_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("assisted_by_organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "awaiting_approval",
                "awaiting_payment",
                "placed",
                "accepted",
                "done",
                "confirmed",
                "closed",
                "declined",
                "cancelled",
                "expired",
                name="order_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "payment_state",
            sa.Enum(
                "none",
                "pending",
                "authorised",
                "paid",
                "part_refunded",
                "refunded",
                "disputed",
                "failed",
                "review",
                name="payment_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "charge_at",
            sa.Enum(
                "accept",
                "confirm",
                "settlement",
                "never",
                name="charge_at",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("period_starts_on", sa.Date(), nullable=False),
        sa.Column("period_ends_on", sa.Date(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("provider_name", sa.String(length=200), nullable=False),
        sa.Column("person_name", sa.String(length=120), nullable=False),
        sa.Column("buyer_name", sa.String(length=120), nullable=False),
        sa.Column("delivery", sa.JSON(), nullable=False),
        sa.Column("complaint", sa.Text(), nullable=True),
        sa.Column("complaint_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("complaint_ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("total_pence >= 0", name=op.f("ck_orders_total")),
        sa.ForeignKeyConstraint(
            ["assisted_by_organisation_id"],
            ["organisations.id"],
            name=op.f("fk_orders_assisted_by_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["buyer_user_id"], ["users.id"], name=op.f("fk_orders_buyer_user_id_users")),
        sa.ForeignKeyConstraint(["checkout_id"], ["checkouts.id"], name=op.f("fk_orders_checkout_id_checkouts")),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_orders_council_id_councils")),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_orders_mandate_id_mandates")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["providers.organisation_id"], name=op.f("fk_orders_organisation_id_providers")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_orders_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("checkout_id", "organisation_id", name="uq_orders_once_per_checkout"),
        sa.UniqueConstraint("reference", name=op.f("uq_orders_reference")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_buyer", ["buyer_user_id", "created_at"], unique=False)
        batch_op.create_index("ix_orders_council_confirmed", ["council_id", "confirmed_at"], unique=False)
        batch_op.create_index("ix_orders_organisation_state", ["organisation_id", "state", "created_at"], unique=False)
        batch_op.create_index("ix_orders_person", ["person_id", "created_at"], unique=False)
        batch_op.create_index("ix_orders_state", ["state", "created_at"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prepared_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "decided_by_user_id IS NULL OR decided_by_user_id <> prepared_by_user_id",
            name=op.f("ck_approvals_second_person"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["users.id"], name=op.f("fk_approvals_decided_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_approvals_order_id_orders")),
        sa.ForeignKeyConstraint(
            ["prepared_by_user_id"], ["users.id"], name=op.f("fk_approvals_prepared_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("order_id", name=op.f("uq_approvals_order_id")),
    )
    op.create_table(
        "budget_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "allocate",
                "hold",
                "release",
                "spend",
                "refund",
                "reclaim",
                name="entry_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("pot_period_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("council_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "pence > 0 OR (kind = 'allocate' AND pence <> 0)", name=op.f("ck_budget_entries_pence_positive")
        ),
        sa.ForeignKeyConstraint(["actor_user_id"], ["users.id"], name=op.f("fk_budget_entries_actor_user_id_users")),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_budget_entries_council_id_councils")),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_budget_entries_mandate_id_mandates")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_budget_entries_order_id_orders")),
        sa.ForeignKeyConstraint(["outcome_id"], ["outcomes.id"], name=op.f("fk_budget_entries_outcome_id_outcomes")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_budget_entries_person_id_people")),
        sa.ForeignKeyConstraint(
            ["pot_period_id"], ["pot_periods.id"], name=op.f("fk_budget_entries_pot_period_id_pot_periods")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_entries")),
        sa.UniqueConstraint("cause", name=op.f("uq_budget_entries_cause")),
    )
    with op.batch_alter_table("budget_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_budget_entries_council_id"), ["council_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_budget_entries_order_id"), ["order_id"], unique=False)
        batch_op.create_index("ix_budget_entries_person_at", ["person_id", "at"], unique=False)
        batch_op.create_index("ix_budget_entries_pot_period", ["pot_period_id", "at"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("cause", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("council_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["actor_user_id"], ["users.id"], name=op.f("fk_ledger_entries_actor_user_id_users")),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_ledger_entries_council_id_councils")),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_ledger_entries_mandate_id_mandates")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_ledger_entries_order_id_orders")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_ledger_entries_person_id_people")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_entries.id"], name=op.f("fk_ledger_entries_reverses_id_ledger_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("cause", name=op.f("uq_ledger_entries_cause")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_entries_reverses_id")),
    )
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entries_booked_on"), ["booked_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entries_order_id"), ["order_id"], unique=False)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
