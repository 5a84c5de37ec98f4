"""The real gateway: the official `stripe` library over HTTP."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import stripe

from marketplace.database import in_transaction
from payments.stripe import reading
from payments.stripe.errors import BadSignature, CardDeclined, GatewayRefused, GatewayUnknown
from payments.stripe.views import (
    AccountView,
    BalanceMove,
    ChargeView,
    EventView,
    IntentView,
    PaymentOrder,
    SessionView,
)

API_VERSION = "2026-10-28.endive"
"""The one place that pins Stripe's API version; the library is pinned to it too."""

CONNECT_SECONDS, READ_SECONDS = 5.0, 20.0
TOLERANCE_SECONDS = 300
Found = TypeVar("Found")


class StripeGateway:
    """See `payments.stripe.protocol.Gateway`."""

    def __init__(
        self,
        secret_key: str,
        *,
        api_base: str | None = None,
        webhook_secret: str | None = None,
        retries: int = 2,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        http_client: stripe.HTTPClient | None = None,
    ) -> None:
        self.livemode = "_live_" in secret_key
        # One for each event destination; and while a secret is being changed, the old one beside the new.
        self._webhook_secrets = (webhook_secret or "").split()
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base.rstrip("/"), "files": api_base.rstrip("/")} if api_base else None,
            max_network_retries=retries,
            http_client=http_client or stripe.RequestsClient(timeout=timeout),
        )

    def create_customer(self, key: str, person_id: int) -> str:
        params: Any = {"metadata": {"person": str(person_id)}}
        return str(self._ask(lambda v1: v1.customers.create(params, _keyed(key)))["id"])

    def create_card_setup(
        self, key: str, customer_id: str, checkout_id: int, success_url: str, cancel_url: str
    ) -> SessionView:
        params: Any = {
            "mode": "setup",
            "currency": "gbp",
            "customer": customer_id,
            "success_url": success_url,
            "cancel_url": cancel_url,
            "metadata": {"checkout": str(checkout_id)},
            "expand": ["setup_intent"],
        }
        return reading.session(self._ask(lambda v1: v1.checkout.sessions.create(params, _keyed(key))))

    def get_session(self, session_id: str) -> SessionView:
        params: Any = {"expand": ["setup_intent"]}
        return reading.session(self._ask(lambda v1: v1.checkout.sessions.retrieve(session_id, params)))

    def expire_session(self, session_id: str) -> None:
        self._ask(lambda v1: v1.checkout.sessions.expire(session_id))

    def forget_card(self, payment_method_id: str) -> None:
        try:
            self._ask(lambda v1: v1.payment_methods.detach(payment_method_id))
        except GatewayRefused as refusal:
            if refusal.code not in ("payment_method_unexpected_state", "resource_missing"):
                raise

    def create_payment(self, key: str, order: PaymentOrder) -> IntentView:
        params: dict[str, Any] = {
            "amount": order.pence,
            "currency": "gbp",
            "customer": order.customer_id,
            "payment_method": order.payment_method_id,
            "allowed_payment_method_types": ["card"],
            "capture_method": "manual" if order.capture_later else "automatic",
            "confirm": True,
            "on_behalf_of": order.destination,
            "transfer_data": {"destination": order.destination},
            "description": f"Order {order.order_reference}",
            "metadata": {"order": order.order_reference, "payment": str(order.payment_id)},
            "expand": ["latest_charge"],
            **_how(order),
        }
        if order.fee_pence:
            params["application_fee_amount"] = order.fee_pence
        asked: Any = params
        return self._intent(self._ask(lambda v1: v1.payment_intents.create(asked, _keyed(key))))

    def confirm_payment(self, key: str, intent_id: str, order: PaymentOrder) -> IntentView:
        params: Any = {"payment_method": order.payment_method_id, "expand": ["latest_charge"], **_how(order)}
        return self._intent(self._ask(lambda v1: v1.payment_intents.confirm(intent_id, params, _keyed(key))))

    def get_payment(self, intent_id: str) -> IntentView:
        params: Any = {"expand": ["latest_charge"]}
        return self._intent(self._ask(lambda v1: v1.payment_intents.retrieve(intent_id, params)))

    def find_payment(self, customer_id: str, payment_id: int, order_reference: str) -> IntentView | None:
        # Not Stripe's search, which lags behind by up to a minute: the list of one customer is always up to date.
        wanted = {"order": order_reference, "payment": str(payment_id)}
        params: Any = {"customer": customer_id, "limit": 100}
        for found in self._every(lambda v1: v1.payment_intents.list(params)):
            if {name: (found.get("metadata") or {}).get(name) for name in wanted} == wanted:
                return self.get_payment(found["id"])
        return None

    def capture_payment(self, key: str, intent_id: str, part: tuple[int, int] | None = None) -> IntentView:
        params: Any = {"expand": ["latest_charge"]}
        if part is not None:
            params["amount_to_capture"] = part[0]
            if part[1]:
                params["application_fee_amount"] = part[1]
        return self._intent(self._ask(lambda v1: v1.payment_intents.capture(intent_id, params, _keyed(key))))

    def cancel_payment(self, key: str, intent_id: str) -> IntentView:
        params: Any = {"expand": ["latest_charge"]}
        return self._intent(self._ask(lambda v1: v1.payment_intents.cancel(intent_id, params, _keyed(key))))

    def get_charge(self, charge_id: str) -> ChargeView:
        of_charge: Any = {"charge": charge_id, "limit": 100, "expand": ["data.balance_transaction"]}
        several: Any = {"limit": 100, "expand": ["data.balance_transaction"]}
        reversals, fee_refunds = [], []
        # What leaves for the payer is read first, what follows it afterwards: when something moves between two of
        # these questions, it looks as if more had followed than had to, and nothing is made to follow twice.
        refunds = list(self._every(lambda v1: v1.refunds.list(of_charge)))
        for refund in refunds:
            failed_id = reading.id_of(refund.get("failure_balance_transaction"))
            if failed_id:
                refund["failure_balance_transaction"] = self._balance_transaction(failed_id)
        # Always: of an inquiry that was closed the charge itself may say nothing any more.
        in_question: Any = {"charge": charge_id, "limit": 100}
        disputes = list(self._every(lambda v1: v1.disputes.list(in_question)))
        # The charge, what it sent on and what was kept of it, each with its movement, are one question.
        linked = ("balance_transaction", "transfer.balance_transaction", "application_fee.balance_transaction")
        params: Any = {"expand": list(linked)}
        body = self._ask(lambda v1: v1.charges.retrieve(charge_id, params))
        transfer, fee = body.get("transfer"), body.get("application_fee")
        if transfer and transfer["amount_reversed"]:
            reversals = list(self._every(lambda v1: v1.transfers.reversals.list(transfer["id"], several)))
        if fee and fee["amount_refunded"]:
            fee_refunds = list(self._every(lambda v1: v1.application_fees.refunds.list(fee["id"], several)))
        return reading.charge(body, transfer, fee, refunds, reversals, fee_refunds, disputes)

    def refund(self, key: str, charge_id: str, pence: int, refund_id: int, *, reverse_transfer: bool) -> None:
        params: Any = {
            "charge": charge_id,
            "amount": pence,
            "reverse_transfer": reverse_transfer,
            "metadata": {"refund": str(refund_id)},
        }
        self._ask(lambda v1: v1.refunds.create(params, _keyed(key)))

    def reverse_transfer(self, key: str, transfer_id: str, pence: int, refund_id: int) -> None:
        params: Any = {"amount": pence, "metadata": {"refund": str(refund_id)}}
        self._ask(lambda v1: v1.transfers.reversals.create(transfer_id, params, _keyed(key)))

    def refund_fee(self, key: str, fee_id: str, pence: int, refund_id: int) -> None:
        params: Any = {"amount": pence, "metadata": {"refund": str(refund_id)}}
        self._ask(lambda v1: v1.application_fees.refunds.create(fee_id, params, _keyed(key)))

    def upload_evidence(self, key: str, file_name: str, content: bytes) -> str:
        file = io.BytesIO(content)
        file.name = file_name
        params: Any = {"purpose": "dispute_evidence", "file": file}
        return str(self._ask(lambda v1: v1.files.create(params, _keyed(key)))["id"])

    def give_evidence(self, key: str, dispute_id: str, evidence: Mapping[str, str], *, submit: bool) -> None:
        params: Any = {"evidence": dict(evidence), "submit": submit}
        self._ask(lambda v1: v1.disputes.update(dispute_id, params, _keyed(key)))

    def create_account(self, key: str, organisation_id: int, name: str, email: str | None) -> AccountView:
        params: dict[str, Any] = {
            "country": "GB",
            "default_currency": "gbp",
            "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
            "business_profile": {"name": name},
            "controller": {
                # The operator bears Stripe's fees and losses, and providers see Stripe's small dashboard.
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            },
            "metadata": {"organisation": str(organisation_id)},
        }
        if email:
            params["email"] = email
        asked: Any = params
        return reading.account(self._ask(lambda v1: v1.accounts.create(asked, _keyed(key))))

    def get_account(self, account_id: str) -> AccountView:
        return reading.account(self._ask(lambda v1: v1.accounts.retrieve(account_id)))

    def onboarding_url(self, account_id: str, return_url: str, refresh_url: str) -> str:
        params: Any = {
            "account": account_id,
            "type": "account_onboarding",
            "return_url": return_url,
            "refresh_url": refresh_url,
        }
        return str(self._ask(lambda v1: v1.account_links.create(params))["url"])

    def read_event(self, payload: bytes, signature: str | None) -> EventView:
        self._require_signature(payload, signature)
        try:
            return reading.event(json.loads(payload))
        except (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError) as error:
            raise BadSignature(f"signed, and no event: {type(error).__name__}") from None

    def _require_signature(self, payload: bytes, signature: str | None) -> None:
        problem = "there is no secret to check it with"
        for secret in self._webhook_secrets:
            try:
                stripe.WebhookSignature.verify_header(payload.decode(), signature, secret, TOLERANCE_SECONDS)
                return
            except (stripe.SignatureVerificationError, TypeError, ValueError) as error:
                problem = str(error)
        raise BadSignature(problem)

    def balance_pence(self, account_id: str | None = None) -> int:
        options: Any = {"stripe_account": account_id} if account_id else {}
        body = self._ask(lambda v1: v1.balance.retrieve(options=options))
        return sum(int(part["amount"]) for kind in ("available", "pending") for part in body[kind])

    def list_moves(self, account_id: str | None = None, kind: str | None = None) -> Iterator[BalanceMove]:
        params: Any = {"limit": 100, **({"type": kind} if kind else {})}
        options: Any = {"stripe_account": account_id} if account_id else {}
        for found in self._every(lambda v1: v1.balance_transactions.list(params, options)):
            yield reading.move(found)

    def intent_of(self, source_id: str) -> str | None:
        kind = source_id.split("_")[0]
        try:
            if kind in ("ch", "py"):
                return reading.id_of(self._ask(lambda v1: v1.charges.retrieve(source_id)).get("payment_intent"))
            if kind == "re":
                return reading.id_of(self._ask(lambda v1: v1.refunds.retrieve(source_id)).get("payment_intent"))
            if kind in ("du", "dp"):
                return reading.id_of(self._ask(lambda v1: v1.disputes.retrieve(source_id)).get("payment_intent"))
            if kind == "tr":
                charge = self._ask(lambda v1: v1.transfers.retrieve(source_id)).get("source_transaction")
            elif kind == "fee":
                charge = self._ask(lambda v1: v1.application_fees.retrieve(source_id)).get("originating_transaction")
            else:
                return None
        except GatewayRefused:
            return None
        charge_id = reading.id_of(charge)
        return self.intent_of(charge_id) if charge_id else None

    def _intent(self, body: dict[str, Any]) -> IntentView:
        charge = body.get("latest_charge")
        captured = isinstance(charge, dict) and charge.get("captured")
        return reading.intent(body, self.get_charge(charge["id"]) if captured else None)  # type: ignore[index]

    def _balance_transaction(self, transaction_id: str) -> dict[str, Any]:
        return self._ask(lambda v1: v1.balance_transactions.retrieve(transaction_id))

    def _ask(self, call: Callable[[Any], Any]) -> dict[str, Any]:
        """Call Stripe and answer plain values. Every error becomes one of ours, and none passes a secret on."""
        if in_transaction():
            raise RuntimeError("Stripe is called outside any transaction")
        try:
            return dict(call(self._client.v1).to_dict())
        except stripe.StripeError as error:
            raise _ours(error) from None

    def _every(self, call: Callable[[Any], Any]) -> Iterator[dict[str, Any]]:
        """Every object of a list, page after page."""
        if in_transaction():
            raise RuntimeError("Stripe is called outside any transaction")
        try:
            for found in call(self._client.v1).auto_paging_iter():
                yield found.to_dict()
        except stripe.StripeError as error:
            raise _ours(error) from None


def _keyed(key: str) -> Any:
    return {"idempotency_key": key}


def _how(order: PaymentOrder) -> Mapping[str, object]:
    if order.on_session:
        return {"off_session": False, "return_url": order.return_url}
    return {"off_session": True}


def _ours(error: stripe.StripeError) -> Exception:
    details: dict[str, Any] = {}
    if isinstance(error.json_body, dict) and isinstance(error.json_body.get("error"), dict):
        details = error.json_body["error"]
    message, status = error.user_message or type(error).__name__, error.http_status
    if status is not None and not details:
        # Not Stripe's words but a proxy's or a firewall's page, whatever its status: what became of it is unknown.
        return GatewayUnknown(f"an answer that is not Stripe’s, with status {status}")
    if isinstance(error, stripe.CardError):
        return CardDeclined(
            str(details.get("decline_code") or error.code or "generic_decline"),
            reading.id_of(details.get("payment_intent")),
        )
    if status is None:
        return GatewayUnknown(message)
    if status >= 500 or status in (409, 429):
        # 409: the same key is being answered this very moment; 429: nothing happened, but later it may.
        return GatewayUnknown(message, answered=status != 409)
    return GatewayRefused(message, error.code)
