"""How far the audit chain has reached is kept beside it, so that a chain cut off at its end is seen."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_audit_head_one"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.execute(
        "INSERT INTO audit_head (id, sequence, digest) "
        "SELECT 1, sequence, digest FROM audit_links ORDER BY sequence DESC LIMIT 1"
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER audit_head_goes_forward BEFORE UPDATE ON audit_head WHEN NEW.sequence <= OLD.sequence "
            "BEGIN SELECT RAISE(ABORT, 'the audit chain only grows'); END"
        )
        op.execute(
            "CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head "
            "BEGIN SELECT RAISE(ABORT, 'the audit chain only grows'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION audit_head_goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF NEW.sequence <= OLD.sequence THEN "
        "RAISE EXCEPTION 'the audit chain only grows' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_head_goes_forward BEFORE UPDATE ON audit_head "
        "FOR EACH ROW EXECUTE FUNCTION audit_head_goes_forward()"
    )
    op.execute("CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION only_grows()")
    op.execute(
        "CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head "
        "FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
    )


def downgrade() -> None:
    raise RuntimeError("facts stay facts: restore a backup instead")
