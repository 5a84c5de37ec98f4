"""What a social worker asked providers for: two offers to compare, one no, and somebody who has not answered yet."""

from datetime import date, timedelta
from functools import partial

from budgets.queries.outcomes import list_outcomes
from budgets.queries.people import get_person
from marketplace.demo.diary import moment
from marketplace.demo.history import Offers
from marketplace.demo.orders import Story
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.planning.queries.help_requests import get_request, list_asked, list_suitable
from marketplace.planning.services import help_requests as requests

PERSON, CATEGORY = "Josiah Nettlebank", "home-care"
WORDS = "Help with washing, dressing and breakfast, from somebody who does not mind a parrot that talks back"
TIMES = "One hour on Monday, Wednesday and Friday, before nine in the morning"


def write(story: Story, offers: Offers, today: date) -> None:
    """Asked two days ago; the answers came since."""
    story.diary.at(moment(today - timedelta(days=2), 9), partial(_ask, story))
    story.diary.at(moment(today - timedelta(days=1), 11), partial(_answer, story, offers))


def _ask(story: Story) -> None:
    sadie, person_id, today = story.folk.actor("sadie"), story.folk.people[PERSON], clock.today()
    outcome = next(each for each in list_outcomes(person_id) if each.category_slug == CATEGORY)
    wanted = requests.Wanted(
        CATEGORY,
        WORDS,
        TIMES,
        today + timedelta(days=16),
        Rail.COUNCIL_MANAGED,
        today + timedelta(days=9),
        outcome.id,
    )
    request_id = requests.prepare(sadie, person_id, wanted)
    suitable = list_suitable(get_request(sadie, person_id, request_id), get_person(person_id).postcode)
    requests.send(sadie, person_id, request_id, [each.offer.organisation_id for each in suitable[:4]])


def _answer(story: Story, offers: Offers) -> None:
    """The first two of those who were asked offer help, the third cannot, and the fourth has not looked."""
    asked: list[tuple[str, int]] = []
    for (provider, _), offer in offers.items():
        if provider not in {name for name, _ in asked}:
            asked += [(provider, each.answer_id) for each in list_asked(offer.organisation_id)]
    words = ("The same two people would come, and one of them keeps budgerigars.", "We can begin at half past seven.")
    for number, (provider, answer_id) in enumerate(sorted(asked, key=lambda pair: pair[1])):
        actor = story.folk.member_of(provider)
        if number < len(words):
            listing_id = requests.listing_of(answer_id) or 0
            day = clock.today() + timedelta(days=15 + 2 * number)
            requests.offer(actor, answer_id, requests.Offered(listing_id, 6 - number, day, words[number]))
        elif number == len(words):
            requests.decline(actor, answer_id, "Our mornings are full until spring")
