"""Cards in the demo: providers that Stripe knows, and buying by card on the sandbox's own card page, over HTTP."""

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from flask import Flask, current_app

from catalogue.queries.listings import Offer
from marketplace.accounts.domain import Actor
from marketplace.config import Settings
from marketplace.database import db
from marketplace.demo.shopping import Want, answer, fill, place
from marketplace.kernel.rails import CARD_RAILS
from payments.queries.checkouts import get_checkout, get_plan
from payments.queries.top_ups import key_of, token_of
from payments.queries.ways import WITH_CARD
from payments.services import checkout, onboarding, top_ups

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
AT_ONCE = 4


def ready_providers(offers: Iterable[Offer]) -> int:
    """An account at the sandbox, with everything told, for each provider that takes cards; answers how many."""
    ids = sorted({offer.organisation_id for offer in offers if offer.price_pence and offer.rails & CARD_RAILS})
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def ready(organisation_id: int) -> None:
        with app.app_context():
            try:
                account_id = onboarding.open_account(organisation_id, actor_user_id=None)
                _post(_sandbox() + "/_faults", {"act": "complete_account", "account": account_id}, as_json=True)
                onboarding.refresh(organisation_id)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ready, ids))
    return len(ids)


def buy_by_card(
    actor: Actor, person_id: int, wants: Sequence[Want], pot_period_id: int | None, name: str
) -> tuple[int, ...]:
    """Order with a card that pays: own money without `pot_period_id`, else a direct payment; answers the orders."""
    address: str = _settings().public_url
    checkout_id = fill(actor, person_id, wants)
    answer(actor, checkout_id, wants, pot_period_id)
    back = f"{address}/checkout/{checkout_id}"
    if not get_checkout(actor, checkout_id).has_card:
        page = checkout.start_card(actor, checkout_id, success_url=back, cancel_url=back)
        _post(page, {**CARD, "name": name})
        if not checkout.finish_card(actor, checkout_id, return_url=back):
            raise RuntimeError("the sandbox kept no card")
    plan = get_plan(actor, checkout_id)
    placed = checkout.place_and_pay(actor, checkout_id, key=plan.checkout.key, seen=plan.digest, return_url=back)
    return placed.order_ids


def ask_to_top_up(
    actor: Actor,
    person_id: int,
    wants: Sequence[Want],
    pot_period_id: int,
    budget_pence: int,
    payer: tuple[str, str],
    *,
    pays: bool,
) -> tuple[int, ...]:
    """Order from a budget that pays `budget_pence`; `payer`, by name and address, is asked for the rest."""
    checkout_id = fill(actor, person_id, wants)
    answer(actor, checkout_id, wants, pot_period_id)
    checkout.choose_way(actor, checkout_id, f"pot:{pot_period_id}{WITH_CARD}")
    name, address = payer
    checkout.choose_top_up(
        actor, checkout_id, budget_pence=budget_pence, payer_name=name, payer_email=address, is_agreed=True
    )
    order_ids = place(actor, checkout_id)
    if pays:
        token = token_of(key_of(checkout_id) or "")
        back = f"{_settings().public_url}/top-up/{token}"
        _post(top_ups.start_card(token, success_url=back, cancel_url=back), {**CARD, "name": name})
        if not top_ups.finish_card(token, return_url=back):
            raise RuntimeError("the sandbox kept no card")
    return order_ids


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _sandbox() -> str:
    base = _settings().stripe_api_base
    if base is None:
        raise RuntimeError("a demo pays at a Stripe sandbox: set STRIPE_API_BASE")
    return base.rstrip("/")


def _post(url: str, fields: dict[str, str], *, as_json: bool = False) -> None:
    """Send a form or JSON; being sent elsewhere afterwards is well, and not followed."""
    parts = urlsplit(url)
    body = json.dumps(fields) if as_json else urlencode(fields)
    kind = "application/json" if as_json else "application/x-www-form-urlencoded"
    connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=20)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("POST", path, body, {"Content-Type": kind})
        reply = connection.getresponse()
        reply.read()
        if reply.status >= 400:
            raise RuntimeError(f"the sandbox answered {reply.status} to {path}")
    finally:
        connection.close()
