"""Sign in and sign out."""

from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from marketplace.accounts import browser, council_logins, kept_forms, navigation
from marketplace.accounts.access import ANYONE, allow, current_actor
from marketplace.accounts.errors import WrongSignIn
from marketplace.accounts.forms import SignInForm
from marketplace.accounts.queries import actor_of
from marketplace.accounts.routes import blueprint
from marketplace.accounts.routes.council_sign_in import council_asked_for
from marketplace.accounts.routes.limits import count_failure, limit_failures
from marketplace.accounts.services import signing_in
from marketplace.accounts.services.sessions import Ending
from marketplace.ui.routes import own_path

_WHY = {
    Ending.IDLE: "You were signed out because nothing happened for an hour. Sign in to go on where you were.",
    Ending.LONG: "You were signed out because 12 hours had passed. Sign in to go on where you were.",
    Ending.ENDED: "You were signed out. Sign in to go on where you were.",
}


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limit_failures
@allow(ANYONE)
def sign_in() -> Response | str:
    """Sign in, then go where one was going."""
    if current_actor().is_signed_in:
        return redirect(_after(request.args.get("next")))
    form = SignInForm(next=request.args.get("next", ""))
    if form.validate_on_submit():
        try:
            signed_in = signing_in.sign_in(form.email.data, form.password.data, device=browser.device_words())
        except WrongSignIn as error:
            count_failure()
            form.refuse(error)
        else:
            if signed_in.token is None:
                session["to_verify"] = form.email.data
                return redirect(url_for("accounts.not_verified"))
            browser.enter(signed_in)
            return redirect(_after(form.next.data, signed_in.user_id))
    council = council_asked_for(form.next.data)
    if council is not None and request.method == "GET":
        return redirect(url_for("accounts.council_sign_in", gss_code=council, next=form.next.data))
    return render_template(
        "accounts/sign_in.html", form=form, why_ended=_why_ended(), councils=council_logins.list_choices()
    )


def _why_ended() -> str | None:
    ended = browser.ended()
    if ended is None:
        return None
    user_id, why = ended
    kept_forms.remember_owner(user_id)
    return _WHY[why]


def _after(asked: str | None, user_id: int | None = None) -> str:
    """Where to go after signing in: the page that was asked for, else the start page of this user's work."""
    if asked and (path := own_path(asked)) != "/":
        return path
    if user_id is None:
        return navigation.start_page(current_actor())
    return navigation.first_page(actor_of(user_id), user_id)


@blueprint.post("/sign-out")
@allow(ANYONE)
def sign_out() -> Response:
    """End this browser's sign-in."""
    browser.leave()
    flash("You are signed out.", "success")
    return redirect("/")
