"""E-mails about somebody's money, to them and to those who see it for them, in the transaction of the act."""

from budgets.domain import MandateAction
from budgets.queries.access import list_user_ids_named
from budgets.queries.people import address_of, get_person
from budgets.words import short_name
from marketplace.accounts.queries import find_user
from marketplace.outbox.email import queue_email


def tell_about_money(person_id: int, subject: str, lines: list[str]) -> None:
    """To the person, and to everybody named in a live mandate to see their money. Somebody without an address
    hears it from whoever acts for them: nothing is printed."""
    person = get_person(person_id)
    own = address_of(person)
    to: dict[str, tuple[str, int | None]] = {own: (short_name(person.name), person.user_id)} if own else {}
    for user_id in list_user_ids_named(person_id, MandateAction.READ_BUDGET):
        user = find_user(user_id)
        if user is not None:
            to.setdefault(user.email, (user.name, user_id))
    for address, (name, reader_id) in to.items():
        queue_email(
            address,
            " ".join(subject.split())[:200],
            "\n".join([f"Dear {name},", "", *lines]),
            user_id=reader_id,
            person_id=person_id,
        )
