"""What the worker does for money: the handlers of its outbox topics, and its recurring jobs."""

from collections.abc import Mapping

from marketplace.outbox.services import Handler
from marketplace.outbox.worker import Job, every_day, every_hour
from payments.ledger import close_due_months
from payments.services import cards, charging, disputes, levy_invoices, reconcile, refunding, spending_exports


def handlers() -> Mapping[str, Handler]:
    """Handlers by topic."""
    return {
        "payments.capture": charging.capture,
        "payments.release": charging.release,
        "payments.charge": charging.charge,
        "payments.renew": charging.renew,
        "payments.refund": refunding.give_back,
        "payments.forget_payer": cards.forget_payer,
        "payments.evidence": disputes.give_evidence,
    }


def jobs() -> list[Job]:
    """Recurring jobs."""
    return [
        Job("reconcile with Stripe", every_hour, reconcile.run),
        Job("hand in what banks wait for", every_hour, disputes.send_what_is_due),
        Job("close months of the ledger", every_day, close_due_months),
        Job("forget cards of closed orders", every_day, charging.forget_cards),
        Job("issue levy invoices", every_day, levy_invoices.close_due),
        Job("export spending", every_day, spending_exports.make_nightly),
    ]
