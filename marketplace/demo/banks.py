"""Bank accounts in the demo: of providers whom councils pay, of the operator, and of the councils. All are invented."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial

from catalogue.queries.listings import Offer
from marketplace.accounts.domain import Actor
from marketplace.demo.diary import later, moment
from marketplace.demo.folk import DARLINGTON, DURHAM, Folk
from marketplace.demo.orders import Story
from marketplace.demo.people import FUND_HOLDER
from marketplace.kernel import clock
from marketplace.kernel.rails import SETTLED_RAILS
from payments.banking.accounts import BankAccount
from payments.journal import JournalMap
from payments.queries.fees import find_fee
from payments.services import bank_details, fees, settlement_settings

PAYERS = {DARLINGTON: ("farah", "Darlington Council", "640217"), DURHAM: ("gilbert", "Durham County", "640905")}
CHANGES_LATELY = "Dales Home Care"
JOURNAL = JournalMap(
    columns=(
        ("run", "Batch"),
        ("up_to", "Posting date"),
        ("account", "GL code"),
        ("order", "Your ref"),
        ("description", "Narrative"),
        ("debit", "Debit"),
        ("credit", "Credit"),
    ),
    care="ASC4100-3310",
    providers="BAL0900-2100",
    operator="BAL0900-2150",
    returned="BAL0900-2190",
    by_category={"home-care": "ASC4100-3301", "personal-assistants": "ASC4100-3305", "meals": "ASC4100-3320"},
)


def ready(folk: Folk, offers: Iterable[Offer]) -> None:
    """Everybody whom a council pays says where; the councils say from where, and how they book."""
    names = sorted({offer.provider_name for offer in offers if offer.price_pence and offer.rails & SETTLED_RAILS})
    for number, name in enumerate(names, start=1):
        actor = folk.member_of(name)
        bank_details.give(actor, _organisation(actor), _account(name, number))
    olive = folk.actor("olive")
    bank_details.give(olive, _organisation(olive), _account("The marketplace", 0))
    for number, (gss, (officer, name, service_user)) in enumerate(PAYERS.items(), start=900):
        actor, council_id = folk.actor(officer), folk.councils[gss]
        settlement_settings.set_account(actor, council_id, None, _account(name, number), service_user)
        settlement_settings.set_journal(actor, council_id, None, JOURNAL)
    ivor = folk.actor("ivor")
    settlement_settings.set_account(ivor, None, _organisation(ivor), _account(FUND_HOLDER, 950), "640950")


def write(story: Story, begins: date, today: date) -> None:
    """A provider changed its account yesterday, so that the change rests and is seen; councils pay for joining."""
    _fees(story, begins)
    actor = story.folk.member_of(CHANGES_LATELY)
    account = _account(CHANGES_LATELY, 77)
    give = partial(bank_details.give, actor, _organisation(actor), account)
    story.diary.at(moment(later(today, -1), 15), give)


def _fees(story: Story, begins: date) -> None:
    """Darlington has paid two of three instalments; Durham's one was invoiced with a mistake, credited, and invoiced
    again, and is not paid."""
    olive = story.folk.actor("olive")
    for gss, instalments, paid in ((DARLINGTON, 3, 2), (DURHAM, 1, 0)):
        council_id = story.folk.councils[gss]
        plan = fees.FeePlan(fees.USUAL_PENCE, instalments, later(begins, 30))
        story.diary.at(moment(begins, 14), partial(fees.agree, olive, council_id, plan))
        for number in range(max(paid, 1)):
            issued, arrived = moment(later(begins, 30 * number + 1), 14), moment(later(begins, 30 * number + 28), 14)
            story.diary.at(issued, partial(_invoice, olive, council_id, number))
            if gss == DURHAM:
                story.diary.at(issued + timedelta(days=3), partial(_again, olive, council_id, number))
            if number < paid:
                story.diary.at(arrived, partial(_paid, olive, council_id, number))


def _invoice(olive: Actor, council_id: int, number: int) -> None:
    fees.issue(olive, council_id, _instalment(olive, council_id, number))


def _again(olive: Actor, council_id: int, number: int) -> None:
    """Credit an invoice that was wrong, and issue it as it should be."""
    fees.credit(olive, council_id, _instalment(olive, council_id, number), "It named the council's old address")
    fees.issue(olive, council_id, _instalment(olive, council_id, number + 1))


def _paid(olive: Actor, council_id: int, number: int) -> None:
    reference = f"DBC {4_417 + number}"
    fees.mark_paid(olive, council_id, _instalment(olive, council_id, number), clock.today(), reference)


def _instalment(olive: Actor, council_id: int, number: int) -> int:
    fee = find_fee(olive, council_id)
    if fee is None:
        raise RuntimeError("no fee was agreed")
    return fee.instalments[number].id


def _organisation(actor: Actor) -> int:
    return actor.memberships[0].organisation_id


def _account(name: str, number: int) -> BankAccount:
    return BankAccount(name[:70], f"9999{number % 100:02d}", f"{40_000_000 + 7_919 * number:08d}")
