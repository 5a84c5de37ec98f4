"""Eight months of buying from budgets that are settled in runs: enough for reports that say something."""

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
from marketplace.kernel.rails import SETTLED_RAILS

SHOPPERS_OF_EACH_KIND, SHOPPERS_IN_DURHAM = 2, 1
"""How many people with the same three usual goals buy in a month. Each usual kind of help is so bought by six, and a
report shows nothing of fewer than five."""
OF_LATE = timedelta(days=70)
"""In the last months nearly everybody buys one thing every other month."""
QUIET_ONE_IN = 12
ALSO_SOMETHING_ELSE = 0.2
EVERY_SO_MANY_MONTHS = {"priya": 2, "sadie": 3}
DOES_NOT_BUY_LATELY = "Lavinia Starlingford"
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
    lately, long_ago = today - timedelta(weeks=4), today - timedelta(weeks=5)
    for first in _months(begins, today):
        last = min(clock.next_month(first) - timedelta(days=1), today)
        for life, goals in _shoppers(story, first, today):
            _buy(story, life, shop, _some_day(story, first, last), left, goals)
        for life in _rounds(first):
            day = _some_day(story, first, last)
            if day < (long_ago if life.name == DOES_NOT_BUY_LATELY else lately):
                _buy(story, life, shop, day, left)
    for number, life in enumerate(lives()):
        # Everybody with a helper got something in the last weeks, but one whom the caseload points out.
        if _is_helped(life) and life.name != DOES_NOT_BUY_LATELY:
            _buy(story, life, shop, today - timedelta(days=2 + (number * 5) % 24), left, is_sure=True)


def _some_day(story: Story, first: date, last: date) -> date:
    return later(first, story.dice.randrange(min(28, (last - first).days + 1)))


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


def _shoppers(story: Story, first: date, today: date) -> Iterator[tuple[Life, tuple[str, ...]]]:
    """Who buys what in a month, beside those whom Priya and Sadie look after."""
    town = [life for life in lives() if _buyer(life) and life.helper not in EVERY_SO_MANY_MONTHS]
    if first >= today - OF_LATE:
        for number, life in enumerate(town):
            if number % 2 == first.month % 2 and number % QUIET_ONE_IN != QUIET_ONE_IN - 1:
                yield life, (life.goals[(number // 2 + first.month) % (len(life.goals) - 1)],)
        return
    by_goals: dict[tuple[str, ...], list[Life]] = defaultdict(list)
    for life in town:
        by_goals[tuple(life.goals[:-1]) if life.council == DARLINGTON else (DURHAM,)].append(life)
    for goals, alike in by_goals.items():
        number = SHOPPERS_IN_DURHAM if goals == (DURHAM,) else SHOPPERS_OF_EACH_KIND
        for life in story.dice.sample(alike, number):
            yield life, tuple(goal for goal in life.goals if goal in USUAL or story.dice.random() < ALSO_SOMETHING_ELSE)


def _rounds(first: date) -> Iterator[Life]:
    """Whom Priya and Sadie order for in a month."""
    for number, life in enumerate(lives()):
        if _is_helped(life) and (first.month + number) % EVERY_SO_MANY_MONTHS[life.helper or ""] == 0:
            yield life


def _is_helped(life: Life) -> bool:
    """Whether Priya or Sadie orders from a budget that needs no card."""
    return life.helper in EVERY_SO_MANY_MONTHS and life.rail in SETTLED_RAILS


def _buyer(life: Life) -> str | None:
    """Who orders for somebody: Priya and Sadie for theirs, Bryony for hers without an account, others themselves."""
    if life.signs_in and life.helper not in EVERY_SO_MANY_MONTHS:
        return first_part(life.name)
    return life.helper


def _buy(
    story: Story,
    life: Life,
    shop: dict[str, list[_Sold]],
    day: date,
    left: dict[str, int],
    goals: tuple[str, ...] = (),
    *,
    is_sure: bool = False,
) -> None:
    """One basket: something for each of these goals; without any, one thing for one of the person's."""
    dice = story.dice
    goals = goals or (dice.choice(life.goals),)
    within = left[life.name]
    if _buyer(life) in ("priya", "bryony"):
        within = min(within, BROKERS_LIMIT_PENCE)
    wants: list[Want] = []
    courses: list[Course] = []
    for goal in goals:
        sold = dice.choice([each for each in shop[goal] if life.rail in each.offer.rails])
        price = sold.offer.price_pence or 0
        quantity = min(dice.randint(sold.fewest, sold.most), within // price)
        course = _course(story, may_review=life.helper != "sadie", may_be_declined=not is_sure)
        if quantity < 1:
            continue
        within -= quantity * price
        left[life.name] -= quantity * price
        wants.append(Want(sold.offer, quantity, later(day, dice.randint(2, 4))))
        courses.append(course)
    if wants:
        order_from_budget(story, _buyer(life) or "", life.name, wants, day, courses)


def _course(story: Story, *, may_review: bool, may_be_declined: bool) -> Course:
    """How an order goes. An officer of the council writes no reviews."""
    dice = story.dice
    if dice.random() < 0.04 and may_be_declined:
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
