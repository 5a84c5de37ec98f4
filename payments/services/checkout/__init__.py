"""From a basket to orders: the answers, the one transaction that places, and the card afterwards."""

from payments.services.checkout.answers import begin, choose_way, forget_unfinished, say_purpose, say_who
from payments.services.checkout.paying import after_bank, finish_card, place_and_pay, start_card, try_payment
from payments.services.checkout.placing import Placed, place, preview
from payments.services.checkout.taking_over import ask_another, pay_it_myself
from payments.services.checkout.topping_up import choose_top_up, most_from_budget

__all__ = [
    "Placed",
    "after_bank",
    "ask_another",
    "begin",
    "choose_top_up",
    "choose_way",
    "finish_card",
    "forget_unfinished",
    "most_from_budget",
    "pay_it_myself",
    "place",
    "place_and_pay",
    "preview",
    "say_purpose",
    "say_who",
    "start_card",
    "try_payment",
]
