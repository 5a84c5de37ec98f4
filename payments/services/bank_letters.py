"""E-mails about bank details and payments by bank. None of them ever holds a sort code or a whole account number."""

from flask import current_app

from marketplace.accounts.domain import Role
from marketplace.accounts.queries import get_organisation, list_users_of
from marketplace.outbox.email import queue_email


def write_to(organisation_id: int, roles: tuple[Role, ...], subject: str, body: str, *, path: str) -> None:
    """Write to everybody of an organisation who has one of the roles, and to its own address, once each."""
    link = f"{current_app.extensions['settings'].public_url}{path}"
    name, phone = current_app.config["SERVICE_NAME"], current_app.config["SERVICE_PHONE"]
    text = f"{body}\n\n{link}\n\n{name}\nQuestions? Call {phone}.\n"
    subject = " ".join(subject.split())[:200]
    written: set[str] = set()
    for user in list_users_of(organisation_id, *roles):
        if user.email.lower() not in written:
            queue_email(user.email, subject, text, user_id=user.id)
            written.add(user.email.lower())
    own = get_organisation(organisation_id).email
    if own and own.lower() not in written:
        queue_email(own, subject, text)
