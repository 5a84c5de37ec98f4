"""A merge of two records can be undone by two officers."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Said by hand: SQLite need not write the table anew.
    for column in (
        "undo_reason TEXT",
        "undo_prepared_by_user_id BIGINT "
        "CONSTRAINT fk_person_merges_undo_prepared_by_user_id_users REFERENCES users (id)",
        "undo_prepared_at TIMESTAMP WITH TIME ZONE"
        if op.get_bind().dialect.name == "postgresql"
        else "undo_prepared_at DATETIME",
        "undone_by_user_id BIGINT CONSTRAINT fk_person_merges_undone_by_user_id_users REFERENCES users (id) "
        "CONSTRAINT ck_person_merges_undone_by_second_person CHECK (undone_by_user_id <> undo_prepared_by_user_id)",
        "undone_at TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "undone_at DATETIME",
    ):
        op.execute(f"ALTER TABLE person_merges ADD COLUMN {column}")


def downgrade() -> None:
    with op.batch_alter_table("person_merges") as batch:
        batch.drop_constraint("ck_person_merges_undone_by_second_person", type_="check")
        for name in ("undone_at", "undone_by_user_id", "undo_prepared_at", "undo_prepared_by_user_id", "undo_reason"):
            batch.drop_column(name)
