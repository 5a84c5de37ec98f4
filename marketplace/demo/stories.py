"""What happens to the people whom one can be in the demo, so that each of them finds something under way."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from budgets.domain import ConsentHow
from budgets.domain.restrictions import RestrictionKind
from budgets.services import consents, restrictions
from marketplace.demo.cards import ask_to_top_up, buy_by_card
from marketplace.demo.diary import moment
from marketplace.demo.folk import DARLINGTON, first_part
from marketplace.demo.history import Offers
from marketplace.demo.orders import Course, Story, follow, order_from_budget, provider_of
from marketplace.demo.people import Life, lives, self_funders
from marketplace.demo.shopping import Want, buy
from marketplace.kernel import clock
from payments.domain import RefundReason
from payments.queries.orders import get_order_for
from payments.services import approvals, refunds

GARDEN = ("Fern and Furrow", "Gardening by the hour")
LUNCH = ("Nell Garthside Lunches", "Cooked lunch brought to you")
PERSONAL_ASSISTANT = ("Marigold Pikestaff", "Personal assistant")
TOMASZ_HOURS = (3, 4, 3, 4, 3, 4, 4)
TOMASZ_HAS_LEFT_PENCE = 180_00
MORE_THAN_ONE_OPERATOR_MAY_GIVE_PENCE = 240_00
WITH_A_RULE = "Albert Oakenfold"
COMPLAINT = (
    "They came for one hour, not three, and the kitchen floor was not done. I have rung twice and nobody rang back."
)
STILL_OPEN = Course(accept=None)
BOOKED = Course(accept=1, done=None)


def tomasz_pence(offers: Offers) -> int:
    """What Tomasz gets for the year, so that exactly a little is left after all that he ordered."""
    return TOMASZ_HAS_LEFT_PENCE + sum(TOMASZ_HOURS) * (offers[PERSONAL_ASSISTANT].price_pence or 0)


def write(story: Story, offers: Offers, today: date) -> None:
    """Write the days of the cast into the diary."""
    _edith(story, offers, today)
    _tomasz(story, offers, today)
    _grace(story, offers, today)
    _priya(story, offers, today)
    _sebastian(story, offers, today)
    _mabel(story, offers, today)
    _neighbours(story, offers, today)
    _trouble(story, offers, today)
    story.diary.at(moment(_ago(today, 40), 10), partial(_a_rule, story, today))


def _a_rule(story: Story, today: date) -> None:
    """Two officers agreed that one person's orders stay small for a while, because somebody sold at the door."""
    folk = story.folk
    rule = restrictions.Rule(
        folk.people[WITH_A_RULE],
        RestrictionKind.ORDER_LIMIT,
        "A man at the door sold new windows that nobody needed. We agreed this together for some months.",
        _ago(today, 40),
        today + timedelta(days=90),
        today + timedelta(days=12),
        pence=300_00,
    )
    restrictions.confirm(folk.actor("hamish"), restrictions.record_rule(folk.actor("farah"), rule))


def by_card(
    story: Story, buyer: str, person: str, wants: Sequence[Want], day: date, courses: Sequence[Course], hour: int = 11
) -> None:
    """Place on `day` by a card, of the person's budget where there is one, and go on as the courses say."""

    def place() -> None:
        actor, folk = story.folk.actor(buyer), story.folk
        order_ids = buy_by_card(actor, folk.people[person], wants, folk.pots.get(person), person)
        pairs = sorted(zip(wants, courses, strict=True), key=lambda pair: provider_of(pair[0]))
        for order_id, (want, course) in zip(order_ids, pairs, strict=True):
            follow(story, actor, order_id, want, day, course, card=True)

    story.diary.at(moment(day, hour), place, alone=True)


def _ago(today: date, days: int) -> date:
    return today - timedelta(days=days)


def _want(offers: Offers, what: tuple[str, str], quantity: int, on: date, note: str | None = None) -> Want:
    return Want(offers[what], quantity, on, note)


def _edith(story: Story, offers: Offers, today: date) -> None:
    """Two that are over, one that is done and waits for her to agree."""
    for days, what, quantity, stars in ((95, GARDEN, 2, 5), (50, LUNCH, 5, 5)):
        day = _ago(today, days)
        want = _want(offers, what, quantity, day + timedelta(days=4))
        by_card(story, "edith", "Edith Fairweather", [want], day, [Course(done=5, confirm=6, stars=stars)])
    day = _ago(today, 6)
    want = _want(offers, GARDEN, 2, day + timedelta(days=4), "The back gate sticks: lift it a little.")
    by_card(story, "edith", "Edith Fairweather", [want], day, [Course(done=5, confirm=None)])


def _tomasz(story: Story, offers: Offers, today: date) -> None:
    """A personal assistant every other week or so; the newest booking is still to come."""
    for number, hours in enumerate(reversed(TOMASZ_HOURS)):
        day = _ago(today, 3 + number * 13)
        want = _want(offers, PERSONAL_ASSISTANT, hours, day + timedelta(days=4))
        course = BOOKED if number == 0 else Course(done=4, confirm=6, stars=5 if number == 3 else None)
        by_card(story, "tomasz", "Tomasz Brightwell", [want], day, [course])


def _grace(story: Story, offers: Offers, today: date) -> None:
    """Grace orders for her father, and both names stand on each order."""
    for days, what, quantity, course in (
        (80, ("Spindle and Suds", "House cleaning"), 2, Course(stars=5)),
        (38, ("Copperkettle Company", "Afternoon company and tea"), 2, Course(stars=4)),
        (17, ("Barnaby Oxlip", "Personal assistant who drives"), 3, Course()),
        (2, ("Spindle and Suds", "House cleaning"), 2, BOOKED),
    ):
        day = _ago(today, days)
        want = _want(offers, what, quantity, day + timedelta(days=4))
        by_card(story, "grace", "Albert Oakenfold", [want], day, [course])


def _priya(story: Story, offers: Offers, today: date) -> None:
    """Two people of hers have direct payments; one order was agreed to by Owen, and one waits for him."""
    for days, person, what, quantity, course in (
        (33, "Hyacinth Barleymow", ("Clover Finchingale", "Personal assistant who signs"), 4, Course(stars=4)),
        (12, "Hyacinth Barleymow", ("Hound About Town", "Dog walking with you, or for you"), 3, Course()),
        (26, "Octavia Ripplestone", ("Tansy Wetherwood", "Personal assistant, evenings"), 4, Course(stars=5)),
        (1, "Octavia Ripplestone", GARDEN, 3, STILL_OPEN),
    ):
        day = _ago(today, days)
        by_card(story, "priya", person, [_want(offers, what, quantity, day + timedelta(days=4))], day, [course])
    care = ("Dales Home Care", "Home care by the hour")
    for days, person, agrees in ((41, "Sebastian Hollyhocket", True), (1, "Bartholomew Quillfeather", False)):
        day = _ago(today, days)
        want = _want(offers, care, 9, day + timedelta(days=6))
        story.diary.at(moment(day, 10), partial(_above_the_limit, story, person, want, day, agrees=agrees))


def _above_the_limit(story: Story, person: str, want: Want, day: date, *, agrees: bool) -> None:
    priya, owen = story.folk.actor("priya"), story.folk.actor("owen")
    (order_id,) = buy(priya, story.folk.people[person], [want], story.folk.pots[person])

    def agree() -> None:
        approval = get_order_for(owen, order_id).approval
        if approval is None:
            raise LookupError(f"order {order_id} waits for nobody")
        approvals.approve(owen, approval.id, seen=approval.content_digest)
        follow(story, priya, order_id, want, day, Course(accept=2, done=8, confirm=9))

    if agrees:
        story.diary.at(moment(day, 15), agree)


def _sebastian(story: Story, offers: Offers, today: date) -> None:
    """His sister adds by card what two dearer orders cost above his budget; the newer one waits for her."""
    for days, quantity, pence, pays, course in (
        (30, 6, 30_00, True, Course(accept=1, done=5, confirm=6)),
        (1, 5, 25_00, False, STILL_OPEN),
    ):
        day = _ago(today, days)
        want = _want(offers, LUNCH, quantity, day + timedelta(days=4))
        place = partial(_topped_up, story, "Sebastian Hollyhocket", want, day, course, pence=pence, pays=pays)
        story.diary.at(moment(day, 19), place, alone=True)


def _topped_up(story: Story, person: str, want: Want, day: date, course: Course, *, pence: int, pays: bool) -> None:
    priya, folk = story.folk.actor("priya"), story.folk
    sister = ("Rosa Hollyhocket", "rosa.hollyhocket@demo.example")
    (order_id,) = ask_to_top_up(priya, folk.people[person], [want], folk.pots[person], pence, sister, pays=pays)
    follow(story, priya, order_id, want, day, course, card=True)


def _mabel(story: Story, offers: Offers, today: date) -> None:
    """Mabel came to the library five weeks ago; Libby wrote down that she agrees, and they ordered together."""
    folk, day = story.folk, _ago(today, 35)
    libby, mabel = folk.actor("libby"), folk.people["Mabel Noemail"]
    library = folk.organisations["Darlington Library (access_point)"]

    def agree() -> None:
        consents.agree_to_assisted_order(libby, mabel, library, how=ConsentHow.SPOKEN)

    story.diary.at(moment(day, 8, 30), agree)
    story.diary.at(moment(day + timedelta(days=7), 18, 30), agree)
    want = _want(offers, ("Northgate Meals Round", "Hot meal at midday"), 7, day + timedelta(days=3))
    order_from_budget(story, "libby", "Mabel Noemail", [want], day, [Course(done=6, confirm=7)])


def _neighbours(story: Story, offers: Offers, today: date) -> None:
    """People who pay with their own money; most of them let the council count what they buy."""
    bought = (
        (GARDEN, 2),
        (("Basket and Back", "Shopping done for you"), 2),
        (LUNCH, 6),
        (("Handy Hobb", "Handy help by the hour"), 2),
        (("Happy Feet at Home", "Foot care at home"), 1),
        (("Spindle and Suds", "House cleaning"), 3),
    )
    for number, name in enumerate(self_funders()):
        for round_number in range(2):
            what, quantity = bought[(number + round_number * 3) % len(bought)]
            day = _ago(today, 20 + number * 9 + round_number * 70)
            course = Course(done=5, confirm=7, stars=(5, 4, 4, 5, 3)[(number + round_number) % 5])
            want = _want(offers, what, quantity, day + timedelta(days=4))
            by_card(story, first_part(name), name, [want], day, [course])
    # One hot meal by card: the operator loses by it, because what Stripe keeps is more than the levy.
    hungry = self_funders()[0]
    day = _ago(today, 40)
    small = _want(offers, LUNCH, 1, day + timedelta(days=4))
    by_card(story, first_part(hungry), hungry, [small], day, [Course(done=5, confirm=6)])
    for number, name in enumerate(self_funders()[:2]):
        want = _want(offers, GARDEN, 2 + number, today + timedelta(days=5), "Mornings are best.")
        by_card(story, first_part(name), name, [want], _ago(today, 1), [STILL_OPEN], hour=14 + number)


def _trouble(story: Story, offers: Offers, today: date) -> None:
    """Something for the operator: a complaint, and money to give back that needs a second person."""
    signing_in = [life for life in lives() if life.signs_in and life.council == DARLINGTON]
    unhappy = next(life for life in signing_in if "cleaning-laundry" in life.goals)
    day = _ago(today, 9)
    want = _want(offers, ("Brightwindow Domestic Help", "Cleaning and tidying"), 3, day + timedelta(days=4))
    course = Course(done=5, complaint=COMPLAINT)
    order_from_budget(story, first_part(unhappy.name), unhappy.name, [want], day, [course])
    given_back = next(life for life in signing_in if "respite" in life.goals and life.pence >= 5_000_00)
    day = _ago(today, 24)
    want = _want(offers, ("Hawthorn House Respite", "A night's respite"), 2, day + timedelta(days=5))
    story.diary.at(moment(day, 12), partial(_respite_cut_short, story, given_back, want, day))


def _respite_cut_short(story: Story, life: Life, want: Want, day: date) -> None:
    actor = story.folk.actor(first_part(life.name))
    (order_id,) = buy(actor, story.folk.people[life.name], [want], story.folk.pots[life.name])
    follow(story, actor, order_id, want, day, Course(done=8, confirm=9))
    ask = partial(
        refunds.ask_refund,
        story.folk.actor("otto"),
        order_id,
        key=f"demo-refund-{order_id}",
        reason_code=RefundReason.LESS_DELIVERED,
        words="The heating failed on the second day and everybody went home that morning.",
        pence=MORE_THAN_ONE_OPERATOR_MAY_GIVE_PENCE,
    )
    story.diary.at(moment(_ago(clock.london(story.diary.ends).date(), 1), 9), ask)
