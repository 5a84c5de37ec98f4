"""The councils pay what they manage themselves: one run a month, prepared by one person and sent by another."""

from datetime import date, timedelta
from functools import partial

from marketplace.demo.diary import later, moment
from marketplace.demo.folk import DARLINGTON, DURHAM
from marketplace.demo.orders import Story
from marketplace.kernel import clock
from payments.queries.settlement_runs import get_run_for, list_payments
from payments.services import settlement
from payments.services.returned import mark_returned

FINANCE = {DARLINGTON: ("farah", "stanley"), DURHAM: ("gilbert", "winnie")}
PREPARED_AFTER_DAYS = 2


def write(story: Story, begins: date, today: date) -> None:
    """One run for each council and month that is over."""
    first = clock.next_month(begins)
    while later(first, PREPARED_AFTER_DAYS) <= today:
        for gss in FINANCE:
            story.diary.at(moment(later(first, PREPARED_AFTER_DAYS), 10), partial(_prepare, story, gss, first))
        first = clock.next_month(first)


def _prepare(story: Story, gss: str, first: date) -> None:
    """What was agreed before `first`; nothing when nothing is due, such as in a council's first month."""
    prepares, sends = (story.folk.actor(user) for user in FINANCE[gss])
    council_id, up_to = story.folk.councils[gss], first - timedelta(days=1)
    if settlement.preview(prepares, council_id, up_to).totals.line_count == 0:
        return
    run_id = settlement.prepare(prepares, council_id, up_to)
    sent = moment(later(clock.today(), 1), 9)
    story.diary.at(sent, partial(settlement.send, sends, run_id))
    if gss == DARLINGTON and clock.next_month(first) == clock.first_of_month(story.diary.ends.date()):
        story.diary.at(moment(later(clock.today(), 5), 11), partial(_returned, story, run_id))


def _returned(story: Story, run_id: int) -> None:
    """The bank sends back what the first provider of last month's run was paid; this month's pays it again."""
    officer = story.folk.actor(FINANCE[DARLINGTON][0])
    payment = list_payments(get_run_for(officer, run_id, lines=False))[0]
    mark_returned(officer, run_id, payment.id, "Account closed")
