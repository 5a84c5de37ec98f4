"""Register, and confirm an e-mail address by its link."""

from flask import redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from marketplace.accounts import browser, navigation
from marketplace.accounts.access import ANYONE, allow, current_actor
from marketplace.accounts.domain import JoinedAs
from marketplace.accounts.errors import LinkEnded, WrongPassword
from marketplace.accounts.forms import EmailForm, RegisterForm, VerifyForm
from marketplace.accounts.queries import actor_of
from marketplace.accounts.routes import blueprint
from marketplace.accounts.routes.limits import count_failure, count_letter, limit_letters, limit_place_failures
from marketplace.accounts.services import registration, signing_in
from marketplace.kernel.errors import DomainError
from marketplace.ui.routes import own_path


@blueprint.route("/register", methods=["GET", "POST"])
@limit_letters
@allow(ANYONE)
def register() -> Response | str:
    """Open an account."""
    if current_actor().is_signed_in:
        return redirect(url_for("accounts.account"))
    asked = request.args.get("as", "")
    form = RegisterForm(joined_as=asked if asked in set(JoinedAs) else None)
    if form.validate_on_submit():
        try:
            registration.register(form.to_command())
            count_letter()
        except DomainError as error:
            form.refuse(error)
        else:
            session["to_verify"] = form.email.data
            session["after_verify"] = own_path(request.args.get("next"))
            return redirect(url_for("accounts.registered"))
    return render_template("accounts/register.html", form=form)


@blueprint.get("/register/sent")
@allow(ANYONE)
def registered() -> str:
    """Say that a link is on its way; the same for every address."""
    return _look_in_your_email("Look in your email", "new")


@blueprint.get("/register/not-confirmed")
@allow(ANYONE)
def not_verified() -> str:
    """Say that an address is still to be confirmed, and offer a new link."""
    return _look_in_your_email("Confirm your email address first", "not confirmed")


def _look_in_your_email(title: str, why: str) -> str:
    email = session.get("to_verify")
    return render_template(
        "accounts/look_in_email.html", title=title, why=why, email=email, form=EmailForm(email=email)
    )


@blueprint.post("/register/resend")
@limit_letters
@allow(ANYONE)
def resend() -> Response | str:
    """Send the link once more; the same answer for every address."""
    form = EmailForm()
    if form.validate_on_submit():
        try:
            registration.ask_again(form.email.data)
            count_letter()
            session["to_verify"] = form.email.data
            return redirect(url_for("accounts.registered"))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "accounts/look_in_email.html", title="Send the link again", why="again", email=None, form=form
    )


@blueprint.route("/verify/<token>", methods=["GET", "POST"])
@limit_place_failures
@allow(ANYONE)
def verify(token: str) -> Response | str | tuple[str, int]:
    """Confirm an address by its link and the password, and sign in."""
    form = VerifyForm()
    try:
        registration.check_link(token)
        if form.validate_on_submit():
            user_id = registration.verify(token, form.password.data)
            browser.enter(signing_in.begin(user_id, device=browser.device_words()))
            session.pop("to_verify", None)
            asked = session.pop("after_verify", "/")
            return redirect(asked if asked != "/" else navigation.first_page(actor_of(user_id), user_id))
    except LinkEnded as error:
        return render_template("accounts/link_ended.html", why=error.message, again="verify"), 410
    except WrongPassword as error:
        count_failure()
        form.refuse(error)
    return render_template("accounts/verify.html", form=form)
