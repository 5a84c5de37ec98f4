"""Links to one case for one reader. They name both, and let nobody in: whoever follows one still signs in first."""

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from marketplace.accounts.domain import Actor
from marketplace.kernel.errors import NotFound


def path_of(approval_id: int, user_id: int) -> str:
    """The path that a letter to this user names."""
    return f"/approvals/link/{_serializer().dumps([approval_id, user_id])}"


def approval_of_link(actor: Actor, token: str) -> int:
    """The case that a link leads to. Raises NotFound for one that is not ours, and for somebody else's.

    Whether the reader may see the case is asked where it is shown.
    """
    try:
        approval_id, user_id = _serializer().loads(token)
    except (BadData, ValueError, TypeError):
        raise NotFound() from None
    if user_id != actor.user_id:
        raise NotFound()
    return int(approval_id)


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="payments.approval")
