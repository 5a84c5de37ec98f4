"""Monitoring by exception: who stands out and why, a look with a reason, what is all right, and the rules."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.ids import find_id
from marketplace.planning.forms import ExplainForm, LookForm, RuleForm
from marketplace.planning.monitoring import CASH_WORDS, KINDS, Found, Sign
from marketplace.planning.queries.evidence import counts_of_orders, has_live_look
from marketplace.planning.queries.monitoring import (
    get_monitoring,
    get_person_monitored,
    list_monitoring_looks,
    list_rules,
    rules_of,
)
from marketplace.planning.routes import blueprint
from marketplace.planning.services import monitoring as services
from marketplace.ui.navigation import page_asked
from payments.queries.orders import list_by_ids

PAGE = 100
FINANCE, READERS = roles(Role.COUNCIL_FINANCE), roles(Role.COUNCIL_FINANCE, Role.AUDITOR)


def _council_id(actor: Actor) -> int:
    """The council of the address, among those the actor works for; else the first. Raises NotFound without any."""
    mine = actor.council_ids(*services.OFFICERS)
    if not mine:
        raise NotFound
    asked = find_id(request.args.get("council"))
    return asked if asked in mine else mine[0]


@blueprint.get("/council/monitoring")
@allow(READERS)
def monitoring() -> str:
    """Who stands out and why, and how many do not: their purchases are nobody's to read here."""
    actor = current_actor()
    council_id = _council_id(actor)
    shown = get_monitoring(council_id)
    sign = next((each for each in Sign if each == request.args.get("sign")), None)
    people = [each for each in shown.people if sign is None or sign in each.signs]
    last = max(1, -(-len(people) // PAGE))
    page = page_asked(last)
    return render_template(
        "planning/monitoring.html",
        people=people[(page - 1) * PAGE : page * PAGE],
        sign=sign,
        page=page,
        last=last,
        council=get_council(council_id),
        shown=shown,
        kinds=KINDS,
        rules=rules_of(council_id),
        may_set=actor.has(Role.COUNCIL_FINANCE),
    )


@blueprint.route("/council/monitoring/person/<int:person_id>", methods=["GET", "POST"])
@allow(READERS)
def monitored(person_id: int) -> Response | str:
    """One person: the reason first, then what stands out and the purchases behind it, and nothing else."""
    actor = current_actor()
    council_id = services.council_of(actor, person_id)
    shown = get_person_monitored(council_id, person_id)
    if shown is None:
        raise NotFound
    form = LookForm()
    is_looking = has_live_look(actor, person_id)
    if not is_looking and form.validate_on_submit():
        services.look(actor, person_id, form.reason.data)
        if order_id := find_id(request.args.get("order")):
            return redirect(url_for("planning.evidence", order_id=order_id))
        return redirect(url_for("planning.monitored", person_id=person_id))
    order_ids = {each.order_id for each in shown.found if each.order_id is not None} if is_looking else set()
    return render_template(
        "planning/monitored.html",
        shown=shown,
        form=form,
        is_looking=is_looking,
        orders=list_by_ids(order_ids),
        files=counts_of_orders(order_ids),
        kinds=KINDS,
        rules=rules_of(council_id),
        looks=list_monitoring_looks(person_id) if is_looking else [],
        may_explain=actor.has(Role.COUNCIL_FINANCE),
    )


@blueprint.route("/council/monitoring/person/<int:person_id>/<sign>/all-right", methods=["GET", "POST"])
@allow(FINANCE)
def explain_sign(person_id: int, sign: str) -> Response | str:
    """Say why something that stands out is all right."""
    actor = current_actor()
    council_id = services.council_of(actor, person_id)
    shown = get_person_monitored(council_id, person_id)
    found = _found(shown.found if shown else (), sign)
    if shown is None or found is None or not has_live_look(actor, person_id):
        raise NotFound
    form = ExplainForm()
    if form.validate_on_submit():
        services.explain(actor, person_id, found.sign, found.order_id, form.words.data)
        flash("It stands out no more.", "success")
        return redirect(url_for("planning.monitored", person_id=person_id))
    return render_template("planning/explain_sign.html", shown=shown, found=found, form=form, kind=KINDS[found.sign])


def _found(found: tuple[Found, ...], sign: str) -> Found | None:
    """The sign of the address, and with `?order=` the one about that order."""
    order_id = find_id(request.args.get("order"))
    return next((each for each in found if each.sign == sign and each.order_id == order_id), None)


@blueprint.get("/council/monitoring/rules")
@allow(READERS)
def monitoring_rules() -> str:
    """What the council calls standing out, since when, set by whom and why."""
    actor = current_actor()
    council_id = _council_id(actor)
    return render_template(
        "planning/monitoring_rules.html",
        council=get_council(council_id),
        rules=rules_of(council_id),
        kinds=KINDS,
        set_before=list_rules(council_id),
        user_id=actor.user_id,
        may_set=actor.has(Role.COUNCIL_FINANCE),
        cash_words=CASH_WORDS,
    )


@blueprint.route("/council/monitoring/rules/<sign>", methods=["GET", "POST"])
@allow(FINANCE)
def set_monitoring_rule(sign: str) -> Response | str:
    """Change what stands out, from a day on; a second officer agrees."""
    actor = current_actor()
    council_id = _council_id(actor)
    try:
        about = Sign(sign)
    except ValueError:
        raise NotFound from None
    now = rules_of(council_id)[about]
    form = RuleForm(
        sign=about,
        is_on="yes" if now.is_on else "no",
        measure=now.measure,
        pounds=now.measure,
        starts_on=clock.today(),
    )
    if form.validate_on_submit():
        try:
            services.set_rule(actor, form.command(council_id, about))
            flash("It waits for a second officer of council finance.", "success")
            return redirect(url_for("planning.monitoring_rules", council=council_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("planning/set_monitoring_rule.html", form=form, kind=KINDS[about], rule=now)


@blueprint.post("/council/monitoring/rules/<int:rule_id>/agree")
@allow(FINANCE)
def agree_monitoring_rule(rule_id: int) -> Response:
    """A second officer agrees."""
    services.agree_rule(current_actor(), rule_id)
    flash("The rule is agreed.", "success")
    return redirect(url_for("planning.monitoring_rules"))
