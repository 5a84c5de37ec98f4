"""The operator invoices the levy each month, and charges VAT from the day on which it had to register for it."""

from datetime import date
from functools import partial

from marketplace.demo.diary import moment
from marketplace.demo.orders import Story
from marketplace.kernel import clock
from payments import ledger
from payments.services import levy_invoices, levy_issuers

NAME, ADDRESS, VAT_NUMBER = "Care Market CIC", "1 Demonstration Row\nDarlington\nDL1 5QU", "GB 123 4567 82"
MONTHS_WITHOUT_VAT = 4


def write(story: Story, begins: date, today: date) -> None:
    """Papers of each month as soon as the worker would close it."""
    month, vat_from = clock.next_month(begins), begins
    for _ in range(MONTHS_WITHOUT_VAT):
        vat_from = clock.next_month(vat_from)
    story.diary.at(moment(begins, 12), partial(_name, story, begins, None))
    story.diary.at(moment(vat_from, 12), partial(_name, story, vat_from, VAT_NUMBER))
    while month <= today:
        story.diary.at(moment(month + ledger.CLOSE_AFTER, 6, 30), levy_invoices.close_due)
        month = clock.next_month(month)


def _name(story: Story, month: date, vat_number: str | None) -> None:
    prepared = levy_issuers.propose_issuer(story.folk.actor("olive"), month, NAME, ADDRESS, vat_number)
    levy_issuers.confirm_issuer(story.folk.actor("otto"), prepared)
