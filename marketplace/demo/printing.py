"""Letters to people without e-mail: whoever helps them printed what had come until three days ago."""

from datetime import date, timedelta
from functools import partial

from budgets.queries.access import list_acting
from budgets.services import paper_letters
from marketplace.demo.diary import moment
from marketplace.demo.orders import Story

HELPERS, OFFICERS = ("priya", "bryony", "sadie"), ("sadie", "bede")


def write(story: Story, today: date) -> None:
    """One round of printing; what was written since waits."""
    story.diary.at(moment(today - timedelta(days=3), 17), partial(_print, story))


def _print(story: Story) -> None:
    for user in HELPERS:
        actor = story.folk.actor(user)
        for person in list_acting(actor):
            letters = paper_letters.list_letters(actor, person.id) if not person.email else []
            if letters:
                paper_letters.mark_all_printed(actor, person.id, letters[0].id)
    for user in OFFICERS:
        officer = story.folk.actor(user)
        for letter in paper_letters.list_to_print(officer):
            paper_letters.mark_printed(officer, letter.id)
