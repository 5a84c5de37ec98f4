"""A part of a round can lie in the person's basket, where a card pays for it."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None
STATES = ("waiting", "ordered", "asked", "refused", "in_basket")


def upgrade() -> None:
    with op.batch_alter_table("round_parts", schema=None) as batch_op:
        batch_op.drop_constraint("part_state", type_="check")
        batch_op.create_check_constraint("part_state", f"state IN ({', '.join(map(repr, STATES))})")


def downgrade() -> None:
    op.execute("UPDATE round_parts SET state = 'refused' WHERE state = 'in_basket'")
    with op.batch_alter_table("round_parts", schema=None) as batch_op:
        batch_op.drop_constraint("part_state", type_="check")
        batch_op.create_check_constraint("part_state", f"state IN ({', '.join(map(repr, STATES[:-1]))})")
