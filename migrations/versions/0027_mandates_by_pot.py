"""Mandates by pot, their papers and questions; notes of help, and letters on paper."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_letters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "about",
            sa.Enum("authority", "order", name="letter_about", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("printed_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_paper_letters_person_id_people")),
        sa.ForeignKeyConstraint(
            ["printed_by_user_id"], ["users.id"], name=op.f("fk_paper_letters_printed_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_letters")),
    )
    op.create_index("ix_paper_letters_person_id", "paper_letters", ["person_id"])

    op.create_table(
        "help_notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "alone",
                "now_and_then",
                "together",
                "somebody_else",
                name="help_level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("large_print", sa.Boolean(), nullable=False),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("by_telephone", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("written_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_help_notes_mandate_id_mandates")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_help_notes_person_id_people")),
        sa.ForeignKeyConstraint(
            ["written_by_user_id"], ["users.id"], name=op.f("fk_help_notes_written_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_notes")),
    )
    op.create_index("ix_help_notes_person_id", "help_notes", ["person_id"])

    op.create_table(
        "mandate_papers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("upload_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by_user_id"], ["users.id"], name=op.f("fk_mandate_papers_added_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_mandate_papers_mandate_id_mandates")),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=op.f("fk_mandate_papers_upload_id_uploads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate_papers")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_mandate_papers_upload_id")),
    )
    op.create_index("ix_mandate_papers_mandate_id", "mandate_papers", ["mandate_id"])

    op.create_table(
        "mandate_questions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column(
            "how",
            sa.Enum(
                "online", "on_paper", "spoken", name="consent_how", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("asked_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_mandate_questions_answer")),
        sa.ForeignKeyConstraint(
            ["answered_by_user_id"], ["users.id"], name=op.f("fk_mandate_questions_answered_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_user_id"], ["users.id"], name=op.f("fk_mandate_questions_asked_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_mandate_questions_mandate_id_mandates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate_questions")),
    )
    op.create_index("ix_mandate_questions_mandate_id", "mandate_questions", ["mandate_id"])

    op.create_table(
        "mandate_pots",
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_mandate_pots_mandate_id_mandates")),
        sa.ForeignKeyConstraint(["pot_id"], ["pots.id"], name=op.f("fk_mandate_pots_pot_id_pots")),
        sa.PrimaryKeyConstraint("mandate_id", "pot_id", name=op.f("pk_mandate_pots")),
    )
    # Plain ALTERs, because SQLite would rebuild tables that others point at.
    for table in ("consents", "mandates"):
        op.add_column(table, sa.Column("given_on", sa.Date(), nullable=True))
        op.add_column(table, sa.Column("read_by", sa.String(length=120), nullable=True))
    op.execute(
        "ALTER TABLE consents ADD COLUMN upload_id BIGINT "
        "CONSTRAINT fk_consents_upload_id_uploads REFERENCES uploads (id)"
    )
    op.add_column("people", sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "ALTER TABLE people ADD COLUMN flagged_by_user_id BIGINT "
        "CONSTRAINT fk_people_flagged_by_user_id_users REFERENCES users (id)"
    )


def downgrade() -> None:
    with op.batch_alter_table("people") as people:
        people.drop_constraint("fk_people_flagged_by_user_id_users", type_="foreignkey")
        people.drop_column("flagged_by_user_id")
        people.drop_column("flagged_at")
    with op.batch_alter_table("consents") as consents:
        consents.drop_constraint("fk_consents_upload_id_uploads", type_="foreignkey")
        consents.drop_column("upload_id")
    for table in ("mandates", "consents"):
        op.drop_column(table, "read_by")
        op.drop_column(table, "given_on")
    for table in ("mandate_pots", "mandate_questions", "mandate_papers", "help_notes", "paper_letters"):
        op.drop_table(table)
