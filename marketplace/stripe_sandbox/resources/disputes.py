"""Disputes: the payer's bank takes the money back; evidence may win it again."""

from typing import Any

from .. import money
from ..context import Context, endpoint
from ..errors import refused
from ..ids import new_id
from ..params import Params
from ..rendering import computed, page, public
from ..settings import DAY

Json = dict[str, Any]

EVIDENCE = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
]
FILES = frozenset(
    {
        "cancellation_policy",
        "customer_communication",
        "customer_signature",
        "duplicate_charge_documentation",
        "receipt",
        "refund_policy",
        "service_documentation",
        "shipping_documentation",
        "uncategorized_file",
    }
)
DECIDING = ("winning_evidence", "losing_evidence", "escalate_inquiry_evidence")
CLOSED = ("won", "lost", "warning_closed")
LONGEST_TEXT = 20_000


@computed("dispute")
def _moves(ctx: Context, dispute: Json) -> Json:
    return {"balance_transactions": [public(ctx, move) for move in dispute["balance_transactions"]]}


def open_dispute(
    ctx: Context, charge: Json, *, reason: str = "fraudulent", amount: int | None = None, inquiry: bool = False
) -> Json:
    """Open a dispute on a charge: its amount and a fee leave the account that took it; an inquiry takes nothing yet."""
    if charge["disputed"]:
        raise refused(f"Charge {charge['id']} is disputed already.", "charge_disputed")
    left = charge["amount_captured"] - max(
        0, charge["amount_refunded"] - (charge["amount"] - charge["amount_captured"])
    )
    amount = left if amount is None else amount
    if not charge["captured"] or amount < 1 or amount > charge["amount_captured"]:
        raise refused(f"Charge {charge['id']} cannot be disputed for that amount.", param="amount")
    owner = ctx.tx.owner_of(charge["id"])
    dispute: Json = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": ctx.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": ctx.now + 9 * DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": "visa",
                "network_reason_code": "10",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
        "_fee": ctx.settings.dispute_fee_pence,
    }
    ctx.create(dispute, owner)
    charge.update(disputed=True, _dispute=dispute["id"])
    ctx.tx.save(charge)
    if not inquiry:
        withdraw(ctx, dispute)
    ctx.emit("charge.dispute.created", dispute, account=owner)
    if not inquiry:
        ctx.emit("charge.dispute.funds_withdrawn", dispute, account=owner)
    ctx.plan(dispute["evidence_details"]["due_by"], "end_dispute", dispute["id"])
    return dispute


def withdraw(ctx: Context, dispute: Json) -> None:
    """Take the disputed amount and the fee."""
    fee = money.fee_detail("stripe_fee", dispute["_fee"], dispute["currency"], "Dispute fee")
    booked = money.post(
        ctx,
        account=ctx.tx.owner_of(dispute["id"]),
        type="adjustment",
        amount=-dispute["amount"],
        fees=(fee,),
        source=dispute["id"],
        currency=dispute["currency"],
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(booked)
    ctx.tx.save(dispute)


def escalate(ctx: Context, dispute: Json) -> Json:
    """An inquiry becomes a chargeback: now the money is taken."""
    dispute.update(status="needs_response", is_charge_refundable=False)
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    withdraw(ctx, dispute)
    owner = ctx.tx.owner_of(dispute["id"])
    ctx.emit("charge.dispute.updated", dispute, account=owner)
    ctx.emit("charge.dispute.funds_withdrawn", dispute, account=owner)
    return dispute


def finish(ctx: Context, dispute: Json, *, won: bool) -> Json:
    """Close a dispute; one that was won gives the amount and the fee back."""
    if dispute["status"] in CLOSED:
        return dispute
    owner = ctx.tx.owner_of(dispute["id"])
    inquiry = dispute["status"].startswith("warning")
    dispute["status"] = "warning_closed" if inquiry else "won" if won else "lost"
    charge = ctx.tx.find(dispute["charge"], "charge")
    assert charge is not None
    if inquiry:
        charge.update(disputed=False)
        ctx.tx.save(charge)
    elif won:
        fee = money.fee_detail("stripe_fee", -dispute["_fee"], dispute["currency"], "Dispute fee returned")
        booked = money.post(
            ctx,
            account=owner,
            type="adjustment",
            amount=dispute["amount"],
            fees=(fee,),
            source=dispute["id"],
            currency=dispute["currency"],
            description=f"Chargeback reversal for {dispute['charge']}",
            category="dispute_reversal",
        )
        dispute["balance_transactions"].append(booked)
    ctx.tx.save(dispute)
    if won and not inquiry:
        ctx.emit("charge.dispute.funds_reinstated", dispute, account=owner)
    ctx.emit("charge.dispute.closed", dispute, account=owner)
    return dispute


@endpoint("GET", "disputes/<dispute_id>")
def retrieve(ctx: Context, params: Params, dispute_id: str) -> Json:
    """One dispute."""
    return ctx.get("dispute", dispute_id)


@endpoint("GET", "disputes", "charge payment_intent", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Disputes, newest first."""
    where = {"charge": params.text("charge"), "payment_intent": params.text("payment_intent")}
    return page(ctx, params, "dispute", "/v1/disputes", where)


@endpoint("POST", "disputes/<dispute_id>", "evidence metadata submit")
def update(ctx: Context, params: Params, dispute_id: str) -> Json:
    """Add evidence; submitted evidence goes to the bank, which decides by `winning_evidence` or `losing_evidence`."""
    dispute = ctx.get("dispute", dispute_id)
    if params.given("metadata"):
        dispute["metadata"] = params.metadata(dispute["metadata"])
    if params.given("evidence"):
        if dispute["status"] in CLOSED:
            raise refused("This dispute is already closed.")
        evidence = params.child("evidence")
        evidence.allow(EVIDENCE)
        for name in evidence.values:
            value = evidence.text(name, most=LONGEST_TEXT)
            if value is not None and name in FILES:
                ctx.get("file", value, evidence.name(name))
            dispute["evidence"][name] = value
        dispute["evidence_details"]["has_evidence"] = any(dispute["evidence"].values())
    if params.boolean("submit", params.given("evidence")):
        if dispute["status"] in CLOSED:
            raise refused("This dispute is already closed.")
        inquiry = dispute["status"].startswith("warning")
        dispute["status"] = "warning_under_review" if inquiry else "under_review"
        dispute["evidence_details"]["submission_count"] += 1
        dispute["evidence_details"]["submission_method"] = "manual"
    ctx.tx.save(dispute)
    ctx.emit("charge.dispute.updated", dispute)
    words = dispute["evidence"]["uncategorized_text"] or ""
    decided = next((word for word in DECIDING if word in words), None)
    if dispute["status"] == "warning_under_review" and decided == "escalate_inquiry_evidence":
        return escalate(ctx, dispute)
    if dispute["status"] in ("under_review", "warning_under_review") and decided in DECIDING[:2]:
        finish(ctx, dispute, won=decided == "winning_evidence")
    return dispute


@endpoint("POST", "disputes/<dispute_id>/close")
def close(ctx: Context, params: Params, dispute_id: str) -> Json:
    """Accept the dispute as lost."""
    dispute = ctx.get("dispute", dispute_id)
    if dispute["status"] in CLOSED:
        raise refused("This dispute is already closed.")
    return finish(ctx, dispute, won=False)
