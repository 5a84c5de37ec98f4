"""Two records of one person can be merged by two officers."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.execute(
        "ALTER TABLE people ADD COLUMN merged_into_person_id BIGINT "
        "CONSTRAINT fk_people_merged_into_person_id_people REFERENCES people (id)"
    )
    op.create_index("ix_people_merged_into_person_id", "people", ["merged_into_person_id"])
    op.create_table(
        "person_merges",
        sa.Column("id", _ID, nullable=False),
        sa.Column("council_id", _ID, nullable=False),
        sa.Column("kept_person_id", _ID, nullable=False),
        sa.Column("merged_person_id", _ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("prepared_by_user_id", _ID, nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_user_id", _ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.CheckConstraint("kept_person_id <> merged_person_id", name=op.f("ck_person_merges_two_records")),
        sa.CheckConstraint(
            "agreed IS NULL OR NOT agreed OR decided_by_user_id <> prepared_by_user_id",
            name=op.f("ck_person_merges_second_person"),
        ),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name="fk_person_merges_council_id_councils"),
        sa.ForeignKeyConstraint(["kept_person_id"], ["people.id"], name="fk_person_merges_kept_person_id_people"),
        sa.ForeignKeyConstraint(["merged_person_id"], ["people.id"], name="fk_person_merges_merged_person_id_people"),
        sa.ForeignKeyConstraint(
            ["prepared_by_user_id"], ["users.id"], name="fk_person_merges_prepared_by_user_id_users"
        ),
        sa.ForeignKeyConstraint(["decided_by_user_id"], ["users.id"], name="fk_person_merges_decided_by_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_person_merges"),
    )
    op.create_index("ix_person_merges_council_id", "person_merges", ["council_id"])


def downgrade() -> None:
    op.drop_table("person_merges")
    with op.batch_alter_table("people") as batch:
        batch.drop_index("ix_people_merged_into_person_id")
        batch.drop_constraint("fk_people_merged_into_person_id_people", type_="foreignkey")
        batch.drop_column("merged_into_person_id")
