"""My account: who I am here, how I sign in, and where I am signed in."""

from flask import flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from marketplace.accounts import browser, navigation
from marketplace.accounts.access import ANYONE, SIGNED_IN, allow, current_actor, require_fresh
from marketplace.accounts.domain import WORDS_OF_ROLE, Actor
from marketplace.accounts.errors import LinkEnded, WrongPassword
from marketplace.accounts.forms import ChangeEmailForm, ChangeNameForm, ChangePasswordForm, ConfirmForm
from marketplace.accounts.ports import ports
from marketplace.accounts.queries import get_user
from marketplace.accounts.routes import blueprint
from marketplace.accounts.routes.limits import count_failure, count_letter, limit_letters, limit_place_failures
from marketplace.accounts.services import organisations, profile, sessions, signing_in
from marketplace.kernel.errors import DomainError, NotFound


def _me() -> tuple[Actor, int]:
    actor = current_actor()
    if actor.user_id is None:
        raise NotFound()
    return actor, actor.user_id


@blueprint.get("/account")
@allow(SIGNED_IN)
def account() -> str:
    """Everything about one's own account on one page."""
    actor, user_id = _me()
    joined = ports()
    is_person = joined.frame().is_person
    memberships = [
        {
            "organisation": membership.organisation_name,
            "role": WORDS_OF_ROLE[membership.role],
            "href": url_for("accounts.people", organisation_id=membership.organisation_id)
            if organisations.may_manage_people(actor, membership.organisation_id, membership.kind)
            else None,
        }
        for membership in actor.memberships
    ]
    return render_template(
        "accounts/account.html",
        user=get_user(user_id),
        memberships=memberships,
        sign_ins=sessions.list_live(user_id, browser.token()),
        large_print=bool(session.get("large_print")),
        is_person=is_person,
        may_buy_for_themselves=joined.ensure_person is not None and not is_person,
    )


@blueprint.route("/account/name", methods=["GET", "POST"])
@allow(SIGNED_IN)
def change_name() -> Response | str:
    """Change one's name and telephone number."""
    _, user_id = _me()
    form = ChangeNameForm(obj=get_user(user_id))
    if form.validate_on_submit():
        try:
            profile.change_name(user_id, name=form.name.data, phone=form.phone.data)
            flash("Your name and telephone number are saved.", "success")
            return redirect(url_for("accounts.account"))
        except DomainError as error:
            form.refuse(error)
    return render_template("accounts/change_name.html", form=form, is_person=ports().frame().is_person)


@blueprint.route("/account/password", methods=["GET", "POST"])
@limit_place_failures
@allow(SIGNED_IN)
def change_password() -> Response | str:
    """Change one's password; every other sign-in ends."""
    _, user_id = _me()
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            profile.change_password(user_id, present=form.present.data, new=form.password.data, token=browser.token())
            flash("Your new password is saved. You are signed out everywhere else.", "success")
            return redirect(url_for("accounts.account"))
        except DomainError as error:
            if isinstance(error, WrongPassword):
                count_failure()
            form.refuse(error)
    return render_template("accounts/change_password.html", form=form)


@blueprint.route("/account/email", methods=["GET", "POST"])
@limit_letters
@limit_place_failures
@allow(SIGNED_IN)
def change_email() -> Response | str:
    """Ask to use another e-mail address: codes go there too, so a code to the old one, or of the app, comes first."""
    _, user_id = _me()
    require_fresh()
    form = ChangeEmailForm()
    if form.validate_on_submit():
        try:
            profile.ask_new_email(user_id, new_email=form.email.data, password=form.password.data)
            count_letter()
            flash(
                f"We sent a link to {form.email.data}. Your address changes when you open it, within 24 hours.",
                "success",
            )
            return redirect(url_for("accounts.account"))
        except DomainError as error:
            if isinstance(error, WrongPassword):
                count_failure()
            form.refuse(error)
    return render_template("accounts/change_email.html", form=form, user=get_user(user_id))


@blueprint.route("/account/email/<token>", methods=["GET", "POST"])
@allow(ANYONE)
def confirm_new_email(token: str) -> Response | str | tuple[str, int]:
    """Use the link that went to the new address."""
    form = ConfirmForm()
    try:
        new_email = profile.check_new_email_link(token)
        if form.validate_on_submit():
            profile.confirm_new_email(token)
            flash(f"Your email address is now {new_email}. Use it when you sign in.", "success")
            return redirect(url_for("accounts.account"))
    except LinkEnded as error:
        return render_template("accounts/link_ended.html", why=error.message, again="email"), 410
    return render_template("accounts/confirm_email.html", form=form, new_email=new_email)


@blueprint.post("/account/large-print/<setting>")
@allow(SIGNED_IN)
def set_large_print(setting: str) -> Response:
    """Turn large print on or off, here and at the next sign-in on any device."""
    _, user_id = _me()
    if setting not in ("on", "off"):
        raise NotFound()
    profile.set_large_print(user_id, on=setting == "on")
    session["large_print"] = setting == "on"
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/sign-ins/end-others")
@allow(SIGNED_IN)
def end_other_sign_ins() -> Response:
    """Sign out everywhere but here."""
    _, user_id = _me()
    sessions.end_others(user_id, browser.token())
    flash("You are signed out everywhere else.", "success")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/sign-ins/<int:sign_in_id>/end")
@allow(SIGNED_IN)
def end_sign_in(sign_in_id: int) -> Response:
    """Sign out of one other browser."""
    _, user_id = _me()
    sessions.end_one(user_id, sign_in_id)
    flash("You are signed out there.", "success")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/for-myself")
@allow(SIGNED_IN)
def buy_for_myself() -> Response:
    """Begin to buy for oneself, for those who came for another reason."""
    actor, user_id = _me()
    signing_in.buy_for_myself(user_id)
    flash("You can buy for yourself now.", "success")
    return redirect(navigation.start_page(actor))
