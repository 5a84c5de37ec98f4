"""The page of whoever was asked to pay a part by card: opened by a signed link, without signing in."""

from flask import current_app, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import ANYONE, allow
from marketplace.kernel.errors import DomainError
from marketplace.ui.refusals import flash_refusal
from payments.queries.top_ups import get_by_token
from payments.routes import blueprint
from payments.services import top_ups as services


@blueprint.get("/top-up/<token>")
@allow(ANYONE)
def top_up(token: str) -> Response | str:
    """What somebody asks the reader to pay, and whether it is paid."""
    asked = get_by_token(token)
    return render_template("payments/top_up/asked.html", asked=asked, token=token, stopped=services.has_stopped(asked))


@blueprint.get("/top-up/<token>/card")
@allow(ANYONE)
def top_up_card(token: str) -> Response:
    """To Stripe's own page. A link and not a form leads here: browsers stop a form's redirect to another host."""
    try:
        address = services.start_card(
            token,
            success_url=_absolute("payments.top_up_card_given", token),
            cancel_url=_absolute("payments.top_up", token),
        )
    except DomainError as error:
        flash_refusal(error)
        return _back(token)
    return redirect(address)


@blueprint.get("/top-up/<token>/card/given")
@allow(ANYONE)
def top_up_card_given(token: str) -> Response:
    """Back from Stripe's page with a card: the bank is asked at once."""
    try:
        if not services.finish_card(token, return_url=_absolute("payments.top_up_bank", token)):
            flash("The card was not finished. Nothing was taken. You can try again.", "error")
    except DomainError as error:
        flash_refusal(error)
    return _back(token)


@blueprint.get("/top-up/<token>/bank")
@allow(ANYONE)
def top_up_bank(token: str) -> Response:
    """Back from the bank's own check."""
    services.after_bank(token)
    return _back(token)


@blueprint.post("/top-up/<token>/again")
@allow(ANYONE)
def top_up_again(token: str) -> Response:
    """Ask the bank once more for what waits."""
    try:
        services.pay_again(token, return_url=_absolute("payments.top_up_bank", token))
    except DomainError as error:
        flash_refusal(error)
    return _back(token)


def _back(token: str) -> Response:
    return redirect(url_for("payments.top_up", token=token))


def _absolute(endpoint: str, token: str) -> str:
    public_url: str = current_app.extensions["settings"].public_url
    return public_url + url_for(endpoint, token=token)
