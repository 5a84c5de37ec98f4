"""Pots have amounts, rules and ways of being paid from a day on; surpluses; people who have died."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "surplus_rules",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("council_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weeks_kept", sa.Integer(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("prepared_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "approved IS NULL OR NOT approved OR decided_by_user_id <> prepared_by_user_id",
            name=op.f("ck_surplus_rules_second_person"),
        ),
        sa.CheckConstraint("notice_days BETWEEN 14 AND 365", name=op.f("ck_surplus_rules_notice")),
        sa.CheckConstraint("weeks_kept BETWEEN 0 AND 52", name=op.f("ck_surplus_rules_weeks")),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_surplus_rules_council_id_councils")),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["users.id"], name=op.f("fk_surplus_rules_decided_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by_user_id"], ["users.id"], name=op.f("fk_surplus_rules_prepared_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surplus_rules")),
    )
    with op.batch_alter_table("surplus_rules", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_surplus_rules_council_id"), ["council_id"], unique=False)

    op.create_table(
        "pot_amounts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "every",
            sa.Enum("week", "four_weeks", "year", name="every", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.Column("contribution_pence", sa.BigInteger(), nullable=False),
        sa.Column(
            "contribution_how",
            sa.Enum("net", "gross", name="contribution_how", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("each_april", sa.Boolean(), nullable=False),
        sa.Column("replaces", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("prepared_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.CheckConstraint("amount_pence >= 0", name=op.f("ck_pot_amounts_amount")),
        sa.CheckConstraint(
            "approved IS NULL OR NOT approved OR decided_by_user_id <> prepared_by_user_id",
            name=op.f("ck_pot_amounts_second_person"),
        ),
        sa.CheckConstraint("contribution_pence BETWEEN 0 AND amount_pence", name=op.f("ck_pot_amounts_contribution")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_pot_amounts_dates")),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["users.id"], name=op.f("fk_pot_amounts_decided_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(["pot_id"], ["pots.id"], name=op.f("fk_pot_amounts_pot_id_pots")),
        sa.ForeignKeyConstraint(
            ["prepared_by_user_id"], ["users.id"], name=op.f("fk_pot_amounts_prepared_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pot_amounts")),
    )
    with op.batch_alter_table("pot_amounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pot_amounts_pot_id"), ["pot_id"], unique=False)

    op.create_table(
        "pot_deployments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
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
            nullable=False,
        ),
        sa.Column("isf_holder_organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["isf_holder_organisation_id"],
            ["organisations.id"],
            name=op.f("fk_pot_deployments_isf_holder_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["pot_id"], ["pots.id"], name=op.f("fk_pot_deployments_pot_id_pots")),
        sa.ForeignKeyConstraint(
            ["recorded_by_user_id"], ["users.id"], name=op.f("fk_pot_deployments_recorded_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pot_deployments")),
    )
    with op.batch_alter_table("pot_deployments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pot_deployments_pot_id"), ["pot_id"], unique=False)

    op.create_table(
        "surpluses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pot_period_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("council_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("left_pence", sa.BigInteger(), nullable=False),
        sa.Column("kept_pence", sa.BigInteger(), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.Date(), nullable=False),
        sa.Column("saving_for", sa.Text(), nullable=True),
        sa.Column("saving_said_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("saving_said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reclaim_pence", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("prepared_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reclaimed", sa.Boolean(), nullable=True),
        sa.CheckConstraint("left_pence > kept_pence AND kept_pence >= 0", name=op.f("ck_surpluses_pence")),
        sa.CheckConstraint("reclaim_pence IS NULL OR reclaim_pence > 0", name=op.f("ck_surpluses_reclaim")),
        sa.CheckConstraint(
            "reclaimed IS NULL OR NOT reclaimed OR decided_by_user_id <> prepared_by_user_id",
            name=op.f("ck_surpluses_second_person"),
        ),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_surpluses_council_id_councils")),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["users.id"], name=op.f("fk_surpluses_decided_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["pot_period_id"], ["pot_periods.id"], name=op.f("fk_surpluses_pot_period_id_pot_periods")
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by_user_id"], ["users.id"], name=op.f("fk_surpluses_prepared_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["saving_said_by_user_id"], ["users.id"], name=op.f("fk_surpluses_saving_said_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surpluses")),
        sa.UniqueConstraint("pot_period_id", name=op.f("uq_surpluses_pot_period_id")),
    )
    with op.batch_alter_table("surpluses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_surpluses_council_id"), ["council_id"], unique=False)

    # Plain ALTERs with their constraints inline, because SQLite would rebuild tables that others point at.
    op.add_column("people", sa.Column("died_on", sa.Date(), nullable=True))
    op.add_column("people", sa.Column("death_recorded_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "ALTER TABLE people ADD COLUMN death_recorded_by_user_id BIGINT "
        "CONSTRAINT fk_people_death_recorded_by_user_id_users REFERENCES users (id)"
    )
    op.add_column("pots", sa.Column("categories", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("pots", sa.Column("rolls_over", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "ALTER TABLE pots ADD COLUMN outside VARCHAR(24) DEFAULT 'warn' NOT NULL "
        "CONSTRAINT ck_pots_outside_rule CHECK (outside IN ('warn', 'stop'))"
    )
    op.add_column("pot_periods", sa.Column("surplus_looked_at", sa.DateTime(timezone=True), nullable=True))
    _periods_apart()


_OVERLAP = "WHERE pot_id = NEW.pot_id AND id <> NEW.id AND starts_on <= NEW.ends_on AND ends_on >= NEW.starts_on"


def _periods_apart() -> None:
    """No two periods of a pot share a day, whoever writes them."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("INSERT", "UPDATE OF starts_on, ends_on"):
            op.execute(
                f"CREATE TRIGGER pot_periods_apart_{verb.split()[0].lower()} AFTER {verb} ON pot_periods "  # noqa: S608
                f"WHEN EXISTS (SELECT 1 FROM pot_periods {_OVERLAP}) "
                "BEGIN SELECT RAISE(ABORT, 'ck_pot_periods_apart'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION pot_periods_apart() RETURNS trigger LANGUAGE plpgsql AS $$ "  # noqa: S608
        "BEGIN PERFORM 1 FROM pots WHERE id = NEW.pot_id FOR NO KEY UPDATE; "
        f"IF EXISTS (SELECT 1 FROM pot_periods {_OVERLAP}) THEN "
        "RAISE EXCEPTION 'ck_pot_periods_apart' USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER pot_periods_apart BEFORE INSERT OR UPDATE OF starts_on, ends_on ON pot_periods "
        "FOR EACH ROW EXECUTE FUNCTION pot_periods_apart()"
    )


def downgrade() -> None:
    raise RuntimeError("what was agreed stays: restore a backup instead")
