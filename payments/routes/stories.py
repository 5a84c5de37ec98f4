"""An order's whole money story on one page: for operators, for the council whose budget pays, and for the provider."""

from flask import Response as Answer
from flask import render_template, url_for

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.ui.downloads import csv_file
from payments import files
from payments.queries.standing import Side
from payments.queries.stories import story_for
from payments.routes import blueprint

READERS = roles(Role.OPERATOR, Role.COUNCIL_FINANCE, Role.AUDITOR, Role.PROVIDER)


@blueprint.get("/orders/<int:order_id>/money")
@allow(READERS)
def order_money(order_id: int) -> str:
    story = story_for(current_actor(), order_id)
    return render_template(
        "payments/money/story.html", story=story, order=story.order, back_href=_back(story.side, order_id)
    )


@blueprint.get("/orders/<int:order_id>/money.csv")
@allow(READERS)
def order_money_csv(order_id: int) -> Answer:
    story = story_for(current_actor(), order_id)
    return csv_file(files.story_csv(story), f"order-{story.order.reference}-money.csv")


def _back(side: Side, order_id: int) -> str:
    """The page on which this reader meets the order."""
    if side is Side.OPERATOR:
        return url_for("desk.order", order_id=order_id)
    return url_for("payments.provider_order" if side is Side.PROVIDER else "payments.order", order_id=order_id)
