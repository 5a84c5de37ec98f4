"""What needs a person today, and work that failed."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.desk import queries, services
from marketplace.desk.routes import blueprint
from marketplace.kernel import clock
from marketplace.outbox.queries import get_failed
from payments.queries.operator import list_months


@blueprint.get("/desk")
@allow(roles(Role.OPERATOR))
def today() -> str:
    """Everything that waits, oldest first; or since when nothing does."""
    tasks = queries.list_tasks(current_actor())
    month = list_months(clock.today(), clock.today())[0]
    return render_template(
        "desk/today.html",
        tasks=tasks,
        counts=queries.count_by_kind(tasks),
        clear_since=None if tasks else queries.clear_since(),
        now=clock.now(),
        month=month,
    )


@blueprint.get("/desk/work/<int:row_id>")
@allow(roles(Role.OPERATOR))
def work(row_id: int) -> str:
    """One piece of work that was given up, with the error that it met."""
    return render_template("desk/work.html", row=get_failed(row_id))


@blueprint.post("/desk/work/<int:row_id>/again")
@allow(roles(Role.OPERATOR))
def work_again(row_id: int) -> Response:
    """Have it tried again."""
    services.try_again(current_actor(), row_id)
    flash("It will be tried again within a minute.", "success")
    return redirect(url_for("desk.today"))
