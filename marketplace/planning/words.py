"""How planning speaks: what there is to do, and what each act of the audit record was. Pure."""

from budgets.domain import EntryKind
from marketplace.planning.domain import Need, Order
from marketplace.planning.rounds import PartState
from marketplace.ui.filters import pounds

NEED_FILTERS: dict[Need, str] = {
    Need.CONFIRM: "Orders to confirm",
    Need.APPROVE: "Approvals waiting",
    Need.PAY: "Waiting for a card",
    Need.REVIEW: "Review due",
    Need.ENDING: "Authority ending",
    Need.LOW: "Little left",
    Need.QUIET: "Nothing bought for 4 weeks",
}

ORDERS: dict[Order, str] = {
    Order.NEED: "Who needs me today",
    Order.NAME: "Name",
    Order.LEFT: "Least left first",
    Order.REVIEW: "Next review first",
    Order.ENDING: "Authority that ends first",
}

PART_STATES: dict[PartState, str] = {
    PartState.WAITING: "Not tried yet",
    PartState.ORDERED: "Ordered",
    PartState.ASKED: "Waiting for a second person to agree",
    PartState.REFUSED: "Not ordered",
}
"""What became of one order of a round."""

ENTRY_WORDS: dict[EntryKind, str] = {
    EntryKind.ALLOCATE: "Agreed for the budget",
    EntryKind.HOLD: "Kept aside",
    EntryKind.RELEASE: "No longer kept aside",
    EntryKind.SPEND: "Spent",
    EntryKind.REFUND: "Given back",
    EntryKind.RECLAIM: "Taken back by the council",
}
"""What a line of a statement is."""

# What the actor did, to follow their name. `{sum}` is the order's total where the record has one.
ACTS: dict[str, str] = {
    "person.create": "wrote down this person",
    "person.move": "changed the postcode",
    "person.look": "looked at these pages",
    "outcome.add": "added an outcome to the plan",
    "outcome.change": "changed the words of an outcome",
    "outcome.end": "took an outcome off the plan",
    "outcome.order": "put the outcomes into another order",
    "outcome.put": "wrote the plan down",
    "outcome.rate": "said how an outcome is going",
    "solution.add": "added help that costs nothing to the plan",
    "solution.end": "took help that costs nothing off the plan",
    "plan_note.add": "noted something free beside an outcome",
    "plan_note.remove": "took a note off the plan",
    "interest.declare": "declared an interest in a provider",
    "interest.end": "said that an interest in a provider has ended",
    "person_note.write": "wrote a note",
    "person_note.take_back": "took a note back",
    "mandate.grant": "gave authority to act",
    "mandate.record": "wrote down an authority to act, for a second officer to confirm",
    "mandate.confirm": "confirmed an authority to act",
    "mandate.suspend": "paused an authority to act",
    "mandate.resume": "let a paused authority go on",
    "mandate.end": "ended an authority to act",
    "mandate.question": "questioned an authority to act",
    "consent.share": "agreed to show own purchases in the council’s reports, without a name",
    "consent.stop_sharing": "stopped showing own purchases in the council’s reports",
    "consent.assisted_order": "wrote down a consent to order together at an access point",
    "consent.end_assisted_order": "ended the consent to order together at an access point",
    "budget.set_up": "set up a budget",
    "budget.increase": "raised what a budget holds",
    "budget.prepare_cut": "prepared a cut of a budget, for a second officer to agree to",
    "budget.cut": "agreed to a cut of a budget",
    "budget.send_cut_back": "did not agree to a cut of a budget",
    "budget.load_change": "changed a budget by a file of the council",
    "budget.holder": "changed who holds a budget as an individual service fund",
    "budget.active": "opened a budget again",
    "budget.suspended": "paused a budget",
    "budget.ended": "ended a budget",
    "checkout.place": "sent orders on their way",
    "customer.create": "opened a card account with Stripe for this person",
    "card.keep": "kept a card for later",
    "card.forget": "forgot a card that was kept",
    "order.create": "prepared an order{sum}",
    "order.ask_for_payment": "agreed to an order{sum}, which now waits for the card",
    "order.place": "sent an order{sum} to its provider",
    "order.send_back": "sent an order{sum} back",
    "order.accept": "said yes to an order{sum}",
    "order.decline": "said no to an order{sum}",
    "order.mark_done": "said that an order{sum} is done",
    "order.confirm": "agreed that an order{sum} was done",
    "order.cancel": "cancelled an order{sum}",
    "order.expire": "ended an order{sum} that nobody answered in time",
    "order.close": "closed an order{sum}",
    "order.complain": "said that something went wrong with an order{sum}",
    "order.answer_complaint": "answered what went wrong with an order{sum}",
    "order.renew_waits": "waited to ask the bank again, for an order{sum} with which something went wrong",
    "order.end_complaint": "said that what went wrong with an order{sum} is put right",
    "order.prepare_again": "put what was sent back into the basket again, from an order{sum}",
    "order.remind_approval_1": "reminded whoever has to agree to an order{sum}",
    "order.remind_approval_2": "reminded, for the last time, whoever has to agree to an order{sum}",
    "order.remind_1": "sent a reminder about an order{sum}",
    "order.remind_2": "sent a second reminder about an order{sum}",
    "order.bank_asks": "was asked for more by the bank, for an order{sum}",
    "order.cannot_be_paid": "could not pay for an order{sum}",
    "payment.begin": "began to pay for an order{sum}",
    "payment.authorise": "had the bank set money aside for an order{sum}",
    "payment.fail": "could not pay for an order{sum} by card",
    "payment.capture": "paid for an order{sum}",
    "payment.release": "let go of money set aside for an order{sum}",
    "payment.refund_part": "gave back a part of the money for an order{sum}",
    "payment.refund_all": "gave back the money for an order{sum}",
    "payment.dispute": "had a payment questioned at the bank, for an order{sum}",
    "payment.win_dispute": "kept a payment that was questioned at the bank, for an order{sum}",
    "payment.lose_dispute": "lost a payment that was questioned at the bank, for an order{sum}",
    "payment.lose_dispute_part": "lost a part of a payment that was questioned at the bank, for an order{sum}",
    "payment.undo_refund": "had money given back returned by the bank, for an order{sum}",
    "payment.undo_refund_part": "had part of the money given back returned by the bank, for an order{sum}",
    "payment.hold_for_review": "marked the payment of an order{sum} to be looked at",
    "refund.ask": "asked for money back",
    "refund.approve": "agreed to give money back",
    "refund.refuse": "refused to give money back",
    "refund.ended_order": "gave back the money for an order that had ended",
    "refund.failed": "could not give money back",
    "refund.take_in": "took in money given back outside this site",
    "review.written": "wrote a review",
    "review.answered": "answered a review",
    "review.hidden": "hid a review",
    "review.shown": "showed a hidden review again",
    "evidence.add": "handed in a receipt or the like for an order{sum}",
    "evidence.take_back": "took back a file beside an order{sum}",
    "evidence.open": "opened a file beside an order{sum}",
    "evidence.ask": "asked for a receipt for an order{sum}",
    "evidence.close": "closed what the council asked about an order{sum}",
    "monitoring.look": "looked into what stands out, for the council",
    "monitoring.explain": "found that something that stood out is all right",
    "assisted.note": "wrote down an enquiry at an access point",
}


def act_words(action: str, total_pence: int | None, provider: str | None = None) -> str:
    """What was done, to follow a name; the sum of an order and its provider are said where the record has them."""
    words = ACTS.get(action)
    if words is None:
        about, _, what = action.partition(".")
        return f"recorded {what.replace('_', ' ')} for this person ({about.replace('_', ' ')})"
    total = f" of {pounds(total_pence)}" if total_pence is not None else ""
    return words.format(sum=f"{total} with {provider}" if provider else total)
