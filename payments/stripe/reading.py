"""From Stripe's JSON to our views. Only here are the names of Stripe's fields known."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from payments.stripe.views import (
    AccountView,
    BalanceMove,
    ChargeView,
    DisputeView,
    EventView,
    FeeRefundView,
    IntentView,
    RefundView,
    SessionView,
)

Json = dict[str, Any]
THIN = "v2.core.event"
LONGEST_WORD = 80
"""What the table of events has room for."""


def id_of(value: Any) -> str | None:
    """The id of a linked object, whether it came expanded or not."""
    if isinstance(value, dict):
        return str(value["id"])
    return str(value) if value else None


def moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _number(value: object) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def move(body: Json) -> BalanceMove:
    """A balance transaction."""
    return BalanceMove(
        id=body["id"],
        kind=body["type"],
        pence=int(body["amount"]),
        fee_pence=int(body["fee"]),
        occurred_at=datetime.fromtimestamp(body["created"], UTC),
        source_id=id_of(body.get("source")),
    )


def _moves(*bodies: Any) -> tuple[BalanceMove, ...]:
    return tuple(move(body) for body in bodies if isinstance(body, dict))


def refund(body: Json) -> RefundView:
    return RefundView(
        id=body["id"],
        status=body["status"],
        pence=int(body["amount"]),
        our_id=_number((body.get("metadata") or {}).get("refund")),
        moves=_moves(body.get("balance_transaction"), body.get("failure_balance_transaction")),
    )


def dispute(body: Json) -> DisputeView:
    details = body.get("evidence_details") or {}
    return DisputeView(
        id=body["id"],
        status=body["status"],
        pence=int(body["amount"]),
        moves=_moves(*body["balance_transactions"]),
        reason=body["reason"],
        opened_at=datetime.fromtimestamp(body["created"], UTC),
        due_by=moment(details.get("due_by")),
        submitted=bool(details.get("submission_count")),
    )


def charge(
    body: Json,
    transfer: Json | None,
    fee: Json | None,
    refunds: Sequence[Json],
    reversals: Sequence[Json],
    fee_refunds: Sequence[Json],
    disputes: Sequence[Json],
) -> ChargeView:
    """A captured charge with all that followed. Refunds that moved no money (a hold let go) are left out."""
    back = tuple(refund(item) for item in refunds if item.get("balance_transaction"))
    questioned = tuple(dispute(item) for item in disputes)
    linked = [body, *([transfer] if transfer else []), *([fee] if fee else []), *reversals, *fee_refunds]
    return ChargeView(
        id=body["id"],
        captured_pence=int(body["amount_captured"]),
        transfer_id=transfer["id"] if transfer else None,
        reversed_pence=int(transfer["amount_reversed"]) if transfer else 0,
        fee_id=fee["id"] if fee else None,
        fee_refunded_pence=int(fee["amount_refunded"]) if fee else 0,
        refunds=back,
        fee_refunds=tuple(
            FeeRefundView(item["id"], int(item["amount"]), _number((item.get("metadata") or {}).get("refund")))
            for item in fee_refunds
        ),
        disputes=questioned,
        moves=(
            *_moves(*(item.get("balance_transaction") for item in linked)),
            *(found for item in back for found in item.moves),
            *(found for item in questioned for found in item.moves),
        ),
    )


def intent(body: Json, charged: ChargeView | None) -> IntentView:
    metadata = body.get("metadata") or {}
    failure = body.get("last_payment_error") or {}
    latest = body.get("latest_charge")
    card = (((latest or {}).get("payment_method_details") or {}).get("card") or {}) if isinstance(latest, dict) else {}
    action = body.get("next_action") or {}
    return IntentView(
        id=body["id"],
        status=body["status"],
        pence=int(body["amount"]),
        currency=body["currency"],
        livemode=bool(body["livemode"]),
        customer_id=id_of(body.get("customer")),
        payment_method_id=id_of(body.get("payment_method")),
        our_payment_id=_number(metadata.get("payment")),
        order_reference=metadata.get("order"),
        destination=id_of((body.get("transfer_data") or {}).get("destination")),
        fee_pence=int(body.get("application_fee_amount") or 0),
        charge_id=id_of(latest),
        decline_code=failure.get("decline_code") or failure.get("code"),
        next_action_url=(action.get("redirect_to_url") or {}).get("url"),
        capture_before=moment(card.get("capture_before")),
        ran_out=body.get("cancellation_reason") == "automatic",
        charge=charged,
    )


def session(body: Json) -> SessionView:
    setup = body.get("setup_intent")
    kept = setup if isinstance(setup, dict) and setup.get("status") == "succeeded" else {}
    return SessionView(
        id=body["id"],
        status=body["status"],
        url=body.get("url"),
        payment_method_id=id_of(kept.get("payment_method")),
        our_checkout_id=_number((body.get("metadata") or {}).get("checkout")),
    )


def account(body: Json) -> AccountView:
    requirements = body.get("requirements") or {}
    due = [*(requirements.get("currently_due") or []), *(requirements.get("past_due") or [])]
    return AccountView(
        id=body["id"],
        charges_enabled=bool(body.get("charges_enabled")),
        payouts_enabled=bool(body.get("payouts_enabled")),
        details_submitted=bool(body.get("details_submitted")),
        requirements_due=tuple(dict.fromkeys(due)),
        disabled_reason=requirements.get("disabled_reason"),
        organisation_id=_number((body.get("metadata") or {}).get("organisation")),
    )


def event(body: Json) -> EventView:
    """An event of either form: a snapshot of version 1 of the API, or a thin one of version 2.

    Raises one of the errors of plain Python when it is neither: what is no word, no number and no moment where Stripe
    sends one is never handed on.
    """
    return _thin_event(body) if body.get("object") == THIN else _snapshot_event(body)


def _thin_event(body: Json) -> EventView:
    subject = _object(body.get("related_object"))
    created_at = datetime.fromisoformat(_word(body["created"]))
    if created_at.tzinfo is None:
        raise ValueError("a time without a zone")
    return EventView(
        id=_word(body["id"]),
        type=_word(body["type"]).removeprefix("v1."),
        livemode=bool(body.get("livemode")),
        account_id=_word_or_none(body.get("context")),
        created_at=created_at,
        object_id=_word_or_none(subject.get("id")),
        object_type=_word_or_none(subject.get("type")),
        payment_intent_id=None,
        charge_id=None,
        metadata={},
        thin=True,
    )


def _snapshot_event(body: Json) -> EventView:
    subject = _object(_object(body.get("data")).get("object"))
    return EventView(
        id=_word(body["id"]),
        type=_word(body["type"]),
        livemode=bool(body.get("livemode")),
        account_id=_word_or_none(body.get("account")),
        created_at=datetime.fromtimestamp(body["created"], UTC),
        object_id=_word_or_none(subject.get("id")),
        object_type=_word_or_none(subject.get("object")),
        payment_intent_id=_linked(subject.get("payment_intent")),
        charge_id=_linked(subject.get("charge")),
        metadata={name: value for name, value in _object(subject.get("metadata")).items() if isinstance(value, str)},
    )


def _object(value: Any) -> Json:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError("no object where one belongs")
    return value


def _word(value: Any) -> str:
    """One of Stripe's ids, names of kinds and moments: short, and of plain characters."""
    if not isinstance(value, str):
        raise TypeError("no word where one belongs")
    if not (0 < len(value) <= LONGEST_WORD and value.isascii() and value.isprintable()):
        raise ValueError("a word that Stripe does not use")
    return value


def _word_or_none(value: Any) -> str | None:
    return None if value is None else _word(value)


def _linked(value: Any) -> str | None:
    return _word_or_none(value["id"] if isinstance(value, dict) else value)
