"""Fill a demo: what every installation has, dated open data, an invented town and eight months of its life."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from flask import current_app

from catalogue.services import index
from marketplace import reference, schema
from marketplace.accounts.queries import find_user_by_email
from marketplace.audit.services import link_rows
from marketplace.database import db
from marketplace.demo import (
    asking,
    authority,
    banks,
    budgets,
    cards,
    disk,
    history,
    invoicing,
    open_data,
    people,
    plans,
    printing,
    receipts,
    settling,
    stories,
    town,
    waiting,
)
from marketplace.demo.diary import Diary, moment
from marketplace.demo.orders import Story
from marketplace.demo.reviews import Reviews
from marketplace.demo.shopping import offers_of
from marketplace.kernel import clock

Say = Callable[[str], None]
MONTHS_OF_LIFE = 8
SEED = 2026


def ensure(say: Say) -> None:
    """Bring tables, reference data, open data and search up to date; build the town and its past where there is none.

    Safe to run again: what somebody did in the demo stays.
    """
    began = time.monotonic()
    say("Preparing the demo. This is done once and takes less than a minute.")
    schema.migrate()
    reference.ensure()
    say("Reading open data about care homes, libraries, pharmacies and more:")
    open_data.bring_in(say)
    if find_user_by_email("edith@demo.example") is None:
        with disk.unhurried():
            _build(say)
    _index()
    db.session.remove()
    say(f"Ready after {time.monotonic() - began:.0f} seconds.")


def _build(say: Say) -> None:
    today, now = clock.today(), clock.now()
    begins = first_day(today)
    postcodes = open_data.town_postcodes()
    with clock.fixed_clock(moment(begins, 9)):
        say("Building the town: providers with their listings")
        providers = town.build(postcodes, today)
        say("People move in: councils, support organisations, people and their budgets")
        folk = people.found(providers, postcodes)
        authority.give(folk, begins, today)
        plans.give_cases(folk, begins, today)
        offers = offers_of(providers)
        budgets.set_up(folk, begins, today, stories.tomasz_pence(offers))
        banks.ready(folk, offers.values())
        say("Providers open their accounts for card payments, at the sandbox")
        cards.ready_providers(offers.values())
    _index()
    say("Eight months go by: orders, deliveries and reviews")
    dice = Random(SEED)  # noqa: S311  nothing secret is drawn with it
    story = Story(folk, Diary(now), Reviews(), dice, _work)
    history.write(story, offers, begins, today)
    stories.write(story, offers, today)
    plans.write(story, begins, today)
    settling.write(story, begins, today)
    banks.write(story, begins, today)
    invoicing.write(story, begins, today)
    waiting.write(story, today)
    receipts.write(story, today)
    asking.write(story, offers, today)
    printing.write(story, today)
    story.diary.live()
    _work()
    while link_rows():
        pass


def _index() -> None:
    """Every listing is in the index as the tables have it."""
    if index.index_is_needed():
        index.reindex()
    else:
        index.refresh(None)


def _work() -> None:
    """The worker does what is due at the moment."""
    current_app.extensions["make_worker"]().run_once()


def first_day(today: date) -> date:
    """The first of the month in which the demo's life began."""
    day = clock.first_of_month(today)
    for _ in range(MONTHS_OF_LIFE):
        day = clock.first_of_month(day - timedelta(days=1))
    return day
