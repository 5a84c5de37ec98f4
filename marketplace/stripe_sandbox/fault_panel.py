"""The fault panel: a JSON interface at `/_faults`, and a page for people at the same address."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as Reply

from . import clock, faults
from .context import Context
from .dispatch import Sandbox
from .errors import ApiError, refused
from .rendering import public
from .resources import accounts, disputes, payouts, refunds
from .settings import DAY
from .store import Transaction

Json = dict[str, Any]

blueprint = Blueprint("faults", __name__, url_prefix="/_faults")


def _sandbox() -> Sandbox:
    sandbox: Sandbox = current_app.extensions["stripe_sandbox"]
    return sandbox


def _found(ctx: Context, type_name: str, options: Json, name: str) -> Json:
    """The object that an act is about; a payment intent stands for its latest charge."""
    identifier = str(options.get(name) or "")
    found = ctx.tx.find(identifier)
    if found is not None and found["object"] == "payment_intent" and type_name == "charge":
        found = ctx.tx.find(found["latest_charge"] or "")
    if found is None or found["object"] != type_name:
        raise refused(f"There is no {type_name} called '{identifier}'.", "resource_missing", name)
    ctx.account = ctx.tx.owner_of(found["id"])
    return found


def _whole(options: Json, name: str) -> int | None:
    value = options.get(name)
    if value in (None, ""):
        return None
    try:
        return int(str(value))
    except ValueError:
        raise refused(f"{name} is a whole number.", param=name) from None


def _dispute(ctx: Context, options: Json) -> Json:
    charge = _found(ctx, "charge", options, "charge")
    return disputes.open_dispute(
        ctx,
        charge,
        reason=str(options.get("reason") or "fraudulent"),
        amount=_whole(options, "amount"),
        inquiry=bool(options.get("inquiry")),
    )


def _dashboard_refund(ctx: Context, options: Json) -> Json:
    charge = _found(ctx, "charge", options, "charge")
    return refunds.make_refund(
        ctx,
        charge,
        _whole(options, "amount"),
        reason="requested_by_customer",
        reverse_transfer=bool(options.get("reverse_transfer")),
    )


def _fail_refund(ctx: Context, options: Json) -> Json:
    refund = _found(ctx, "refund", options, "refund")
    reason = str(options.get("reason") or "unknown")
    days = faults.number(options, "days", faults.LONGEST_DAYS)
    if days:
        ctx.plan(ctx.now + int(days * DAY), "fail_refund", refund["id"], reason=reason)
    else:
        refunds.fail_refund(ctx, refund, reason)
    return refund


def _fail_payout(ctx: Context, options: Json) -> Json:
    return payouts.fail(ctx, _found(ctx, "payout", options, "payout"), str(options.get("reason") or "account_closed"))


def _end_dispute(ctx: Context, options: Json) -> Json:
    dispute = _found(ctx, "dispute", options, "dispute")
    return disputes.finish(ctx, dispute, won=options.get("outcome") == "won")


def _complete_account(ctx: Context, options: Json) -> Json:
    return accounts.finish_onboarding(ctx, _found(ctx, "account", options, "account"))


def _restrict_account(ctx: Context, options: Json) -> Json:
    account = _found(ctx, "account", options, "account")
    return accounts.restrict(ctx, account, str(options.get("reason") or "The website could not be reached."))


def _advance_clock(ctx: Context, options: Json) -> Json:
    days = faults.number(options, "days", faults.LONGEST_DAYS)
    seconds = faults.number(options, "seconds", faults.LONGEST_DAYS * DAY)
    clock.move_to(ctx, ctx.now + int(days * DAY + seconds))
    return {"object": "clock", "now": ctx.now}


def _reset_clock(ctx: Context, options: Json) -> Json:
    clock.reset(ctx)
    return {"object": "clock", "now": ctx.now}


def _send_again(ctx: Context, options: Json) -> Json:
    event = _found(ctx, "event", options, "event")
    for _ in range(faults.whole(options, "copies", 1, faults.MOST_COPIES, 1)):
        ctx.deliver(event)
    return event


ACTS = {
    "dispute": _dispute,
    "end_dispute": _end_dispute,
    "refund_from_dashboard": _dashboard_refund,
    "fail_refund_of": _fail_refund,
    "fail_payout": _fail_payout,
    "complete_account": _complete_account,
    "restrict_account": _restrict_account,
    "advance_clock": _advance_clock,
    "reset_clock": _reset_clock,
    "send_again": _send_again,
}


def carry_out(ctx: Context, options: Json) -> Json:
    """Do an act now (`act`), or have a fault happen later (`fault`, with `times`); gives what came of it."""
    act, fault = options.get("act"), options.get("fault")
    if isinstance(act, str) and act in ACTS:
        try:
            return public(ctx, ACTS[act](ctx, options))
        except ValueError as problem:
            raise refused(str(problem)) from None
    if fault is None:
        raise refused(f"Name an act ({', '.join(ACTS)}) or a fault ({', '.join(faults.KINDS)}).")
    rest = {
        name: value for name, value in options.items() if name not in ("fault", "times") and value not in ("", None)
    }
    try:
        times = _whole(options, "times")
        number = faults.add_fault(ctx.tx, str(fault), rest, 1 if times is None else times)
    except ValueError as problem:
        raise refused(str(problem), param="fault") from None
    return {"object": "fault", "id": number, "kind": fault}


def _state(ctx: Context) -> Json:
    def rows(sql: str) -> list[Json]:
        cursor = ctx.tx.sql.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return {
        "now": ctx.now,
        "time": datetime.fromtimestamp(ctx.now, UTC).strftime("%-d %B %Y, %H:%M:%S"),
        "clock_offset_seconds": int(ctx.tx.get_state("clock_offset", "0")),
        "faults": faults.list_faults(ctx.tx),
        "requests": rows("SELECT * FROM requests ORDER BY created DESC LIMIT 50"),
        "deliveries": rows("SELECT * FROM deliveries ORDER BY id DESC LIMIT 50"),
        "waiting": ctx.tx.sql.execute(
            "SELECT COUNT(*) FROM deliveries WHERE state IN ('waiting', 'sending')"
        ).fetchone()[0],
    }


def _same_site() -> bool:
    """Whether a form was sent from this site: other pages cannot press its buttons."""
    origin = request.headers.get("Origin")
    return origin is None or origin in (request.host_url.rstrip("/"), "null")


@blueprint.get("")
def show() -> Reply:
    """The state of things: as a page, or as JSON when that is asked for."""
    with _sandbox().store.transaction() as tx:
        state = _state(_sandbox().context(tx))
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify(state)
    html = render_template("stripe_sandbox/faults.html", state=state, done=request.args.get("done"), kinds=faults)
    return Response(html, mimetype="text/html")


@blueprint.post("")
def ask() -> Reply:
    """Ask for a fault or an act, as JSON or by the page's forms."""
    sandbox = _sandbox()
    by_json = request.is_json
    if not by_json and not _same_site():
        abort(403)
    options = request.get_json() if by_json else request.form.to_dict()
    if not isinstance(options, dict):
        abort(400)
    try:
        with sandbox.store.transaction() as tx:
            ctx = sandbox.context(tx)
            clock.run_due(ctx)
            result = carry_out(ctx, options)
    except ApiError as error:
        if by_json:
            return Response(current_app.json.dumps(error.body("")), error.status, mimetype="application/json")
        html = render_template(
            "stripe_sandbox/faults.html", state=_read_state(sandbox), error=error.message, kinds=faults
        )
        return Response(html, mimetype="text/html")
    sandbox.deliverer.wake()
    return jsonify(result) if by_json else redirect("/_faults?done=1", 303)


def _read_state(sandbox: Sandbox) -> Json:
    with sandbox.store.transaction() as tx:
        return _state(sandbox.context(tx))


@blueprint.delete("")
def clear() -> Reply:
    """Take back every fault that has not happened yet."""
    with _sandbox().store.transaction() as tx:
        faults.clear_faults(tx)
    return jsonify(cleared=True)


@blueprint.post("/clear")
def clear_by_form() -> Reply:
    """The same, for the page's button."""
    if not _same_site():
        abort(403)
    with _sandbox().store.transaction() as tx:
        faults.clear_faults(tx)
    return redirect("/_faults?done=1", 303)


def _one(tx: Transaction, request_id: str) -> Json | None:
    row = tx.sql.execute(
        "SELECT id, method, path, status, idempotency_key, note FROM requests WHERE id = ?", (request_id,)
    )
    found = row.fetchone()
    return (
        dict(zip(("id", "method", "path", "status", "idempotency_key", "note"), found, strict=True)) if found else None
    )


@blueprint.get("/requests/<request_id>")
def one_request(request_id: str) -> Reply:
    """What is remembered of one request."""
    with _sandbox().store.transaction() as tx:
        found = _one(tx, request_id)
    if found is None:
        abort(404)
    return jsonify(found)
