"""What is open is found along an index; the record has what Stripe told of refunds and disputes; when one came back."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_ACTS = sa.table(
    "audit_rows",
    *(sa.column(name) for name in ("action", "object_type", "object_id", "details")),
    sa.column("at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.create_index("ix_orders_payment_state", "orders", ["payment_state", "state", "charge_at"])
    op.create_index("ix_refunds_state", "refunds", ["state", "asked_at"])
    op.create_index("ix_stripe_payments_status", "stripe_payments", ["status", "updated_at"])
    op.add_column("refunds", sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE refunds SET failed_at = (SELECT max(at) FROM audit_rows WHERE object_type = 'refund' "
        "AND object_id = refunds.id AND action = 'refund.failed') WHERE state = 'failed'"
    )
    _record("refund.link", "refund", "refunds", number="stripe_refund_id")
    _record("refund.link_levy", "refund", "refunds", number="stripe_fee_refund_id")
    _record("dispute.take_in", "dispute", "disputes", number="stripe_id", pence="pence", status="status")


def downgrade() -> None:
    """The record only grows: what was written there stays."""
    op.drop_column("refunds", "failed_at")
    op.drop_index("ix_stripe_payments_status", "stripe_payments")
    op.drop_index("ix_refunds_state", "refunds")
    op.drop_index("ix_orders_payment_state", "orders")


def _record(action: str, object_type: str, table: str, **details: str) -> None:
    """Write an act about each row that has a number at Stripe, with what stands in these columns."""
    spelled = sa.func.json_object if op.get_bind().dialect.name == "sqlite" else sa.func.json_build_object
    rows = sa.table(table, sa.column("id"), *(sa.column(name) for name in details.values()))
    said = [each for name, column in details.items() for each in (sa.literal_column(f"'{name}'"), rows.c[column])]
    now = sa.literal(datetime.now(UTC), sa.DateTime(timezone=True))
    acts = sa.select(now, sa.literal_column(f"'{action}'"), sa.literal_column(f"'{object_type}'"), rows.c.id)
    query = acts.add_columns(spelled(*said)).where(rows.c[details["number"]].is_not(None)).order_by(rows.c.id)
    op.execute(_ACTS.insert().from_select(["at", "action", "object_type", "object_id", "details"], query))
