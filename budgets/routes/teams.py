"""The lead's page: who of the team acts for whom, and another colleague for one or many people in one act."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.forms.hand_overs import MoveForm
from budgets.routes import blueprint
from budgets.services import teams
from budgets.words import BASIS_WORDS
from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.kernel.errors import DomainError
from marketplace.kernel.ids import find_id
from marketplace.ui.filters import plural


@blueprint.route("/team", methods=["GET", "POST"])
@allow(roles(Role.TEAM_LEAD))
def team() -> Response | str:
    """Everybody for whom the team acts; of one colleague those who can be given to another."""
    actor = current_actor()
    mandates = teams.team_mandates(actor)
    known = dict(sorted({one for line in mandates for one in line.staff}, key=lambda one: one[1].casefold()))
    of = find_id(request.values.get("of"))
    of = of if of in known else None
    shown = [line for line in mandates if of is None or of in line.staff_ids]
    form = MoveForm()
    form.to.choices = [
        ("", "Choose"),
        *((str(key), name) for key, name in teams.colleagues(actor).items() if key != of),
    ]
    done: list[teams.Moved] = []
    if of is not None and form.validate_on_submit():
        try:
            wanted = teams.Move(form.chosen(), of, int(form.to.data), form.reason.data or "", form.away())
            done = teams.move(actor, wanted)
        except DomainError as error:
            form.refuse(error)
        else:
            moved = sum(one.why_not is None for one in done)
            if moved == len(done):
                flash(f"Done for {plural(moved, 'person')}. Each of them is told, and both colleagues.", "success")
                return redirect(url_for("budgets.team", of=of))
    return render_template(
        "budgets/team.html",
        mandates=shown,
        everybody=len(mandates),
        known=known,
        of=of,
        form=form,
        chosen=form.chosen() if request.method == "POST" else {line.id for line in shown},
        done=done,
        basis=BASIS_WORDS,
    )
