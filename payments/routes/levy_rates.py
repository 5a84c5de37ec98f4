"""What a council's providers pay the marketplace: one person proposes a levy, and a second one lets it count."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import get_council, names_of
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.rails import Rail
from marketplace.ui.refusals import flash_refusal
from payments.forms.levies import LevyRateForm
from payments.levy import percent
from payments.queries.levy_rates import SETTERS, list_rates
from payments.routes import blueprint
from payments.services import levies
from payments.words import RAIL_NAMES

SET = roles(*SETTERS)


@blueprint.route("/councils/<int:council_id>/levy", methods=["GET", "POST"])
@allow(SET)
def council_levy(council_id: int) -> Response | str:
    """What counts today for each kind of funding, what was set, and a form to propose another."""
    actor = current_actor()
    rates, form = list_rates(actor, council_id), LevyRateForm()
    if form.validate_on_submit():
        try:
            levies.propose_rate(actor, council_id, *form.to_command())
            flash("Proposed. A second person has to agree before it counts.", "success")
            return redirect(url_for("payments.council_levy", council_id=council_id))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "payments/money/council_levy.html",
        council=get_council(council_id),
        is_operator=actor.has(Role.OPERATOR),
        now=[(RAIL_NAMES[rail], percent(levies.rate_for(council_id, rail, clock.today()))) for rail in Rail],
        rates=rates,
        rail_names=RAIL_NAMES,
        names=names_of(user_id for rate in rates for user_id in (rate.set_by_user_id, rate.approved_by_user_id)),
        me=actor,
        form=form,
    )


@blueprint.post("/councils/<int:council_id>/levy/<int:rate_id>/agree")
@allow(SET)
def agree_council_levy(council_id: int, rate_id: int) -> Response:
    """Let a proposed levy count from its day."""
    try:
        levies.approve_rate(current_actor(), council_id, rate_id)
        flash("Agreed. It counts for what is bought from its first day on.", "success")
    except DomainError as error:
        flash_refusal(error)
    return redirect(url_for("payments.council_levy", council_id=council_id))


@blueprint.post("/councils/<int:council_id>/levy/<int:rate_id>/drop")
@allow(SET)
def drop_council_levy(council_id: int, rate_id: int) -> Response:
    """Take back a levy that nobody has agreed to."""
    try:
        levies.drop_rate(current_actor(), council_id, rate_id)
        flash("Taken back. Nothing changes.", "success")
    except DomainError as error:
        flash_refusal(error)
    return redirect(url_for("payments.council_levy", council_id=council_id))
