"""The e-mail that a levy invoice or a credit note was issued. It goes to everybody who answers for the provider."""

from collections.abc import Sequence
from datetime import date

from flask import current_app

from marketplace.accounts.domain import Role
from marketplace.accounts.queries import get_organisation, list_users_of
from marketplace.kernel.money import format_pounds
from marketplace.outbox.email import queue_email
from marketplace.ui.filters import month_name
from payments.domain import LevyPaper
from payments.models import LevyDocument


def papers_are_issued(organisation_id: int, month: date, documents: Sequence[LevyDocument]) -> None:
    """One e-mail for all papers of a month, in the transaction that issues them."""
    config, settings = current_app.config, current_app.extensions["settings"]
    organisation = get_organisation(organisation_id)
    listed = "\n".join(f"{_name(document)}: {format_pounds(document.levy_pence)}" for document in documents)
    one = len(documents) == 1
    subject = (
        f"Your levy {'invoice' if documents[0].kind is LevyPaper.INVOICE else 'credit note'} for {month_name(month)}"
    )
    if not one:
        subject = f"Your levy papers for {month_name(month)}"
    text = (
        f"{organisation.name}\n\n{listed}\n\n"
        "There is nothing to pay and nothing to do: the levy was kept from what your customers paid, and comes back to "
        f"you when money is given back. {'It is' if one else 'They are'} for your books.\n\n"
        f"{settings.public_url}/provider/levy?organisation={organisation_id}\n\n"
        f"{config['SERVICE_NAME']}\nQuestions? Call {config['SERVICE_PHONE']}.\n"
    )
    members = list_users_of(organisation_id, Role.PROVIDER)
    for member in members:
        queue_email(member.email, subject, text, user_id=member.id)
    if not members and organisation.email:
        queue_email(organisation.email, subject, text)


def _name(document: LevyDocument) -> str:
    kind = "Levy invoice" if document.kind is LevyPaper.INVOICE else "Credit note"
    return f"{kind} {document.number}"
