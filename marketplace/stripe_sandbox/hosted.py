"""The pages that people meet: card page, 3-D Secure, onboarding, receipt. Plain HTML, no JavaScript."""

from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request
from werkzeug.wrappers import Response as Reply

from . import charging, clock
from .card_form import CardForm
from .cards import decline_error, new_payment_method
from .context import Context
from .dispatch import Sandbox
from .errors import ApiError, card_error
from .resources import checkout_sessions, setup_intents
from .resources.accounts import finish_onboarding
from .store import Transaction

Json = dict[str, Any]

blueprint = Blueprint("hosted", __name__, static_folder="static", static_url_path="/_static")

PUT_INTO_WORDS = {"number": "number", "exp_month": "expiry", "cvc": "cvc"}


def _sandbox() -> Sandbox:
    sandbox: Sandbox = current_app.extensions["stripe_sandbox"]
    return sandbox


def _context(tx: Transaction, subject: Json | None = None) -> Context:
    ctx = _sandbox().context(tx)
    clock.run_due(ctx)
    if subject is not None:
        ctx.account = tx.owner_of(subject["id"])
    return ctx


def _message(title: str, words: str, link: str | None = None, link_words: str = "", status: int = 200) -> Reply:
    html = render_template("stripe_sandbox/message.html", title=title, words=words, link=link, link_words=link_words)
    return Response(html, status, mimetype="text/html")


@blueprint.get("/")
def index() -> str:
    """What this is, and where its pages are."""
    return render_template("stripe_sandbox/index.html")


@blueprint.get("/favicon.ico")
def favicon() -> Reply:
    """A small square, so that no browser complains."""
    return redirect("/_static/favicon.svg", 302)


@blueprint.get("/robots.txt")
def robots() -> Reply:
    """Nothing here is for search engines."""
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")


@blueprint.get("/c/pay/<session_id>")
def card_page(session_id: str) -> Reply:
    """The card page of a Checkout Session."""
    with _sandbox().store.transaction() as tx:
        session = tx.find(session_id, "checkout.session")
        if session is None:
            return _message("Page not found", "There is no payment page at this address.", status=404)
        _context(tx, session)
        closed = _closed(session)
        if closed is not None:
            return closed
        error = _last_error(tx, session) if request.args.get("again") else None
        return _card_page(session, CardForm.empty(), error)


def _closed(session: Json) -> Reply | None:
    if session["status"] == "complete":
        address = checkout_sessions.success_address(session)
        return _message(
            "This is done already", "The card details were taken. Nothing more is needed here.", address, "Go back"
        )
    if session["status"] == "expired":
        words = "This payment page is closed: it was open for too long, or the seller closed it. No card was charged."
        return _message("This page has expired", words, session["cancel_url"], "Go back")
    return None


def _last_error(tx: Transaction, session: Json) -> tuple[str, str] | None:
    kind = "setup_intent" if session["mode"] == "setup" else "payment_intent"
    intent = tx.find(session[kind] or "", kind)
    last = (intent or {}).get("last_setup_error") or (intent or {}).get("last_payment_error")
    return ("number", last["message"]) if last else None


def _card_page(session: Json, form: CardForm, error: tuple[str, str] | None = None) -> Reply:
    errors = dict(form.errors)
    if error is not None:
        errors[error[0]] = error[1]
    html = render_template("stripe_sandbox/card.html", session=session, form=form, errors=errors, total=_total(session))
    return Response(html, mimetype="text/html")


@blueprint.app_template_filter("money")
def money_words(pence: int, currency: str) -> str:
    """An amount for people, such as `£54.00`."""
    sign = {"gbp": "£", "eur": "€", "usd": "$"}[currency]
    return f"{sign}{pence // 100:,}.{pence % 100:02d}"


def _total(session: Json) -> str | None:
    if session["amount_total"] is None:
        return None
    return money_words(session["amount_total"], session["currency"])


@blueprint.post("/c/pay/<session_id>")
def pay(session_id: str) -> Reply:
    """Take the card: pay or keep, say what is wrong, or go on to the bank."""
    sandbox = _sandbox()
    with sandbox.store.transaction() as tx:
        session = tx.find(session_id, "checkout.session")
        if session is None:
            return _message("Page not found", "There is no payment page at this address.", status=404)
        ctx = _context(tx, session)
        closed = _closed(session)
        if closed is not None:
            return closed
        form = CardForm.read(request.form, ctx.now)
        if form.errors:
            return _card_page(session, form)
        if form.card is None:
            error = decline_error("live_card")
            return _card_page(session, form, ("number", error.message))
        try:
            address = _take_card(ctx, session, form)
        except ApiError as error:
            return _card_page(session, form, (PUT_INTO_WORDS.get(error.param or "", "number"), error.message))
    sandbox.deliverer.wake()
    return redirect(address, 303)


def _take_card(ctx: Context, session: Json, form: CardForm) -> str:
    """Try the card; gives where the payer goes next."""
    assert form.card is not None
    billing = {"name": form.name, "email": session["customer_email"]}
    method = ctx.create(
        new_payment_method(form.card, ctx.now, billing=billing, exp_month=form.exp_month, exp_year=form.exp_year)
    )
    checkout_sessions.customer_of(ctx, session, form.name)
    intent = checkout_sessions.intent_of(ctx, session)
    if intent["customer"] is None and session["customer"]:
        intent["customer"] = session["customer"]
    if session["mode"] == "setup":
        setup_intents.confirm_setup(ctx, intent, method, session["success_url"], session["id"])
    else:
        charging.confirm(ctx, intent, method, off_session=False, return_url=session["success_url"])
    if intent["status"] == "requires_action":
        challenge = ctx.tx.find(intent["_challenge"])
        assert challenge is not None
        challenge["session"] = session["id"]
        ctx.tx.save(challenge)
        return f"/3d-secure/{challenge['id']}"
    checkout_sessions.complete(ctx, session, method["billing_details"])
    return checkout_sessions.success_address(session)


@blueprint.get("/3d-secure/<challenge_id>")
def bank_page(challenge_id: str) -> Reply:
    """The bank's page: say yes or no."""
    with _sandbox().store.transaction() as tx:
        found = _open_challenge(tx, challenge_id)
        if not isinstance(found, tuple):
            return found
        challenge, intent = found
        total = None
        if intent["object"] == "payment_intent":
            total = _total({"amount_total": intent["amount"], "currency": intent["currency"]})
        html = render_template("stripe_sandbox/bank.html", challenge=challenge, total=total)
        return Response(html, mimetype="text/html")


def _open_challenge(tx: Transaction, challenge_id: str) -> tuple[Json, Json] | Reply:
    challenge = tx.find(challenge_id, "three_d_secure")
    if challenge is None:
        return _message("Page not found", "There is nothing to approve at this address.", status=404)
    _context(tx)
    intent = tx.find(challenge["intent"])
    assert intent is not None
    if (
        challenge["outcome"] is not None
        or intent["_challenge"] != challenge_id
        or intent["status"] != "requires_action"
    ):
        address = challenge["return_url"]
        return _message("Nothing left to approve", "This has been answered already.", address, "Go back to the shop")
    return challenge, intent


@blueprint.post("/3d-secure/<challenge_id>")
def answer_bank(challenge_id: str) -> Reply:
    """The payer's answer to the bank; then back to the shop."""
    sandbox = _sandbox()
    with sandbox.store.transaction() as tx:
        found = _open_challenge(tx, challenge_id)
        if not isinstance(found, tuple):
            return found
        challenge, intent = found
        ctx = _context(tx, intent)
        passed = request.form.get("answer") == "yes"
        challenge["outcome"] = "authenticated" if passed else "failed"
        tx.save(challenge)
        session = tx.find(challenge["session"] or "", "checkout.session")
        address = _after_bank(ctx, challenge, intent, session, passed)
    sandbox.deliverer.wake()
    return redirect(address, 303)


def _after_bank(ctx: Context, challenge: Json, intent: Json, session: Json | None, passed: bool) -> str:
    method = ctx.tx.find(intent["payment_method"], "payment_method")
    assert method is not None
    setup = intent["object"] == "setup_intent"
    try:
        if not passed:
            _not_approved(ctx, intent)
        elif setup:
            setup_intents.keep(ctx, intent, method)
        else:
            charging.take(ctx, intent, method, authenticated=True)
    except ApiError:
        if session is not None:
            return f"/c/pay/{session['id']}?again=1"
        return _return_address(challenge, intent)
    if session is not None:
        checkout_sessions.complete(ctx, session, method["billing_details"])
        return checkout_sessions.success_address(session)
    return _return_address(challenge, intent)


def _not_approved(ctx: Context, intent: Json) -> None:
    message = (
        "We are unable to authenticate your payment method. Please choose a different payment method and try again."
    )
    if intent["object"] == "setup_intent":
        error = card_error(message, code="setup_intent_authentication_failure")
        setup_intents.not_set_up(ctx, intent, error)
    else:
        error = card_error(message, code="payment_intent_authentication_failure")
        charging.unpaid(ctx, intent, error)
        ctx.emit("payment_intent.payment_failed", intent)
    raise error


def _return_address(challenge: Json, intent: Json) -> str:
    """The shop's address with Stripe's parameters added."""
    if challenge["return_url"] is None:
        return f"/3d-secure/{challenge['id']}"
    result = "succeeded" if intent["status"] in ("succeeded", "requires_capture") else "failed"
    name = intent["object"]
    address, _, fragment = challenge["return_url"].partition("#")
    sign = "&" if "?" in address else "?"
    added = f"{name}={intent['id']}&{name}_client_secret={intent['client_secret']}&redirect_status={result}"
    return f"{address}{sign}{added}" + (f"#{fragment}" if fragment else "")


@blueprint.get("/onboarding/<link_id>")
def onboarding_page(link_id: str) -> Reply:
    """One page that stands for all that Stripe asks of a new seller."""
    with _sandbox().store.transaction() as tx:
        link = tx.find(link_id, "account_link_page")
        if link is None:
            return _message("Page not found", "There is no such page.", status=404)
        ctx = _context(tx)
        if link["used"] or link["expires_at"] < ctx.now:
            return redirect(link["refresh_url"], 303)
        account = tx.find(link["account"], "account")
        return Response(
            render_template("stripe_sandbox/onboarding.html", link=link, account=account), mimetype="text/html"
        )


@blueprint.post("/onboarding/<link_id>")
def onboard(link_id: str) -> Reply:
    """Complete the account, or come back later."""
    sandbox = _sandbox()
    with sandbox.store.transaction() as tx:
        link = tx.find(link_id, "account_link_page")
        if link is None:
            return _message("Page not found", "There is no such page.", status=404)
        ctx = _context(tx)
        if link["used"] or link["expires_at"] < ctx.now:
            return redirect(link["refresh_url"], 303)
        link["used"] = True
        tx.save(link)
        account = tx.find(link["account"], "account")
        if account is not None and request.form.get("answer") == "complete":
            finish_onboarding(ctx, account)
    sandbox.deliverer.wake()
    return redirect(link["return_url"], 303)


@blueprint.get("/receipts/<charge_id>")
def receipt(charge_id: str) -> Reply:
    """The receipt that a charge's `receipt_url` names."""
    with _sandbox().store.transaction() as tx:
        charge = tx.find(charge_id, "charge")
        if charge is None:
            return _message("Page not found", "There is no such receipt.", status=404)
        total = _total({"amount_total": charge["amount_captured"], "currency": charge["currency"]})
        words = f"{total} paid by card. " + (f"For: {charge['description']}." if charge["description"] else "")
        return _message("Receipt", words)
