"""The ways of paying, known by every layer: listings accept them, budgets are deployed by them, orders paid by them."""

from enum import StrEnum


class Rail(StrEnum):
    OWN_MONEY = "own_money"  # by card, the person's own
    DIRECT_PAYMENT = "direct_payment"  # by card, from a personal budget paid to the person
    COUNCIL_MANAGED = "council_managed"  # no card: the council settles in runs
    ISF = "isf"  # no card: the holder of the individual service fund settles in runs


CARD_RAILS = frozenset({Rail.OWN_MONEY, Rail.DIRECT_PAYMENT})
BUDGET_RAILS = frozenset({Rail.DIRECT_PAYMENT, Rail.COUNCIL_MANAGED, Rail.ISF})
SETTLED_RAILS = frozenset({Rail.COUNCIL_MANAGED, Rail.ISF})
