"""Pages of payments: buying (basket, checkout, orders, approvals) and money (providers' money, settlement, webhook)."""

from importlib import import_module
from importlib.util import find_spec

from flask import Blueprint

blueprint = Blueprint("payments", __name__, template_folder="../templates")

_ROOMS = (
    "basket",
    "checkout",
    "top_ups",
    "taking_over",
    "orders",
    "complaints",
    "provider",
    "approvals",
    "after_death",
    "money",
    "levy",
    "levy_rates",
    "payouts",
    "stories",
    "given_back",
    "settlement",
    "settlement_files",
    "settlement_settings",
    "spending_exports",
    "bank_details",
    "fees",
    "webhook",
    "disputes",
)
for _name in _ROOMS:
    if find_spec(f"{__name__}.{_name}") is not None:
        import_module(f"{__name__}.{_name}")
