"""The e-mails about requests for help: to providers that were asked, and to whoever asked."""

from sqlalchemy import select

from budgets.domain import MandateAction
from budgets.domain.people import LetterAbout
from budgets.queries.access import list_user_ids_named
from budgets.queries.people import get_person
from budgets.services.letters import header, write_to
from budgets.words import possessive
from marketplace.accounts.domain import Role
from marketplace.accounts.links import address
from marketplace.accounts.queries import get_user, list_addresses_of
from marketplace.database import db
from marketplace.kernel.rails import Rail
from marketplace.outbox.email import queue_email
from marketplace.planning.help_requests import AnswerState
from marketplace.planning.models import HelpAnswer, HelpRequest


def tell_provider(organisation_id: int, subject: str, body: str) -> None:
    for user_id, to_address in list_addresses_of(organisation_id, Role.PROVIDER):
        queue_email(to_address, subject, f"Dear provider,\n\n{body}", user_id=user_id)


def tell_others(row: HelpRequest, why: str, *, but: int | None = None) -> None:
    """Thank everybody who was asked and did not say no."""
    asked = db.session.scalars(
        select(HelpAnswer)
        .where(HelpAnswer.request_id == row.id, HelpAnswer.state != AnswerState.DECLINED)
        .order_by(HelpAnswer.id)
    )
    for answer in list(asked):
        if answer.organisation_id == but:
            continue
        thanks = "Thank you for your offer." if answer.state is AnswerState.OFFERED else "Thank you for looking."
        tell_provider(
            answer.organisation_id,
            "About the help that was asked for",
            f"{thanks} {why} It says nothing about your work: people choose by days, distance and many other things. "
            f"You will be asked again when somebody needs what you do.\n\nThe request was: {row.words}",
        )


def tell_asker(row: HelpRequest, subject: str, body: str) -> None:
    """Write to whoever asked; when they may not order for the person any more, to the person and others who may."""
    person, page = get_person(row.person_id), f"/people/{row.person_id}/requests/{row.id}"
    named = list_user_ids_named(row.person_id, MandateAction.ORDER)
    if row.asked_by_user_id not in (person.user_id, *named):
        about = LetterAbout.OWN_ORDER if row.rail is Rail.OWN_MONEY else LetterAbout.ORDER
        write_to(person, f"{subject}: your request", body, about, page=page)
    else:
        named = [row.asked_by_user_id]
    for user_id in named:
        user = get_user(user_id)
        whose = "your request" if person.user_id == user.id else f"{possessive(person.name)} request"
        text = f"{body}\n{address(page)}"
        queue_email(user.email, header(f"{subject}: {whose}"), text, user_id=user.id, person_id=row.person_id)
