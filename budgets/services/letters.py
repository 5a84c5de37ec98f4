"""Letters to a person, by the way that reaches them, and about their money to those who see it for them.

Everybody who writes to a person does it here, in the transaction of the act: by e-mail to whoever has an address, and
else on paper, which waits until somebody has printed it (`paper_letters`). So nobody is left out for having no e-mail.
"""

from flask import current_app

from budgets.domain import MandateAction, PersonView
from budgets.domain.people import LetterAbout
from budgets.queries.access import list_user_ids_named
from budgets.queries.people import address_of, get_person
from budgets.services.paper_letters import write_letter
from budgets.words import short_name
from marketplace.accounts.links import address
from marketplace.accounts.queries import find_user
from marketplace.outbox.email import queue_email

_ON_PAPER = (
    "If something is to be opened or answered, you need no computer: whoever helps you can do it with you, or call us."
)


def write_to(
    person: PersonView, subject: str, text: str, about: LetterAbout, *, page: str | None = None, but: str | None = None
) -> None:
    """One letter to a person, with the path of the `page` it is about; `but` is an address that has it already.

    What it is `about` decides who prints it for somebody without an address. Nobody writes to who has died.
    """
    if person.died_on is not None:
        return
    to_address = address_of(person)
    if not to_address:
        write_letter(person.id, subject, _body(person.name, text, _ON_PAPER if page else None), about)
    elif to_address.lower() != (but or "").lower():
        link = address(page) if page else None
        queue_email(
            to_address,
            header(subject),
            _body(person.name, text, link),
            user_id=person.user_id,
            person_id=person.id,
        )


def write_to_address(person: PersonView, subject: str, text: str, about: LetterAbout, sent_to: str) -> None:
    """A letter on paper to where somebody lived until now. Whoever has an address for e-mail hears it there alone."""
    if person.died_on is None and not address_of(person):
        write_letter(person.id, subject, _body(person.name, text, None), about, sent_to=sent_to)


def tell_about_money(
    person_id: int, subject: str, text: str, page: str, *, about: LetterAbout = LetterAbout.MONEY
) -> None:
    """To the person, and to everybody named in a live mandate to see their money."""
    person = get_person(person_id)
    write_to(person, subject, text, about, page=page)
    told = {(address_of(person) or "").lower()}
    for user_id in list_user_ids_named(person_id, MandateAction.READ_BUDGET):
        user = find_user(user_id)
        if user is not None and user.email.lower() not in told:
            told.add(user.email.lower())
            queue_email(
                user.email,
                header(subject),
                _body(user.name, text, address(page)),
                user_id=user_id,
                person_id=person_id,
            )


def header(subject: str) -> str:
    """A subject on one line and no longer than its column: a line break would begin another header."""
    return " ".join(subject.split())[:200]


def _body(name: str, text: str, last: str | None) -> str:
    config = current_app.config
    whom_to_call = f"{config['SERVICE_NAME']}\nQuestions? Call {config['SERVICE_PHONE']}."
    parts = (f"Dear {short_name(name)},", text, last, whom_to_call)
    return "\n\n".join(part for part in parts if part) + "\n"
