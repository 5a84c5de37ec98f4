"""Who belongs to an organisation: see, invite, end; and take an invitation."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts import browser, navigation
from marketplace.accounts.access import ANYONE, SIGNED_IN, allow, current_actor
from marketplace.accounts.domain import ROLES_OF_KIND, WORDS_OF_KIND, WORDS_OF_ROLE, Role
from marketplace.accounts.errors import LinkEnded
from marketplace.accounts.forms import AcceptAsNewForm, ConfirmForm, InviteForm
from marketplace.accounts.queries import actor_of, get_organisation, list_invitations, list_members
from marketplace.accounts.routes import blueprint
from marketplace.accounts.routes.limits import count_letter, limit_letters
from marketplace.accounts.services import invitations, organisations, signing_in
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.refusals import flash_refusal


@blueprint.route("/organisation/<int:organisation_id>/people", methods=["GET", "POST"])
@limit_letters
@allow(SIGNED_IN)
def people(organisation_id: int) -> Response | str:
    """The people of an organisation, and a form to invite one more."""
    organisation = get_organisation(organisation_id)
    actor = current_actor()
    if not organisations.may_manage_people(actor, organisation_id, organisation.kind):
        raise NotFound()
    form = InviteForm()
    form.role.choices = [(role.value, WORDS_OF_ROLE[role]) for role in Role if role in ROLES_OF_KIND[organisation.kind]]
    if len(form.role.choices) == 1 and form.role.data is None:
        form.role.data = form.role.choices[0][0]
    if form.validate_on_submit():
        try:
            invitations.invite(
                actor, organisation_id, name=form.name.data, email=form.email.data, role=form.chosen_role()
            )
            count_letter()
            flash(f"We sent an invitation to {form.email.data}. It can be taken for 7 days.", "success")
            return redirect(url_for("accounts.people", organisation_id=organisation_id))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "accounts/people.html",
        form=form,
        organisation=organisation,
        kind_words=WORDS_OF_KIND[organisation.kind],
        members=list_members(organisation_id),
        invitations=list_invitations(organisation_id),
        role_words=WORDS_OF_ROLE,
        my_user_id=actor.user_id,
    )


@blueprint.post("/organisation/<int:organisation_id>/people/<int:membership_id>/end")
@allow(SIGNED_IN)
def end_membership(organisation_id: int, membership_id: int) -> Response:
    """End somebody's role in an organisation, or one's own."""
    actor = current_actor()
    try:
        organisations.end_member(actor, organisation_id, membership_id)
        flash("That role has ended.", "success")
    except DomainError as error:
        flash_refusal(error)
    organisation = get_organisation(organisation_id)
    if actor.user_id is not None and organisations.may_manage_people(
        actor_of(actor.user_id), organisation_id, organisation.kind
    ):
        return redirect(url_for("accounts.people", organisation_id=organisation_id))
    return redirect(url_for("accounts.account"))


@blueprint.post("/organisation/<int:organisation_id>/invitations/<int:invitation_id>/withdraw")
@allow(SIGNED_IN)
def withdraw_invitation(organisation_id: int, invitation_id: int) -> Response:
    """Take an invitation back."""
    invitations.withdraw(current_actor(), organisation_id, invitation_id)
    flash("The invitation is taken back. Its link no longer works.", "success")
    return redirect(url_for("accounts.people", organisation_id=organisation_id))


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
@allow(ANYONE)
def invitation(token: str) -> Response | str | tuple[str, int]:
    """Take an invitation: signed in as the one it was sent to, or by opening an account for that address."""
    actor = current_actor()
    try:
        offer = invitations.read(token)
        is_new = not offer.has_account and not actor.is_signed_in
        form = AcceptAsNewForm(name=offer.name) if is_new else ConfirmForm()
        form.submit.label.text = "Open my account and join" if is_new else f"Join {offer.organisation_name}"
        try:
            if form.validate_on_submit() and _take(token, form):
                flash(f"You belong to {offer.organisation_name} now.", "success")
                return redirect(navigation.start_page(actor_of(_signed_in_user_id())))
        except LinkEnded:
            raise
        except DomainError as error:
            form.refuse(error)
    except LinkEnded as error:
        return render_template("accounts/link_ended.html", why=error.message, again="invitation"), 410
    return render_template(
        "accounts/invitation.html",
        form=form,
        offer=offer,
        role_words=WORDS_OF_ROLE[offer.role],
        is_new=is_new,
        is_for_me=actor.email == offer.email,
    )


def _take(token: str, form: AcceptAsNewForm | ConfirmForm) -> bool:
    if isinstance(form, AcceptAsNewForm):
        user_id = invitations.accept_as_new_user(
            token, name=form.name.data, password=form.password.data, agrees_to_terms=bool(form.agree.data)
        )
        browser.enter(signing_in.begin(user_id, device=browser.device_words()))
    else:
        invitations.accept(token, current_actor())
    return True


def _signed_in_user_id() -> int:
    user_id = current_actor().user_id
    if user_id is None:
        raise NotFound()
    return user_id
