"""A receipt beside an order of Tomasz's, and one that his council asked for and has not got yet."""

from datetime import date, timedelta
from functools import partial

from marketplace.demo.diary import moment
from marketplace.demo.orders import Story
from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds
from marketplace.planning.evidence import EvidenceKind
from marketplace.planning.services import evidence, monitoring
from marketplace.planning.services.evidence import HandIn
from marketplace.ui.filters import short_date
from marketplace.ui.pdf import Paper, pdf_of
from payments.domain import OrderState
from payments.queries.orders import OrderSummary, list_orders_for_person

PERSON = "Tomasz Brightwell"


def write(story: Story, today: date) -> None:
    """Handed in a week ago; asked for three days ago, with three weeks to go."""
    story.diary.at(moment(today - timedelta(days=7), 17), partial(_hand_in, story))
    story.diary.at(moment(today - timedelta(days=3), 10), partial(_ask, story))


def _spent(story: Story) -> list[OrderSummary]:
    """What Tomasz has agreed to, newest first."""
    states = (OrderState.CONFIRMED, OrderState.CLOSED)
    return list_orders_for_person(story.folk.people[PERSON], states=states)


def _hand_in(story: Story) -> None:
    order = _spent(story)[-1]
    receipt = Paper(
        title="Receipt",
        author=order.provider_name,
        facts=(("For", PERSON), ("Order", order.reference), ("Paid on", short_date(order.confirmed_at))),
        totals=((order.what, format_pounds(order.total_pence)),),
    )
    wanted = HandIn(EvidenceKind.RECEIPT, "She wrote it by hand first", None, "Receipt.pdf", pdf_of(receipt))
    evidence.hand_in(story.folk.actor("tomasz"), order.id, wanted)


def _ask(story: Story) -> None:
    officer, order = story.folk.actor("farah"), _spent(story)[0]
    monitoring.look(officer, order.person_id, "Our yearly check of four direct payments, drawn by lot")
    words = "A receipt or time sheet for these hours. It is our yearly check, and you did nothing wrong."
    evidence.ask(officer, order.id, words, clock.today() + timedelta(days=24))
