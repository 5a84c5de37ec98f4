"""A second person agrees to an order above a mandate's limit, or sends it back; never whoever prepared it."""

from payments.services.approvals.again import prepare_again
from payments.services.approvals.asking import content_digest, remind
from payments.services.approvals.deciding import Decided, approve, send_back
from payments.services.approvals.links import approval_of_link

__all__ = ["Decided", "approval_of_link", "approve", "content_digest", "prepare_again", "remind", "send_back"]
