"""Connected accounts: created empty, able to be paid once their onboarding is complete."""

from typing import Any

from ..context import Context, endpoint
from ..errors import no_such, not_valid, refused
from ..ids import new_id
from ..params import Params
from ..rendering import page
from ..settings import PLATFORM_ACCOUNT

Json = dict[str, Any]

FIELDS = (
    "type country email business_type business_profile capabilities company individual controller default_currency "
    "external_account metadata settings tos_acceptance"
)
WANTED = ["business_profile.url", "business_type", "external_account", "tos_acceptance.date", "tos_acceptance.ip"]


def require_capability(ctx: Context, account_id: str, capability: str, param: str) -> Json:
    """A connected account that may do something, or the error that says it may not."""
    account = ctx.tx.find(account_id, "account")
    if account is None or account.get("_deleted"):
        raise no_such("destination" if "destination" in param else "account", account_id, param, status=400)
    if account["capabilities"].get(capability) != "active":
        if capability == "transfers":
            raise refused(
                "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
                "crypto_transfers, legacy_payments",
                "insufficient_capabilities_for_transfer",
                param,
            )
        raise refused(
            f"The account {account_id} does not have the required capability {capability} enabled.",
            "account_invalid",
            param,
        )
    return account


@endpoint("POST", "accounts", FIELDS)
def create(ctx: Context, params: Params) -> Json:
    """A new account with nothing enabled, unless all that is wanted came with it (type custom)."""
    account = _empty(ctx, params)
    ctx.create(account, PLATFORM_ACCOUNT)
    _apply(ctx, params, account)
    return ctx.tx.save(account)


def _empty(ctx: Context, params: Params) -> Json:
    account: Json = {
        "id": new_id("acct"),
        "object": "account",
        "business_profile": {
            "mcc": None,
            "name": None,
            "product_description": None,
            "support_email": None,
            "url": None,
        },
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "company": None,
        "controller": _controller(params),
        "country": params.text("country", "GB"),
        "created": ctx.now,
        "default_currency": params.text("default_currency", "gbp"),
        "details_submitted": False,
        "email": None,
        "external_accounts": {"object": "list", "data": [], "has_more": False, "url": ""},
        "future_requirements": _requirements([]),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": _requirements(WANTED),
        "settings": _settings(),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": None,
    }
    account["type"] = params.text("type", choices=("custom", "express", "standard")) or "none"
    account["external_accounts"]["url"] = f"/v1/accounts/{account['id']}/external_accounts"
    return account


def _settings() -> Json:
    prefix = "statement_descriptor"
    return {
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            **dict.fromkeys((f"{prefix}_prefix", f"{prefix}_prefix_kana", f"{prefix}_prefix_kanji")),
        },
        "dashboard": {"display_name": None, "timezone": "Europe/London"},
        "payments": dict.fromkeys((prefix, f"{prefix}_kana", f"{prefix}_kanji")),
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 3, "interval": "daily"},
            prefix: None,
        },
    }


def _controller(params: Params) -> Json:
    given = params.child("controller").values
    dashboard = {"express": "express", "custom": "none"}.get(params.text("type") or "", "full")
    return {
        "type": "application",
        "is_controller": True,
        "fees": given.get("fees", {"payer": "application"}),
        "losses": given.get("losses", {"payments": "application"}),
        "requirement_collection": given.get("requirement_collection", "stripe"),
        "stripe_dashboard": given.get("stripe_dashboard", {"type": dashboard}),
    }


def _requirements(due: list[str]) -> Json:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": "requirements.past_due" if due else None,
        "errors": [],
        "eventually_due": list(due),
        "past_due": list(due),
        "pending_verification": [],
    }


def _apply(ctx: Context, params: Params, account: Json) -> None:
    for name in ("email", "business_type", "default_currency"):
        if params.given(name):
            account[name] = params.text(name)
    for name in ("business_profile", "settings", "tos_acceptance", "company", "individual"):
        if params.given(name):
            account[name] = {**(account.get(name) or {}), **params.child(name).values}
    if account["tos_acceptance"]["date"] is not None:
        account["tos_acceptance"]["date"] = int(account["tos_acceptance"]["date"])
    if params.given("metadata"):
        account["metadata"] = params.metadata(account["metadata"])
    if params.given("external_account"):
        account["external_accounts"]["data"] = [_bank_account(account)]
    for name in params.child("capabilities").values:
        wanted = params.child("capabilities").child(name).boolean("requested")
        if not wanted:
            account["capabilities"].pop(name, None)
        else:
            account["capabilities"].setdefault(name, "active" if account["details_submitted"] else "inactive")
    complete = account["tos_acceptance"]["date"] and account["external_accounts"]["data"] and account["business_type"]
    if complete and account["type"] in ("custom", "none") and not account["details_submitted"]:
        finish_onboarding(ctx, account)


def _bank_account(account: Json) -> Json:
    return {
        "id": new_id("ba"),
        "object": "bank_account",
        "account": account["id"],
        "bank_name": "STRIPE TEST BANK",
        "country": "GB",
        "currency": "gbp",
        "default_for_currency": True,
        "last4": "2345",
        "routing_number": "108800",
        "status": "new",
    }


def finish_onboarding(ctx: Context, account: Json) -> Json:
    """Everything asked for is given: the capabilities that were requested become active."""
    account["capabilities"] = dict.fromkeys(account["capabilities"], "active")
    active = account["capabilities"]
    account.update(
        details_submitted=True,
        charges_enabled="card_payments" in active or "transfers" in active,
        payouts_enabled=True,
        requirements=_requirements([]),
        business_type=account["business_type"] or "company",
    )
    if account["tos_acceptance"]["date"] is None:
        account["tos_acceptance"]["date"] = ctx.now
    if not account["external_accounts"]["data"]:
        account["external_accounts"]["data"] = [_bank_account(account)]
    ctx.tx.save(account)
    for name in active:
        ctx.emit("capability.updated", capability(account, name), account=account["id"])
    ctx.emit("account.updated", account, account=account["id"])
    return account


def restrict(ctx: Context, account: Json, reason: str) -> Json:
    """Stripe stops an account: no charges, no payouts, with a reason that can be read."""
    account["capabilities"] = dict.fromkeys(account["capabilities"], "inactive")
    account.update(charges_enabled=False, payouts_enabled=False)
    account["requirements"] = {**_requirements(["business_profile.url"]), "disabled_reason": "requirements.past_due"}
    account["requirements"]["errors"] = [
        {"code": "invalid_url_website_incomplete", "reason": reason, "requirement": "business_profile.url"}
    ]
    ctx.tx.save(account)
    ctx.emit("account.updated", account, account=account["id"])
    return account


def capability(account: Json, name: str) -> Json:
    """One capability of an account as an object of its own."""
    return {
        "id": name,
        "object": "capability",
        "account": account["id"],
        "requested": True,
        "requested_at": account["created"],
        "requirements": {
            **account["requirements"],
            "disabled_reason": "requirements.fields_needed" if account["requirements"]["disabled_reason"] else None,
        },
        "status": account["capabilities"][name],
    }


@endpoint("GET", "accounts/<account_id>")
def retrieve(ctx: Context, params: Params, account_id: str) -> Json:
    """One account."""
    found = ctx.tx.find(account_id, "account")
    if found is None:
        message = f"The provided key does not have access to account '{account_id}' (or that account does not exist)."
        raise refused(message, "account_invalid", status=403)
    return found


@endpoint("GET", "account")
def retrieve_own(ctx: Context, params: Params) -> Json:
    """The account of the key, or of the `Stripe-Account` header."""
    return retrieve(ctx, params, ctx.account)


@endpoint("POST", "accounts/<account_id>", FIELDS)
def update(ctx: Context, params: Params, account_id: str) -> Json:
    """Change an account; new capabilities are active at once when it has been onboarded."""
    account = retrieve(ctx, params, account_id)
    if params.given("type") or params.given("country"):
        raise not_valid("You cannot change `type` or `country` via API if it was already set.", "type")
    _apply(ctx, params, account)
    ctx.tx.save(account)
    ctx.emit("account.updated", account, account=account_id)
    return account


@endpoint("GET", "accounts", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Connected accounts, newest first."""
    return page(ctx, params, "account", "/v1/accounts", conditions=[("id <> ?", PLATFORM_ACCOUNT)])


@endpoint("GET", "accounts/<account_id>/capabilities")
def list_capabilities(ctx: Context, params: Params, account_id: str) -> Json:
    """What an account may do."""
    account = retrieve(ctx, params, account_id)
    items = [capability(account, name) for name in sorted(account["capabilities"])]
    return {"object": "list", "data": items, "has_more": False, "url": f"/v1/accounts/{account_id}/capabilities"}


@endpoint("GET", "accounts/<account_id>/capabilities/<name>")
def retrieve_capability(ctx: Context, params: Params, account_id: str, name: str) -> Json:
    """One capability."""
    account = retrieve(ctx, params, account_id)
    if name not in account["capabilities"]:
        raise no_such("capability", name)
    return capability(account, name)


@endpoint("DELETE", "accounts/<account_id>")
def delete(ctx: Context, params: Params, account_id: str) -> Json:
    """Close a connected account."""
    account = retrieve(ctx, params, account_id)
    if account_id == PLATFORM_ACCOUNT:
        raise refused("You cannot delete your own account.")
    ctx.tx.delete(account["id"])
    return {"id": account_id, "object": "account", "deleted": True}


def platform_account(ctx: Context) -> Json:
    """The platform's own account, made once."""
    found = ctx.tx.find(PLATFORM_ACCOUNT, "account")
    if found is not None:
        return found
    body = _empty(ctx, Params({"type": "standard"}))
    body.update(
        id=PLATFORM_ACCOUNT,
        email="platform@example.com",
        charges_enabled=True,
        payouts_enabled=True,
        details_submitted=True,
        capabilities={"card_payments": "active", "transfers": "active"},
        requirements=_requirements([]),
    )
    return ctx.create(body, PLATFORM_ACCOUNT)
