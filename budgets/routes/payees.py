"""Who is paid from a direct payment: a person's own list, and the council's records that a relative is necessary."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets import payee_words
from budgets.domain import MandateAction
from budgets.domain.payees import FORBIDDEN, NecessityState, Relationship
from budgets.forms.mandates import ReasonForm
from budgets.forms.payees import NecessityForm, payee_form
from budgets.queries.access import get_access
from budgets.queries.payees import list_declarations, list_forbidden, list_necessities
from budgets.routes import blueprint
from budgets.services import payees
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import names_of, organisations_by_id
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.navigation import page_asked

PAGE = 50
_OFFICERS = roles(Role.SOCIAL_WORKER)


@blueprint.get("/budgets/<int:person_id>/payees")
@allow(SIGNED_IN)
def payees_of(person_id: int) -> str:
    """What was said of everybody whom a direct payment pays."""
    access = get_access(current_actor(), person_id, MandateAction.READ_BUDGET)
    declarations = list_declarations(person_id)
    last = {one.organisation_id: one for one in reversed(declarations)}
    necessities = list_necessities({(person_id, organisation_id) for organisation_id in last})
    today = clock.today()
    return render_template(
        "budgets/payees.html",
        access=access,
        payees=sorted(last.values(), key=lambda one: -one.id),
        earlier=[one for one in declarations if one.id != last[one.organisation_id].id],
        names=names_of(one.declared_by_user_id for one in declarations),
        providers=organisations_by_id(last),
        counting={
            organisation_id
            for (_, organisation_id), found in necessities.items()
            if any(one.state(today) is NecessityState.COUNTS for one in found)
        },
        may_change=access.is_own or (access.mandate is not None and MandateAction.ORDER in access.mandate.actions),
        forbidden=FORBIDDEN,
        words=payee_words,
    )


@blueprint.route("/budgets/<int:person_id>/payees/<int:organisation_id>", methods=["GET", "POST"])
@allow(SIGNED_IN)
def change_payee(person_id: int, organisation_id: int) -> Response | str:
    """Say anew what one provider's people are to the person."""
    access = get_access(current_actor(), person_id, MandateAction.ORDER)
    said = list_declarations(person_id, organisation_id)
    if not said:
        raise NotFound
    provider = organisations_by_id([organisation_id])[organisation_id].name
    form = payee_form(provider, access.person.name, is_own=access.is_own, known=said[0].relationship)
    if form.validate_on_submit():
        payees.declare(current_actor(), person_id, {organisation_id: Relationship(form.relationship.data)})
        flash("Saved. It counts from now on.", "success")
        return redirect(url_for("budgets.payees_of", person_id=person_id))
    return render_template("budgets/change_payee.html", form=form, access=access, provider=provider)


@blueprint.get("/council/relatives")
@allow(_OFFICERS)
def council_relatives() -> str:
    """Payees whom the regulation names, of people of the council, and what was recorded of them."""
    lines = list_forbidden(current_actor().council_ids(Role.SOCIAL_WORKER))
    necessities = list_necessities({(line.person_id, line.organisation_id) for line in lines})
    today = clock.today()
    newest = {
        line.id: found[0].state(today)
        for line in lines
        if (found := necessities.get((line.person_id, line.organisation_id)))
    }
    lines.sort(key=lambda line: newest.get(line.id) is not NecessityState.WAITING)
    last = max(1, -(-len(lines) // PAGE))
    page = page_asked(last)
    lines = lines[(page - 1) * PAGE : page * PAGE]
    return render_template(
        "budgets/council_relatives.html",
        lines=lines,
        page=page,
        last=last,
        newest=newest,
        waiting=sum(state is NecessityState.WAITING for state in newest.values()),
        providers=organisations_by_id({line.organisation_id for line in lines}),
        forbidden=FORBIDDEN,
        words=payee_words,
    )


@blueprint.route("/council/relatives/<int:declaration_id>", methods=["GET", "POST"])
@allow(_OFFICERS)
def council_relative(declaration_id: int) -> Response | str:
    """One payee: what was said and when, and the record that paying them is necessary."""
    actor = current_actor()
    payees.officers_declaration(actor, declaration_id)
    form = NecessityForm()
    if form.validate_on_submit():
        try:
            payees.record_necessity(actor, form.to_record(declaration_id))
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Written down. It counts once a second officer has agreed.", "success")
            return redirect(url_for("budgets.council_relative", declaration_id=declaration_id))
    return _relative_page(declaration_id, form)


def _relative_page(declaration_id: int, form: NecessityForm | ReasonForm) -> str:
    actor = current_actor()
    declaration = payees.officers_declaration(actor, declaration_id)
    payee = (declaration.person_id, declaration.organisation_id)
    said = list_declarations(*payee)
    found = list_necessities([payee]).get(payee, [])
    states = {one.id: one.state(clock.today()) for one in found}
    still = (NecessityState.WAITING, NecessityState.NOT_STARTED, NecessityState.COUNTS)
    standing = next((one for one in found if states[one.id] in still), None)
    return render_template(
        "budgets/council_relative.html",
        said=said,
        now=said[0],
        provider=organisations_by_id([declaration.organisation_id])[declaration.organisation_id].name,
        found=found,
        states=states,
        standing=standing,
        form=form,
        record_form=form if isinstance(form, NecessityForm) else NecessityForm(),
        end_form=form if isinstance(form, ReasonForm) else ReasonForm(formdata=None, button="End it now"),
        may_record=standing is None and said[0].relationship in FORBIDDEN,
        waits=standing is not None and states[standing.id] is NecessityState.WAITING,
        is_mine=standing is not None and standing.recorded_by_user_id == actor.user_id,
        names=names_of(
            [one.declared_by_user_id for one in said]
            + [one.recorded_by_user_id for one in found]
            + [one.decided_by_user_id for one in found]
        ),
        words=payee_words,
    )


def _page_of(necessity_id: int) -> int:
    """The declaration whose page shows a record."""
    necessity = payees.officers_necessity(current_actor(), necessity_id)
    return list_declarations(necessity.person_id, necessity.organisation_id)[0].id


@blueprint.post("/council/relatives/records/<int:necessity_id>/agree")
@allow(_OFFICERS)
def agree_necessity(necessity_id: int) -> Response:
    """A second officer agrees."""
    declaration_id = _page_of(necessity_id)
    payees.decide_necessity(current_actor(), necessity_id, agrees=True)
    flash("Agreed. The direct payment may pay them from the first day.", "success")
    return redirect(url_for("budgets.council_relative", declaration_id=declaration_id))


@blueprint.post("/council/relatives/records/<int:necessity_id>/back")
@allow(_OFFICERS)
def send_back_necessity(necessity_id: int) -> Response:
    """A second officer does not agree, or the first takes it back."""
    declaration_id = _page_of(necessity_id)
    payees.decide_necessity(current_actor(), necessity_id, agrees=False)
    flash("Sent back. The direct payment may not pay them.", "success")
    return redirect(url_for("budgets.council_relative", declaration_id=declaration_id))


@blueprint.post("/council/relatives/records/<int:necessity_id>/end")
@allow(_OFFICERS)
def end_necessity(necessity_id: int) -> Response | str:
    """It ends now."""
    declaration_id = _page_of(necessity_id)
    form = ReasonForm(button="End it now")
    if not form.validate():
        return _relative_page(declaration_id, form)
    payees.end_necessity(current_actor(), necessity_id, reason=form.reason.data)
    flash("Ended. The direct payment may not pay them for anything new.", "success")
    return redirect(url_for("budgets.council_relative", declaration_id=declaration_id))
