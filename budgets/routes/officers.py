"""Social workers and safeguarding leads look after the mandates of their council."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain import ConsentHow
from budgets.forms.mandates import RecordForm
from budgets.queries.mandates import MOST_BY_DEFAULT_PENCE, SHOWS, count_of_council, list_of_council
from budgets.queries.people import find_person_by_reference
from budgets.routes import blueprint
from budgets.services import mandates
from budgets.services.mandate_questions import list_open
from budgets.services.paper_letters import list_to_print
from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.kernel.errors import DomainError
from marketplace.ui.narrowing import one_of
from marketplace.ui.navigation import page_asked

PAGE = 50
_OFFICERS = roles(Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD)


@blueprint.get("/council/mandates")
@allow(_OFFICERS)
def council_mandates() -> str:
    """Mandates of the council: those that wait for a second officer first."""
    actor, errors = current_actor(), dict[str, str]()
    council_ids = actor.council_ids(Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD)
    show = one_of(request.args.get("show", ""), SHOWS, "show", errors)
    wanted = {"show": show, "text": request.args.get("q", "").replace("\x00", " ").strip()[:100]}
    count = 0 if errors else count_of_council(council_ids, **wanted)
    last = max(1, -(-count // PAGE))
    page = page_asked(last)
    return render_template(
        "budgets/council_mandates.html",
        lines=list_of_council(council_ids, **wanted, limit=PAGE, offset=(page - 1) * PAGE) if count else [],
        count=count,
        page=page,
        last=last,
        wanted=wanted,
        shows=SHOWS,
        errors=errors,
        questions=list_open(council_ids),
        letters=len(list_to_print(actor)),
        waiting=count_of_council(council_ids, show="waiting"),
        sentence=mandates.state_sentence,
        may_record=actor.has(Role.SOCIAL_WORKER),
    )


@blueprint.route("/council/mandates/new", methods=["GET", "POST"])
@allow(roles(Role.SOCIAL_WORKER))
def record_mandate() -> Response | str:
    """Write down an authority that was not granted online."""
    actor = current_actor()
    form = RecordForm(default_limit_pence=MOST_BY_DEFAULT_PENCE)
    if form.validate_on_submit():
        try:
            person = next(
                (
                    found
                    for council_id in actor.council_ids(Role.SOCIAL_WORKER)
                    if (found := find_person_by_reference(council_id, form.person_reference.data)) is not None
                ),
                None,
            )
            if person is None:
                raise DomainError("Nobody of your council has this reference.", field="person_reference")
            mandate_id = mandates.record_by_officer(
                actor,
                form.authority(person.id),
                basis=form.legal_basis(),
                how=ConsentHow(form.how.data),
                evidence=form.evidence.data,
                given_on=form.given_on.data,
                read_by=form.read_by.data,
                papers=form.papers(),
            )
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Written down. It counts once a second officer has confirmed it.", "success")
            return redirect(url_for("budgets.mandate", mandate_id=mandate_id))
    return render_template("budgets/record_mandate.html", form=form)
