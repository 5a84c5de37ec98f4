"""What a unit cost, by category: the least, the middle and the most, and people's own money beside budgets. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from marketplace.reports.domain import Comparison, Prices, Purchase
from marketplace.reports.suppression import FEWEST


@dataclass
class Group:
    """Who bought at which prices."""

    people: set[int] = field(default_factory=set)
    prices: dict[int, int] = field(default_factory=dict)  # quantity by price


Key = tuple[str, str, str]
Groups = Mapping[Key, Group]


def price_groups(inside: Sequence[Purchase], own_rail: str) -> Groups:
    """Prices by category, unit and who pays: `own`, `budget` and `all`."""
    groups: dict[Key, Group] = {}
    for each in inside:
        if not each.quantity:
            continue  # what a card adds to a budget: the price was counted with the budget, and is no price of its own
        for payer in ("own" if each.rail == own_rail else "budget", "all"):
            group = groups.setdefault((each.category, each.unit, payer), Group())
            group.people.add(each.person_id)
            group.prices[each.unit_price_pence] = group.prices.get(each.unit_price_pence, 0) + each.quantity
    return {key: group for key, group in groups.items() if len(group.people) >= FEWEST}


def middle_price(prices: Mapping[int, int]) -> int:
    """The price at or under which half of all units were bought, at least. `prices` are quantities by price."""
    half, so_far = -(-sum(prices.values()) // 2), 0
    for price in sorted(prices):
        so_far += prices[price]
        if so_far >= half:
            return price
    return max(prices)


def least_middle_most(groups: Groups) -> tuple[Prices, ...]:
    """What a unit of each category cost, whoever paid."""
    return tuple(
        Prices(category, unit, min(group.prices), middle_price(group.prices), max(group.prices))
        for (category, unit, payer), group in sorted(groups.items())
        if payer == "all"
    )


def own_beside_budgets(groups: Groups) -> tuple[Comparison, ...]:
    """The middle prices of what was bought in both ways."""
    found = []
    for (category, unit, payer), group in sorted(groups.items()):
        budget = groups.get((category, unit, "budget"))
        if payer == "own" and budget is not None:
            found.append(Comparison(category, unit, middle_price(group.prices), middle_price(budget.prices)))
    return tuple(found)
