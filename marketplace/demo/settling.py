"""Each payer settles once a month: a council what it manages itself, a fund holder what is bought from its funds.

One person prepares a run and another sends it.
"""

from datetime import date, timedelta
from functools import partial

from marketplace.accounts.domain import Role
from marketplace.demo.diary import later, moment
from marketplace.demo.folk import DARLINGTON, DURHAM
from marketplace.demo.orders import Story
from marketplace.kernel import clock
from payments.queries.settlement_runs import get_run_for, list_payments
from payments.services import settlement
from payments.services.returned import mark_returned

FINANCE = ((DARLINGTON, "farah", "stanley"), (DURHAM, "gilbert", "winnie"), (DARLINGTON, "ivor", "nora"))
"""Of which council people are whose money is spent, who prepares and who sends."""
PREPARED_AFTER_DAYS = 2
RETURNS_TO = "farah"
"""Whose bank sends a payment of last month's run back."""


def write(story: Story, begins: date, today: date) -> None:
    """One run for each payer and month that is over."""
    first = clock.next_month(begins)
    while later(first, PREPARED_AFTER_DAYS) <= today:
        for payer in FINANCE:
            story.diary.at(moment(later(first, PREPARED_AFTER_DAYS), 10), partial(_prepare, story, payer, first))
        first = clock.next_month(first)


def _prepare(story: Story, payer: tuple[str, str, str], first: date) -> None:
    """What was agreed before `first`; nothing when nothing is due, such as in a payer's first month."""
    gss, prepares, sends = payer[0], story.folk.actor(payer[1]), story.folk.actor(payer[2])
    council_id, up_to = story.folk.councils[gss], first - timedelta(days=1)
    holder_id = next(iter(prepares.organisation_ids(Role.FUND_FINANCE)), None)
    if settlement.preview(prepares, council_id, up_to, holder_id).totals.line_count == 0:
        return
    run_id = settlement.prepare(prepares, council_id, up_to, holder_id)
    sent = moment(later(clock.today(), 1), 9)
    story.diary.at(sent, partial(settlement.send, sends, run_id))
    if payer[1] == RETURNS_TO and clock.next_month(first) == clock.first_of_month(story.diary.ends.date()):
        story.diary.at(moment(later(clock.today(), 5), 11), partial(_returned, story, run_id))


def _returned(story: Story, run_id: int) -> None:
    """The bank sends back what the first provider of last month's run was paid; this month's pays it again."""
    officer = story.folk.actor(RETURNS_TO)
    payment = list_payments(get_run_for(officer, run_id, lines=False))[0]
    mark_returned(officer, run_id, payment.id, "Account closed")
