"""Stripe behind one Protocol. Services ask `gateway()` for it, outside any `transaction()`, and get frozen views back.

`payments.stripe.client` is the only module that imports the `stripe` library.
"""

from flask import current_app

from marketplace.config import Settings
from payments.stripe.errors import (
    BadSignature,
    CardDeclined,
    GatewayError,
    GatewayRefused,
    GatewayUnknown,
    PaymentsNotSetUp,
)
from payments.stripe.protocol import Gateway
from payments.stripe.views import (
    AccountView,
    BalanceMove,
    ChargeView,
    DisputeView,
    EventView,
    FeeRefundView,
    IntentView,
    PaymentOrder,
    RefundView,
    SessionView,
)

__all__ = [
    "AccountView",
    "BadSignature",
    "BalanceMove",
    "CardDeclined",
    "ChargeView",
    "DisputeView",
    "EventView",
    "FeeRefundView",
    "Gateway",
    "GatewayError",
    "GatewayRefused",
    "GatewayUnknown",
    "IntentView",
    "PaymentOrder",
    "PaymentsNotSetUp",
    "RefundView",
    "SessionView",
    "gateway",
    "is_set_up",
    "use_gateway",
]

_KEY = "payments.stripe"


def is_set_up() -> bool:
    """Whether this installation has a Stripe account."""
    settings: Settings = current_app.extensions["settings"]
    return bool(settings.stripe_secret_key)


def gateway() -> Gateway:
    """The gateway of this installation's settings, made once. Raises PaymentsNotSetUp without a Stripe key."""
    settings: Settings = current_app.extensions["settings"]
    kept: tuple[Settings, Gateway] | None = current_app.extensions.get(_KEY)
    if kept is None or kept[0] != settings:
        if not settings.stripe_secret_key:
            raise PaymentsNotSetUp
        from payments.stripe.client import StripeGateway

        kept = (
            settings,
            StripeGateway(
                settings.stripe_secret_key,
                api_base=settings.stripe_api_base,
                webhook_secret=settings.stripe_webhook_secret,
            ),
        )
        current_app.extensions[_KEY] = kept
    return kept[1]


def use_gateway(other: Gateway) -> None:
    """Let this application use another gateway with its present settings."""
    current_app.extensions[_KEY] = current_app.extensions["settings"], other
