"""The e-mails about orders, in plain words, promised in the transaction of what they tell.

The buyer is written to, and the person too; whoever has no e-mail address gets paper (`buyer_letters`). A letter to a
provider names no person: the page behind its link does, after signing in.
"""

from budgets.domain import PersonView
from budgets.services.letters import header
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.links import address
from marketplace.accounts.queries import list_addresses_of
from marketplace.kernel.money import format_pounds
from marketplace.outbox.email import queue_email
from marketplace.ui.filters import london_datetime
from payments.domain import ChargeAt, PaymentState, awaits_card
from payments.models import Order
from payments.queries.top_ups import find_payer
from payments.services.buyer_letters import signed, to_buyer, to_buyers
from payments.services.refund_rows import taken_on_pence
from payments.services.top_up_letters import asks_to_pay


def new_order(order: Order, *, buyer: Actor | None = None, person: PersonView | None = None) -> None:
    """Placed: the provider is asked, the buyer's side told until when.

    `buyer` where they just did it, with the `person` as they were just read: neither is asked for again.
    """
    by = london_datetime(order.answer_by)
    _to_provider(
        order,
        f"New order {order.reference}: answer by {by}",
        f"Somebody has ordered from you: {format_pounds(order.total_pence)} in all.\n\n"
        f"Say yes or no by {by}. After that the order ends by itself.",
    )
    to_buyers(
        order,
        f"Your order {order.reference} is with {order.provider_name}",
        f"We have asked {order.provider_name}. They have until {by} to say yes, and we write again then.\n\n"
        f"{_money_so_far(order)}",
        buyer=buyer,
        person=person,
    )


def asks_approval(order: Order, why: str, approvers: list[tuple[int, str, str]]) -> None:
    """A second person is asked to agree: each by a link of their own. `approvers` are user, address and path."""
    for user_id, to_address, path in approvers:
        queue_email(
            to_address,
            header(f"An order for {format_pounds(order.total_pence)} waits for you"),
            signed(
                f"{order.buyer_name} prepared an order and needs a second person to agree.\n\n{why}\n\n"
                f"Nothing is ordered until somebody agrees. Sign in and look at it by "
                f"{london_datetime(order.answer_by)}:",
                address(path),
            ),
            user_id=user_id,
        )


def approval_still_waits(order: Order, approvers: list[tuple[int, str, str]]) -> None:
    """A reminder to whoever could agree."""
    for user_id, to_address, path in approvers:
        queue_email(
            to_address,
            header(f"An order for {format_pounds(order.total_pence)} still waits for you"),
            signed(
                f"{order.buyer_name} prepared it, and nobody has answered yet. If nobody answers by "
                f"{london_datetime(order.answer_by)}, it ends by itself and nothing is ordered.\n\n"
                "Sign in and say yes, or send it back:",
                address(path),
            ),
            user_id=user_id,
        )


def was_approved(order: Order) -> None:
    """A second person agreed, and a card has to be charged now: whoever pays by it is called."""
    payer = find_payer(order.checkout_id) if order.top_up_pence else None
    if payer is not None and order.checkout_id is not None:
        asks_to_pay(order.checkout_id)
        to_buyer(
            order,
            f"Order {order.reference} was agreed to: {payer} is asked to pay a part",
            f"The second person agreed. We have asked {payer} to pay {format_pounds(order.top_up_pence)} by "
            f"{london_datetime(order.answer_by)}. Then the order goes to {order.provider_name}. If nobody pays, it "
            "ends by itself and the budget is free again.",
        )
        return
    to_buyer(
        order,
        f"Order {order.reference} was agreed to: pay for it now",
        f"The second person agreed. The order goes to {order.provider_name} when the card has been checked.\n\n"
        f"Open the order and pay by {london_datetime(order.answer_by)}. After that the order ends by itself.",
        path=f"/orders/{order.id}/pay",
    )


def was_sent_back(order: Order, words: str) -> None:
    to_buyer(
        order,
        f"Order {order.reference} was sent back",
        f"The second person did not agree. They wrote:\n\n{words}\n\n"
        "Nothing was ordered, and whatever was kept aside is free again. Open the order to change it and ask again.",
    )


def said_yes(order: Order) -> None:
    to_buyers(
        order,
        f"{order.provider_name} said yes to order {order.reference}",
        f"It is booked. {_money_when_booked(order)}\n\nWhen it was done we ask you whether all was well.",
    )


def said_yes_to_a_part(order: Order, pence: int, left_out_pence: int, reason: str) -> None:
    """Less than was ordered is booked, and only that is paid for."""
    to_buyers(
        order,
        f"{order.provider_name} said yes to a part of order {order.reference}",
        f"They wrote:\n\n{reason}\n\n{format_pounds(pence)} is taken from the card now. "
        f"{format_pounds(left_out_pence)} is not taken: what the bank had set aside becomes free again within a few "
        "days. If a part is no use, open the order and cancel it, and all of it comes back.",
    )


def said_no(order: Order, reason: str) -> None:
    to_buyers(
        order,
        f"{order.provider_name} said no to order {order.reference}",
        f"They wrote:\n\n{reason}\n\n{_nothing_taken(order)}",
    )


def says_it_is_done(order: Order) -> None:
    to_buyers(
        order,
        f"Was order {order.reference} done?",
        f"{order.provider_name} says that it was done. Open the order and tell us whether that is so.\n\n"
        f"{_what_silence_means(order)}",
    )


def reminder(order: Order, number: int) -> None:
    """The first or the second reminder to agree, or to say what went wrong."""
    to_buyers(
        order,
        f"Was order {order.reference} done? {'We ask again' if number == 1 else 'Our last reminder'}",
        f"{order.provider_name} says that it was done. Tell us whether that is so, or what went wrong.\n\n"
        f"{_what_silence_means(order)}",
    )


def was_agreed(order: Order) -> None:
    """The provider learns that its buyer agrees, and how its money comes."""
    amount = format_pounds(taken_on_pence(order))
    by_card = f"{amount} was paid by card when you said yes."
    if order.top_up_pence:
        by_card = (
            f"{format_pounds(order.top_up_pence)} was paid by card when you said yes. "
            f"{format_pounds(order.total_pence - order.top_up_pence)} less the levy comes with the next payment run."
        )
    if awaits_card(order.state, order.payment_state, order.charge_at):
        by_card = "The card has not paid for it. The buyer has been asked for another card, and we look after it."
    money = {
        ChargeAt.NEVER: "There was nothing to pay.",
        ChargeAt.ACCEPT: by_card,
        ChargeAt.CONFIRM: f"The card is charged {amount} now, and you get it less the levy.",
        ChargeAt.SETTLEMENT: f"{amount} less the levy comes with the next payment run.",
    }[order.charge_at]
    _to_provider(order, f"Order {order.reference} was agreed to", f"The buyer agrees that it was done. {money}")


def closed_by_itself(order: Order) -> None:
    to_buyers(
        order,
        f"Order {order.reference} is finished",
        f"Nobody answered our two reminders, so we take it that all was well with what {order.provider_name} did. "
        "If it was not, open the order and tell us.",
    )


def was_cancelled(order: Order, reason: str, *, by_provider: bool) -> None:
    if by_provider:
        to_buyers(
            order,
            f"{order.provider_name} cancelled order {order.reference}",
            f"They wrote:\n\n{reason}\n\n{_nothing_taken(order)}",
        )
        return
    to_buyers(order, f"Order {order.reference} is cancelled", _nothing_taken(order))
    if order.placed_at is not None:
        _to_provider(
            order,
            f"Order {order.reference} was cancelled",
            f"The buyer wrote:\n\n{reason}\n\nThere is nothing more to do.",
        )


def ended_after_death(order: Order, reason: str) -> None:
    """To the provider alone: nobody writes to somebody who has died."""
    if order.placed_at is not None:
        _to_provider(
            order,
            f"Order {order.reference} has ended",
            f"The council ended this order, because the person it was for has died. It wrote:\n\n{reason}\n\n"
            "There is nothing more to do.",
        )


def ran_out_of_time(order: Order, reason: str) -> None:
    to_buyers(order, f"Order {order.reference} has ended", f"{reason}\n\n{_nothing_taken(order)}")
    if order.placed_at is not None:
        _to_provider(order, f"Order {order.reference} has ended", "It was not answered in time.")


def card_ended_order(order: Order, reason: str) -> None:
    to_buyers(order, f"Order {order.reference} could not be paid", f"{reason}\n\n{_nothing_taken(order)}")
    if order.placed_at is not None:
        _to_provider(order, f"Order {order.reference} has ended", "The buyer’s card could not pay for it.")


def needs_another_card(order: Order, reason: str) -> None:
    what_next = "Open it and give another card, or call us."
    payer = find_payer(order.checkout_id) if order.top_up_pence else None
    if payer is not None and order.checkout_id is not None:
        asks_to_pay(order.checkout_id)
        what_next = (
            f"We have asked {payer} for another card. Open it if you want to pay that part yourself, or call us."
        )
    to_buyer(
        order,
        f"Order {order.reference} needs another card",
        f"{reason}\n\nThe order stands. {what_next}",
        path=f"/orders/{order.id}/pay",
    )


def something_is_wrong(order: Order, words: str) -> None:
    _to_provider(
        order,
        f"Something went wrong with order {order.reference}",
        f"The buyer wrote:\n\n{words}\n\nGet in touch with them and put it right. Nothing goes on by itself meanwhile.",
    )
    to_buyers(
        order,
        f"We have noted what went wrong with order {order.reference}",
        f"{order.provider_name} and we have been told. Nothing is paid or closed by itself until this is sorted out.",
    )


def provider_answered(order: Order, words: str) -> None:
    to_buyers(
        order,
        f"{order.provider_name} answered about order {order.reference}",
        f"They wrote:\n\n{words}\n\nWhen it has been put right, open the order and say so. Until then nothing "
        "is paid or closed by itself.",
    )


def is_sorted_out(order: Order, words: str, *, by_operator: bool) -> None:
    """The provider learns that the buyer's side, or we, ended a complaint; the buyer's side when we did."""
    who = "We" if by_operator else "They"
    said = f"{who} wrote:\n\n{words}\n\n" if words else ""
    text = f"{said}The question about this order is closed, and the order goes on from where it stands."
    _to_provider(order, f"Order {order.reference}: sorted out", text)
    if by_operator:
        to_buyers(order, f"Order {order.reference}: sorted out", f"{text} If it is not, open the order and tell us.")


def _money_so_far(order: Order) -> str:
    amount = format_pounds(order.total_pence)
    match order.charge_at:
        case ChargeAt.NEVER:
            return "There is nothing to pay."
        case ChargeAt.ACCEPT:
            if order.top_up_pence:
                return f"{_of_card(order)} It is taken when {order.provider_name} says yes. {_of_budget(order)}"
            return f"{amount} is set aside on the card. It is taken when {order.provider_name} says yes."
        case ChargeAt.CONFIRM:
            return f"{amount} of the budget is kept aside. The card is charged when you agree that it was done."
        case ChargeAt.SETTLEMENT:
            return f"{amount} of the budget is kept aside. It is spent when you agree that it was done."


def _of_card(order: Order) -> str:
    return f"{format_pounds(order.top_up_pence)} is set aside on the card that tops it up."


def _of_budget(order: Order) -> str:
    kept = format_pounds(order.total_pence - order.top_up_pence)
    return f"{kept} of the budget is kept aside. It is spent when you agree that it was done."


def _money_when_booked(order: Order) -> str:
    if order.top_up_pence:
        return f"{format_pounds(order.top_up_pence)} is taken from the card now. {_of_budget(order)}"
    if order.charge_at is ChargeAt.ACCEPT:
        return f"{format_pounds(order.total_pence)} is taken from the card now. There is nothing else to pay."
    return _money_so_far(order)


def _nothing_taken(order: Order) -> str:
    if order.charge_at is ChargeAt.NEVER:
        return "There was nothing to pay."
    if order.top_up_pence:
        paid = order.payment_state in (PaymentState.PAID, PaymentState.PART_REFUNDED)
        card = f"{format_pounds(order.top_up_pence)} goes back to the card." if paid else "The card pays nothing."
        return f"{card} {format_pounds(order.total_pence - order.top_up_pence)} is free again in the budget."
    if order.payment_state in (PaymentState.PAID, PaymentState.PART_REFUNDED):
        return f"All of {format_pounds(taken_on_pence(order))} goes back to the card. Banks take up to 10 days."
    if order.charge_at is ChargeAt.ACCEPT:
        return "Nothing is taken from the card. What the bank had set aside becomes free again within a few days."
    return f"{format_pounds(order.total_pence)} is free again in the budget."


def _what_silence_means(order: Order) -> str:
    if order.charge_at is ChargeAt.ACCEPT and not order.top_up_pence:
        return "If we hear nothing in 14 days, and after two reminders, we take it that all was well."
    if order.charge_at is ChargeAt.NEVER:
        return "There is nothing to pay."
    return "Nothing is spent from the budget until you say so."


def _to_provider(order: Order, subject: str, body: str) -> None:
    """To everybody who answers for the provider; to its own address when nobody has joined for it."""
    text = signed(body, address(f"/provider/orders/{order.id}"))
    for user_id, to_address in list_addresses_of(order.organisation_id, Role.PROVIDER):
        queue_email(to_address, header(subject), text, user_id=user_id)
