"""Prove who one is before what weighs most; and an app for codes: set up, replaced, taken off."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts import browser
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, require_fresh
from marketplace.accounts.errors import WrongCode
from marketplace.accounts.forms import CodeAppForm, ProofForm
from marketplace.accounts.routes import blueprint
from marketplace.accounts.routes.limits import (
    count_failure,
    count_letter,
    limit_code_failures,
    limit_codes_sent,
)
from marketplace.accounts.services import council_sign_in, second_step
from marketplace.kernel.errors import NotFound
from marketplace.ui.routes import own_path


@blueprint.route("/account/confirm", methods=["GET", "POST"])
@limit_code_failures
@allow(SIGNED_IN)
def confirm() -> Response | str:
    """Give a code, then go on with what asked for it."""
    user_id = _user_id()
    form = ProofForm(next=request.args.get("next", ""))
    if form.validate_on_submit():
        try:
            second_step.prove(_own_codes(), form.proof.data, token=browser.token())
            return redirect(own_path(form.next.data))
        except WrongCode as error:
            count_failure()
            form.refuse(error)
    step = second_step.second_step_of(user_id, browser.token())
    if not step.takes_code:  # the last one is too old by now: what is wrong is said on top, as there is no box
        form.form_errors, form.proof.errors = [*form.form_errors, *form.proof.errors], []
    return render_template(
        "accounts/confirm.html",
        form=form,
        step=step,
        council=council_sign_in.login_of(user_id),
    )


@blueprint.post("/account/confirm/send")
@limit_codes_sent
@allow(SIGNED_IN)
def send_code() -> Response:
    """Send a code by e-mail, then ask for it."""
    second_step.send_code(_own_codes(), browser.token())
    count_letter()
    return redirect(url_for("accounts.confirm", next=own_path(request.form.get("next") or "/")))


@blueprint.get("/account/codes")
@allow(SIGNED_IN)
def codes() -> str:
    """Where one's codes come from."""
    user_id = _user_id()
    return render_template(
        "accounts/codes.html",
        step=second_step.second_step_of(user_id, browser.token()),
        council=council_sign_in.login_of(user_id),
    )


@blueprint.route("/account/codes/app", methods=["GET", "POST"])
@limit_code_failures
@allow(SIGNED_IN)
def code_app() -> Response | str:
    """Set up an app, or another one in its place: point it at a square, and give its first code."""
    user_id = _own_codes()
    require_fresh()
    form = CodeAppForm()
    if form.validate_on_submit():
        try:
            made = second_step.set_up_app(user_id, form.sealed.data or "", form.proof.data)
            return render_template("accounts/recovery_codes.html", codes=made, is_new_app=True)
        except WrongCode as error:
            count_failure()
            form.refuse(error)
    new = (form.is_submitted() and second_step.new_app(user_id, form.sealed.data or "")) or second_step.new_app(user_id)
    assert new is not None
    form.sealed.data = new.sealed
    return render_template("accounts/code_app.html", form=form, new=new)


@blueprint.post("/account/codes/recovery")
@allow(SIGNED_IN)
def renew_recovery_codes() -> str:
    """New recovery codes; those of before end."""
    require_fresh()
    made = second_step.renew_recovery_codes(_own_codes())
    return render_template("accounts/recovery_codes.html", codes=made, is_new_app=False)


@blueprint.post("/account/codes/app/off")
@allow(SIGNED_IN)
def take_off_code_app() -> Response:
    """No app any more: codes come by e-mail."""
    require_fresh()
    user_id = _own_codes()
    second_step.take_off_app(user_id, by_user_id=user_id)
    flash("The app is taken off. Codes come by email again.", "success")
    return redirect(url_for("accounts.codes"))


def _own_codes() -> int:
    """Who is signed in. Raises NotFound for those whose council asks them: they have no codes of ours."""
    user_id = _user_id()
    if council_sign_in.login_of(user_id) is not None:
        raise NotFound
    return user_id


def _user_id() -> int:
    user_id = current_actor().user_id
    assert user_id is not None, "the rule SIGNED_IN has seen to it"
    return user_id
