"""How much help a person needs to manage this, and letters on paper for whoever has no e-mail address."""

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain.people import HelpLevel, PersonView
from budgets.forms.helping import SharingForm, help_form
from budgets.queries.access import actions_for
from budgets.queries.people import address_of, find_person_of_user, get_person
from budgets.queries.sharing import shares_purchases
from budgets.routes import blueprint
from budgets.services import consents, help_notes, paper_letters
from budgets.services.paper_letters import LetterView
from budgets.words import HELP_WORDS
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import names_of
from marketplace.kernel.errors import DomainError
from marketplace.kernel.ids import find_id
from marketplace.ui.filters import plural


@blueprint.route("/people/<int:person_id>/help", methods=["GET", "POST"])
@allow(SIGNED_IN)
def person_help(person_id: int) -> Response | str:
    """How much help is needed, and what is offered because of it."""
    actor = current_actor()
    person, mandate = help_notes.may_see(actor, person_id)
    known = help_notes.find_help(actor, person_id)
    form = help_form(known)
    if form.validate_on_submit():
        try:
            help_notes.write_help(actor, person_id, form.to_command())
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Saved. It counts from today.", "success")
            return redirect(url_for("budgets.person_help", person_id=person_id))
    return render_template(
        "budgets/help.html",
        form=form,
        person=person,
        is_own=mandate is None,
        known=known,
        by=names_of([known.written_by_user_id]).get(known.written_by_user_id) if known else None,
        level_words=HELP_WORDS[known.level] if known else None,
        needs_somebody=known is not None and known.level in (HelpLevel.TOGETHER, HelpLevel.SOMEBODY_ELSE),
        phone=current_app.config["SERVICE_PHONE"],
    )


@blueprint.get("/people/<int:person_id>/letters")
@allow(SIGNED_IN)
def letters_of(person_id: int) -> str:
    """Letters to a person without an e-mail address; with `whole` all that nobody has printed, to print in one go."""
    letters, person = paper_letters.list_letters(current_actor(), person_id), get_person(person_id)
    to_print = [letter for letter in reversed(letters) if letter.printed_at is None and person.died_on is None]
    return _letters_page(letters, to_print, person)


def _letters_page(letters: list[LetterView], to_print: list[LetterView], person: PersonView | None = None) -> str:
    """Letters to one person, or all that an officer or the operator prints; `to_print` with the oldest first."""
    return render_template(
        "budgets/letters.html",
        letters=letters,
        to_print=to_print,
        whole="whole" in request.args and to_print,
        person=person,
        has_address=person is not None and bool(address_of(person)),
        is_officer=current_actor().has(*paper_letters.OFFICERS),
    )


@blueprint.post("/people/<int:person_id>/letters/printed")
@allow(SIGNED_IN)
def letters_printed(person_id: int) -> Response:
    """All of them were printed, and given or posted: those that were on the page."""
    until_id = find_id(request.form.get("until")) or 0
    _say_printed(paper_letters.mark_all_printed(current_actor(), person_id, until_id))
    return redirect(url_for("budgets.letters_of", person_id=person_id))


def _say_printed(count: int) -> None:
    if count:
        flash(f"Noted: {plural(count, 'letter')}.", "success")
    else:
        flash("These letters were noted as printed before. Ask who did that before you post them again.", "error")


@blueprint.get("/council/letters")
@allow(roles(*paper_letters.OFFICERS, Role.OPERATOR))
def council_letters() -> str:
    """Letters that an officer prints and posts, or the operator: about authorities, and to whom nobody helps."""
    letters = paper_letters.list_to_print(current_actor())
    return _letters_page(letters, letters)


@blueprint.post("/council/letters/printed")
@allow(roles(*paper_letters.OFFICERS, Role.OPERATOR))
def council_letters_printed() -> Response:
    """All of them were printed and posted: those that were on the page."""
    _say_printed(paper_letters.mark_listed_printed(current_actor(), find_id(request.form.get("until")) or 0))
    return redirect(url_for("budgets.council_letters"))


@blueprint.get("/letters/<int:letter_id>")
@allow(SIGNED_IN)
def letter(letter_id: int) -> str:
    """One letter, to print."""
    return render_template("budgets/letter.html", letter=paper_letters.get_letter(current_actor(), letter_id))


@blueprint.post("/letters/<int:letter_id>/printed")
@allow(SIGNED_IN)
def letter_printed(letter_id: int) -> Response:
    """It was printed, and given or posted."""
    actor = current_actor()
    found = paper_letters.mark_printed(actor, letter_id)
    if found.printed_at is None:
        flash("Noted. It has left the list.", "success")
    else:
        flash("This letter was noted as printed before. Ask who did that before you post it again.", "error")
    if actor.has(*paper_letters.OFFICERS, Role.OPERATOR) and not actions_for(actor, found.person_id):
        return redirect(url_for("budgets.council_letters"))
    return redirect(url_for("budgets.letters_of", person_id=found.person_id))


@blueprint.route("/people/<int:person_id>/sharing", methods=["GET", "POST"])
@allow(SIGNED_IN)
def sharing_on_paper(person_id: int) -> Response | str:
    """Write down what somebody who is not online says about sharing what they buy."""
    actor = current_actor()
    if find_person_of_user(actor.user_id or 0) == get_person(person_id):
        return redirect(url_for("budgets.budgets"))  # who signs in says it there themself
    person = consents.may_write_down(actor, person_id)
    form = SharingForm()
    if form.validate_on_submit():
        try:
            consents.share_on_paper(actor, person_id, form.to_command())
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Written down. It counts from now on, and can be taken back at any time.", "success")
            return redirect(url_for("budgets.sharing_on_paper", person_id=person_id))
    return render_template(
        "budgets/sharing_on_paper.html", form=form, person=person, shares=shares_purchases(person_id)
    )
