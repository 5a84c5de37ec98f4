"""Files of budgets lie on the disk, are compared with control totals, and are taken in chunks."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FILLED = (
    ("stored_as", sa.String(length=80), ""),
    ("state", sa.String(length=24), "ready"),
    ("column_map", sa.JSON(), "{}"),
    ("row_count", sa.Integer(), "0"),
    ("sum_pence", sa.BigInteger(), "0"),
    ("without_amount", sa.Integer(), "0"),
    ("said_by_file", sa.Boolean(), sa.false()),
    ("rows_done", sa.Integer(), "0"),
    ("good_pence", sa.BigInteger(), "0"),
    ("new_pence", sa.BigInteger(), "0"),
    ("cut_pence", sa.BigInteger(), "0"),
)
_CHECKS = (
    ("load_state", "state IN ('columns', 'checking', 'ready', 'taking', 'taken')"),
    ("rows_agree", "state NOT IN ('taking', 'taken') OR control_rows IS NULL OR control_rows = row_count"),
    ("sums_agree", "state NOT IN ('taking', 'taken') OR control_pence IS NULL OR control_pence = sum_pence"),
)


def upgrade() -> None:
    op.create_table(
        "council_file_maps",
        sa.Column("id", _ID, nullable=False),
        sa.Column("council_id", _ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("budgets", "spending", name="file_kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("set_by_user_id", _ID, nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name="fk_council_file_maps_council_id_councils"),
        sa.ForeignKeyConstraint(["set_by_user_id"], ["users.id"], name="fk_council_file_maps_set_by_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_council_file_maps"),
    )
    op.create_index("ix_council_file_maps_council", "council_file_maps", ["council_id", "kind"])
    op.create_table(
        "budget_load_refusals",
        sa.Column("load_id", _ID, nullable=False),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["budget_loads.id"], name="fk_budget_load_refusals_load_id_budget_loads"),
        sa.PrimaryKeyConstraint("load_id", "row_number", name="pk_budget_load_refusals"),
    )
    with op.batch_alter_table("budget_loads") as batch:
        for name, kind, filled in _FILLED:
            batch.add_column(sa.Column(name, kind, nullable=False, server_default=filled))
        batch.add_column(sa.Column("control_rows", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("control_pence", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("confirmed_by_user_id", _ID, nullable=True))
        batch.alter_column("prepared_by_user_id", existing_type=_ID, nullable=True)
        batch.create_foreign_key(
            "fk_budget_loads_confirmed_by_user_id_users", "users", ["confirmed_by_user_id"], ["id"]
        )
        # What waits for its confirmation is loaded again; the figures of what was taken stay.
        batch.drop_column("content")
    op.execute(
        "UPDATE budget_loads SET state = 'taken', row_count = taken + changed + unchanged + refused, "
        "rows_done = taken + changed + unchanged + refused, confirmed_by_user_id = prepared_by_user_id "
        "WHERE applied_at IS NOT NULL"
    )
    with op.batch_alter_table("budget_loads") as batch:
        for name, kind, _ in _FILLED:
            batch.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
        for name, condition in _CHECKS:
            batch.create_check_constraint(op.f(f"ck_budget_loads_{name}"), condition)


def downgrade() -> None:
    op.execute("DELETE FROM budget_load_refusals")
    with op.batch_alter_table("budget_loads") as batch:
        for name, _ in _CHECKS:
            batch.drop_constraint(op.f(f"ck_budget_loads_{name}"), type_="check")
        batch.drop_constraint("fk_budget_loads_confirmed_by_user_id_users", type_="foreignkey")
        for name, _, _ in _FILLED:
            batch.drop_column(name)
        for name in ("control_rows", "control_pence", "confirmed_by_user_id"):
            batch.drop_column(name)
        batch.add_column(sa.Column("content", sa.Text(), nullable=False, server_default=""))
    op.drop_table("budget_load_refusals")
    op.drop_table("council_file_maps")
