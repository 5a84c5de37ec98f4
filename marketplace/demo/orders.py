"""One order of the demo from its placing to its review, written into the diary step by step."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from marketplace.accounts.domain import Actor
from marketplace.demo.diary import Diary, later, moment
from marketplace.demo.folk import Folk
from marketplace.demo.reviews import Reviews
from marketplace.demo.shopping import Want, buy
from payments.services import orders


@dataclass
class Story:
    """What every order of the demo needs to know."""

    folk: Folk
    diary: Diary
    reviews: Reviews
    dice: random.Random
    work: Callable[[], None]
    """Has the worker do what waits; alone, for it speaks to Stripe."""


@dataclass(frozen=True)
class Course:
    """Days from the placing of an order to each later step; None where it stops before, or where nothing is written."""

    accept: int | None = 1
    done: int | None = 5
    confirm: int | None = 6
    declined_because: str | None = None
    stars: int | None = None
    complaint: str | None = None


def order_from_budget(
    story: Story, buyer: str, person: str, wants: Sequence[Want], day: date, courses: Sequence[Course]
) -> None:
    """Place on `day` by a budget that needs no card, and go on as far as the course of each order says.

    One thing from each provider, so that each is an order of its own.
    """

    def place() -> None:
        actor = story.folk.actor(buyer)
        order_ids = buy(actor, story.folk.people[person], wants, story.folk.pots[person])
        by_provider = sorted(zip(wants, courses, strict=True), key=lambda pair: provider_of(pair[0]))
        for order_id, (want, course) in zip(order_ids, by_provider, strict=True):
            follow(story, actor, order_id, want, day, course)

    story.diary.at(moment(day, 9 + story.dice.randrange(8), story.dice.randrange(60)), place)


def provider_of(want: Want) -> tuple[str, int]:
    """The order in which a checkout orders from its providers."""
    return want.offer.provider_name, want.offer.organisation_id


def follow(
    story: Story, buyer: Actor, order_id: int, want: Want, day: date, course: Course, *, card: bool = False
) -> None:
    """Write down what becomes of an order that was placed on `day`."""
    diary = story.diary
    provider = story.folk.member_of(want.offer.provider_name)
    if course.accept is None:
        return
    answered = moment(later(day, course.accept), 17, 30)
    if course.declined_because is not None:
        diary.at(answered, partial(orders.decline, provider, order_id, course.declined_because))
        _let_the_worker_follow(story, later(day, course.accept), card)
        return
    diary.at(answered, partial(orders.accept, provider, order_id))
    _let_the_worker_follow(story, later(day, course.accept), card)
    if course.done is None:
        return
    diary.at(moment(later(day, course.done), 18), partial(orders.mark_done, provider, order_id))
    if course.complaint is not None:
        diary.at(moment(later(day, course.done + 1), 10), partial(orders.complain, buyer, order_id, course.complaint))
        return
    if course.confirm is None:
        return
    confirmed = later(day, course.confirm)
    diary.at(moment(confirmed, 19), partial(orders.confirm, buyer, order_id))
    _let_the_worker_follow(story, confirmed, card)
    if course.stars is not None:
        written = moment(later(confirmed, 1), 20)
        diary.at(written, partial(story.reviews.write, diary, buyer, provider, order_id, want.offer, course.stars))


def _let_the_worker_follow(story: Story, day: date, card: bool) -> None:
    if card:
        story.diary.at(moment(day, 21), story.work, alone=True)
