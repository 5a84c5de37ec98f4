"""A second person agrees to an order above a mandate's limit, or sends it back; never whoever prepared it."""

from payments.services.approvals.asking import content_digest
from payments.services.approvals.deciding import Decided, approve, send_back

__all__ = ["Decided", "approve", "content_digest", "send_back"]
