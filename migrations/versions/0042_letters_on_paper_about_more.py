"""Letters on paper are about own orders, money and plans as well: who may do that prints them."""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

ABOUT = ("authority", "order", "own_order", "money", "plan")


def upgrade() -> None:
    _allow(ABOUT)


def downgrade() -> None:
    op.execute("UPDATE paper_letters SET about = 'order' WHERE about NOT IN ('authority', 'order')")
    _allow(ABOUT[:2])


def _allow(about: tuple[str, ...]) -> None:
    with op.batch_alter_table("paper_letters", schema=None) as batch_op:
        batch_op.drop_constraint("letter_about", type_="check")
        batch_op.create_check_constraint("letter_about", f"about IN ({', '.join(map(repr, about))})")
