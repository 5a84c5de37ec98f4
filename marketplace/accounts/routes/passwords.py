"""A forgotten password."""

from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from marketplace.accounts import browser, navigation
from marketplace.accounts.access import ANYONE, allow
from marketplace.accounts.errors import LinkEnded
from marketplace.accounts.forms import EmailForm, NewPasswordForm
from marketplace.accounts.queries import actor_of
from marketplace.accounts.routes import blueprint
from marketplace.accounts.routes.limits import count_letter, limit_letters
from marketplace.accounts.services import profile, signing_in
from marketplace.kernel.errors import DomainError


@blueprint.route("/forgotten-password", methods=["GET", "POST"])
@limit_letters
@allow(ANYONE)
def forgotten_password() -> Response | str:
    """Send a link for a new password; the same answer for every address."""
    form = EmailForm(email=request.args.get("email"))
    if form.validate_on_submit():
        try:
            profile.forgotten_password(form.email.data)
            count_letter()
        except DomainError as error:
            form.refuse(error)
        else:
            session["sent_to"] = form.email.data
            return redirect(url_for("accounts.new_password_sent"))
    return render_template("accounts/forgotten_password.html", form=form)


@blueprint.get("/forgotten-password/sent")
@allow(ANYONE)
def new_password_sent() -> str:
    """Say that a link is on its way, if there is an account."""
    return render_template("accounts/new_password_sent.html", email=session.get("sent_to"))


@blueprint.route("/reset-password/<token>", methods=["GET", "POST"])
@allow(ANYONE)
def choose_new_password(token: str) -> Response | str | tuple[str, int]:
    """Choose a new password by the link; every sign-in ends, and this browser begins a new one."""
    form = NewPasswordForm()
    try:
        profile.check_new_password_link(token)
        if form.validate_on_submit():
            user_id = profile.choose_new_password(token, form.password.data)
            browser.leave()
            browser.enter(signing_in.begin(user_id, device=browser.device_words()))
            flash("Your new password is saved. You are signed in here, and signed out everywhere else.", "success")
            return redirect(navigation.start_page(actor_of(user_id)))
    except LinkEnded as error:
        return render_template("accounts/link_ended.html", why=error.message, again="password"), 410
    except DomainError as error:
        form.refuse(error)
    return render_template("accounts/new_password.html", form=form)
