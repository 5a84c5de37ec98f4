"""Where Stripe tells us what happened."""

import logging

from flask import request

from marketplace.accounts.access import ANYONE, allow
from marketplace.extensions import csrf
from payments.routes import blueprint
from payments.services import webhooks

log = logging.getLogger(__name__)


@blueprint.post("/stripe/webhook")
@csrf.exempt
@allow(ANYONE)
def stripe_webhook() -> tuple[str, int, dict[str, str]]:
    """Signed by Stripe instead of by a session. Whatever goes wrong is not 2xx, so that the event comes again."""
    try:
        answer = webhooks.receive(request.get_data(cache=False), request.headers.get("Stripe-Signature"))
    except Exception:
        log.exception("a webhook could not be taken in")
        return "later\n", 500, {"Content-Type": "text/plain; charset=utf-8"}
    return f"{answer}\n", webhooks.STATUS[answer], {"Content-Type": "text/plain; charset=utf-8"}
