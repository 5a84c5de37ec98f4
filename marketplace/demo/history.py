"""Eight months of buying from budgets that the councils manage themselves: enough for reports that say something."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources

from catalogue.queries.listings import Offer
from marketplace.demo.authority import BROKERS_LIMIT_PENCE
from marketplace.demo.diary import later
from marketplace.demo.folk import DARLINGTON, DURHAM, first_part
from marketplace.demo.orders import Course, Story, order_from_budget
from marketplace.demo.people import USUAL, Life, lives
from marketplace.demo.shopping import Want
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail

A_MONTH_OF_A_USUAL_KIND, A_MONTH_OF_ANOTHER, A_MONTH_IN_DURHAM = 6, 2, 5
"""How many different people buy one kind of help in a month; five or more is what a report may show."""
DOES_NOT_BUY_LATELY = "Lavinia Starlingford"
WEEKS_WITHOUT_BUYING = 5
SPENT_AT_MOST_PERCENT = 80
Offers = dict[tuple[str, str], Offer]


@dataclass(frozen=True)
class _Sold:
    offer: Offer
    fewest: int
    most: int


def write(story: Story, offers: Offers, begins: date, today: date) -> None:
    """Write eight months of orders into the diary, spread over people, kinds of help and providers."""
    shop = _shop(offers)
    left = {life.name: life.pence * SPENT_AT_MOST_PERCENT // 100 for life in lives()}
    for first in _months(begins, today):
        last = min(clock.next_month(first) - timedelta(days=1), today)
        for life, category in _buyers(story, first):
            day = later(first, story.dice.randrange(min(28, (last - first).days + 1)))
            if life.name == DOES_NOT_BUY_LATELY and day > today - timedelta(weeks=WEEKS_WITHOUT_BUYING):
                continue
            _buy(story, life, story.dice.choice(shop[category]), day, left)
        _brokers_round(story, shop, first, last, today, left)


def _shop(offers: Offers) -> dict[str, list[_Sold]]:
    text = resources.files("marketplace.demo").joinpath("data/sold.psv").read_text(encoding="utf-8")
    shop: dict[str, list[_Sold]] = defaultdict(list)
    for row in csv.DictReader(text.splitlines(), delimiter="|"):
        offer = offers[row["provider"], row["title"]]
        shop[row["category"]].append(_Sold(offer, int(row["fewest"]), int(row["most"])))
    return shop


def _months(begins: date, today: date) -> Iterator[date]:
    first = begins
    while first <= today:
        yield first
        first = clock.next_month(first)


def _buyers(story: Story, first: date) -> Iterator[tuple[Life, str]]:
    """Who buys which kind of help in a month, beside the brokers' twelve."""
    buyers = [life for life in lives() if life.rail is Rail.COUNCIL_MANAGED and _buyer(life) and life.helper != "priya"]
    here = [life for life in buyers if life.council == DARLINGTON]
    for category in dict.fromkeys(goal for life in here for goal in life.goals):
        wanting = [life for life in here if category in life.goals]
        number = A_MONTH_OF_A_USUAL_KIND if category in USUAL else A_MONTH_OF_ANOTHER
        for life in story.dice.sample(wanting, min(number, len(wanting))):
            yield life, category
    there = [life for life in buyers if life.council == DURHAM and "home-care" in life.goals]
    for life in story.dice.sample(there, min(A_MONTH_IN_DURHAM, len(there))):
        yield life, "home-care"


def _brokers_round(
    story: Story, shop: dict[str, list[_Sold]], first: date, last: date, today: date, left: dict[str, int]
) -> None:
    """Once a month Priya orders for each of her people whose budget the council manages."""
    for number, life in enumerate(life for life in lives() if life.helper == "priya"):
        if life.rail is not Rail.COUNCIL_MANAGED:
            continue
        day = later(first, 2 + (number * 2) % 20)
        if life.name == DOES_NOT_BUY_LATELY and day > today - timedelta(weeks=WEEKS_WITHOUT_BUYING):
            continue
        if day <= last:
            _buy(story, life, story.dice.choice(shop[life.goals[first.month % len(life.goals)]]), day, left)


def _buyer(life: Life) -> str | None:
    """Who orders for somebody: their helper, or they themselves; nobody for people who need the library."""
    return life.helper or (first_part(life.name) if life.signs_in else None)


def _buy(story: Story, life: Life, sold: _Sold, day: date, left: dict[str, int]) -> None:
    dice, price = story.dice, sold.offer.price_pence or 0
    within = left[life.name]
    if life.helper in ("priya", "bryony"):
        within = min(within, BROKERS_LIMIT_PENCE)
    quantity = min(dice.randint(sold.fewest, sold.most), within // price)
    course = _course(story, may_review=life.helper != "sadie")
    if quantity < 1:
        return
    if course.declined_because is None:
        left[life.name] -= quantity * price
    want = Want(sold.offer, quantity, later(day, dice.randint(2, 4)))
    order_from_budget(story, _buyer(life) or "", life.name, [want], day, course)


def _course(story: Story, *, may_review: bool) -> Course:
    """How an order goes. An officer of the council writes no reviews."""
    dice = story.dice
    if dice.random() < 0.04:
        return Course(accept=1, declined_because=dice.choice(_NO))
    done = dice.randint(4, 6)
    stars = dice.choices((5, 4, 3, 2, None), (18, 14, 4, 1, 50))[0]
    confirm = done + dice.randint(1, 4)
    return Course(accept=dice.randint(0, 2), done=done, confirm=confirm, stars=stars if may_review else None)


_NO = (
    "We have nobody free that week. From the week after we can.",
    "That is just outside where we can get to by bus. We are sorry.",
    "We are full until the end of the month and would rather say so at once.",
)
