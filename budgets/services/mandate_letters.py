"""E-mails about mandates, to the person and to those named, in the transaction of the act."""

from datetime import date

from budgets.domain import LegalBasis
from budgets.domain.people import LetterAbout
from budgets.queries.mandates import MandateLine, StandIn
from budgets.queries.people import get_person
from budgets.services.letters import header, write_to
from budgets.words import ACTION_WORDS, day_words, possessive
from marketplace.accounts.links import address
from marketplace.accounts.queries import find_user, list_users_of
from marketplace.kernel.money import format_pounds
from marketplace.outbox.email import queue_email


def limits_in_words(mandate: MandateLine) -> str:
    """`Up to £500.00 an order and £1,000.00 a month`, or that there is no limit."""
    parts = []
    if mandate.order_limit_pence is not None:
        parts.append(f"{format_pounds(mandate.order_limit_pence)} an order")
    if mandate.month_limit_pence is not None:
        parts.append(f"{format_pounds(mandate.month_limit_pence)} a month")
    return f"Up to {' and '.join(parts)}" if parts else "No limit"


def money_in_words(mandate: MandateLine) -> str:
    """`Respite and Equipment, nothing else`, or that all of it is covered."""
    if not mandate.pots:
        return "all of it"
    names = list(mandate.pots)
    return f"{names[0] if len(names) == 1 else ', '.join(names[:-1]) + ' and ' + names[-1]}, nothing else"


def granted(mandate: MandateLine, *, only: int | None = None) -> None:
    """Tell those named what they may do, and the person that it stands; `only` one who was named later."""
    actions = [words for action, words in ACTION_WORDS.items() if action in mandate.actions]
    lines = [
        f"From {day_words(mandate.starts_on)} to {day_words(mandate.ends_on)}.",
        f"{limits_in_words(mandate)}.",
        f"Which money: {money_in_words(mandate)}.",
        "",
        "What this covers:",
        *(f"- {words}" for words in actions),
    ]
    name = mandate.person_name
    _to_staff(
        mandate,
        f"You may now act for {name}",
        [
            f"You may now act for {name} on the marketplace.",
            "",
            *lines,
            "",
            f"See all of it: {address(f'/mandates/{mandate.id}')}",
            "",
            "Only you may use your account for this.",
        ],
        only=only,
    )
    who = mandate.staff_names if only is None else mandate.everybody_named.get(only, "Somebody")
    _to_person(
        mandate,
        f"{who} may now act for you",
        [
            f"{who} may now act for you on the marketplace.",
            "",
            *lines,
            "",
            _what_to_do(mandate),
        ],
    )


def stands_in(mandate: MandateLine, one: StandIn) -> None:
    """Tell the person who stands in for those named, and on which days. Whoever stands in is told by their lead."""
    _to_person(
        mandate,
        f"{one.name} acts for you for some days",
        [
            f"From {day_words(one.starts_on)} to {day_words(one.ends_on)} {one.name} may do for you what "
            f"{mandate.staff_names} may. Before and after these days they may do nothing. It ends by itself.",
            "",
            _what_to_do(mandate),
        ],
    )


def acts_instead(mandate: MandateLine, name: str, before: str, reason: str) -> None:
    """Tell the person that another one of the team acts for them, under the same authority."""
    team = mandate.organisation_name or "the team"
    _to_person(
        mandate,
        f"{name} of {team} acts for you now",
        [
            f"{name} of {team} acts for you from now on, and {before} no longer does. What they may do, the limits and "
            "the last day stay as they were.",
            "",
            f"Why: {reason}",
            "",
            _what_to_do(mandate),
        ],
    )


def moved(from_user_id: int, to_user_id: int, count: int, away: tuple[date, date] | None, reason: str) -> None:
    """One letter to each of two colleagues, however many people it is about. Their names stand behind the sign-in."""
    people = "1 person" if count == 1 else f"{count} people"
    days = f" from {day_words(away[0])} to {day_words(away[1])}" if away else ""
    asked = [f"Why: {reason}", "", f"Who they are: {address('/caseload')}"]
    taker, giver = find_user(to_user_id), find_user(from_user_id)
    if taker is not None:
        body = [
            f"You may act for {people} more{days}. Before and after, you may not."
            if away
            else f"You may now act for {people} more."
        ]
        queue_email(taker.email, f"You act for {people} more{days}", "\n".join([*body, "", *asked]), user_id=taker.id)
    if giver is not None:
        stands = (
            f"{taker.name if taker else 'Somebody'} stands in for you for {people}{days}."
            if away
            else (f"{taker.name if taker else 'Somebody'} acts for {people} instead of you.")
        )
        queue_email(giver.email, header(stands.rstrip(".")), "\n".join([stands, "", *asked[:1]]), user_id=giver.id)


def stays(mandate: MandateLine, asked_by_user_id: int, name: str) -> None:
    """Tell whoever asked to hand over that the answer is no."""
    _to_staff(
        mandate,
        f"{name} does not take over for {mandate.person_name}",
        [f"You asked that {name} may act for {mandate.person_name}. The answer is no: your own authority goes on."],
        only=asked_by_user_id,
    )


def left(mandate: MandateLine, user_id: int) -> None:
    """Tell one who is named no more, and the person."""
    booked = "Support that is booked already goes on."
    _to_staff(
        mandate,
        f"You may no longer act for {mandate.person_name}",
        [f"You are no longer named in the authority to act for {mandate.person_name}.", "", booked],
        only=user_id,
    )
    name = mandate.everybody_named.get(user_id, "Somebody")
    _to_person(mandate, f"{name} may no longer act for you", [f"{name} may no longer act for you.", "", booked])


def ended(mandate: MandateLine, reason: str | None) -> None:
    """Tell everybody that nothing more can be done under it."""
    why = [f"Why: {reason}", ""] if reason else []
    booked = "Support that is booked already goes on."
    _to_staff(
        mandate,
        f"You may no longer act for {mandate.person_name}",
        [f"Your authority to act for {mandate.person_name} has ended.", "", *why, booked],
    )
    _to_person(
        mandate,
        f"{mandate.staff_names} may no longer act for you",
        [f"{mandate.staff_names} may no longer act for you.", "", *why, booked],
    )


def suspended(mandate: MandateLine, *, resumed: bool = False) -> None:
    """Tell everybody that it stands still, or goes on."""
    what = "goes on again" if resumed else "is paused by the council"
    booked = [] if resumed else ["", "Support that is booked already goes on. Nothing new can be ordered under it."]
    _to_staff(
        mandate,
        f"Your authority to act for {mandate.person_name} {what}",
        [f"Your authority to act for {mandate.person_name} {what}.", *booked],
    )
    _to_person(
        mandate,
        f"The authority of {mandate.staff_names} {what}",
        [f"The authority of {mandate.staff_names} to act for you {what}.", *booked],
    )


def _what_to_do(mandate: MandateLine) -> str:
    if mandate.legal_basis is LegalBasis.AGREEMENT:
        return "You can end this at any time, on the page of this authority."
    return "You can ask the council about this, on the page of this authority."


def _to_staff(mandate: MandateLine, subject: str, lines: list[str], *, only: int | None = None) -> None:
    """To those named; to one who has left the organisation that holds the mandate nothing goes, for it says who the
    person is."""
    wanted = [user_id for user_id in mandate.everybody_named if only in (None, user_id)]
    if mandate.organisation_id is None:
        users = [user for user_id in wanted if (user := find_user(user_id)) is not None]
    else:
        users = [user for user in list_users_of(mandate.organisation_id) if user.id in wanted]
    for user in users:
        queue_email(
            user.email,
            header(subject),
            "\n".join([f"Dear {mandate.everybody_named[user.id]},", "", *lines]),
            user_id=user.id,
            person_id=mandate.person_id,
        )


def _to_person(mandate: MandateLine, subject: str, lines: list[str]) -> None:
    write_to(
        get_person(mandate.person_id),
        subject,
        "\n".join(lines),
        LetterAbout.AUTHORITY,
        page=f"/mandates/{mandate.id}",
    )


def question(mandate: MandateLine, to_address: str, words: str) -> None:
    """Bring a person's question about a mandate that is not theirs to end to the council."""
    queue_email(
        to_address,
        header(f"A question about the authority to act for {mandate.person_name}"),
        "\n".join(
            [
                f"{mandate.person_name} asks about the authority of {mandate.staff_names} to act for them.",
                "",
                f"In {possessive(mandate.person_name)} words:",
                words,
                "",
                f"The authority: {address(f'/mandates/{mandate.id}')}",
            ]
        ),
        person_id=mandate.person_id,
    )


def answer(mandate: MandateLine, words: str) -> None:
    """Bring the council's answer to the person."""
    _to_person(
        mandate,
        f"Your council’s answer about {mandate.staff_names}",
        [
            f"You asked about the authority of {mandate.staff_names} to act for you. Your council answers:",
            "",
            words,
        ],
    )
