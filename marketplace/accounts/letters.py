"""The e-mails that accounts send: subject and text. None carries a word that a stranger typed.

Whoever registers may type anybody's address and any name, so a letter to an address that is not known to be theirs
holds no name: otherwise the site would deliver a stranger's words to people who never asked.
"""

from typing import NamedTuple

from flask import current_app

from marketplace.accounts import links
from marketplace.outbox.email import queue_email


class Letter(NamedTuple):
    subject: str
    text: str


def send(letter: Letter, to_address: str, *, user_id: int | None = None) -> None:
    """Promise a letter in the open transaction, with our name and telephone number at its end."""
    config = current_app.config
    text = f"{letter.text.strip()}\n\n{config['SERVICE_NAME']}\nQuestions? Call {config['SERVICE_PHONE']}.\n"
    queue_email(to_address, letter.subject, text, user_id=user_id)


def _one_line(subject: str) -> str:
    """A subject in one line and of a sensible length: a name must never begin another header."""
    return " ".join(subject.split())[:150]


def verify(token: str) -> Letter:
    return Letter(
        "Confirm your email address",
        f"""
Somebody, we hope you, registered with this email address.

To finish, open this page within 24 hours and type the password that you chose:

{links.address(f"/verify/{token}")}

If it was not you, you need do nothing. Without that page nobody can use the account.
""",
    )


def already_registered() -> Letter:
    return Letter(
        "You already have an account",
        f"""
Somebody, we hope you, tried to register with this email address.
There is an account for it already, and nothing about it was changed.

To sign in: {links.address("/sign-in")}
If you have forgotten your password: {links.address("/forgotten-password")}

If it was not you, you need do nothing.
""",
    )


def sign_in_through_council() -> Letter:
    return Letter(
        "You sign in through your council",
        f"""
Somebody, we hope you, asked for a new password for this email address.

Your account has no password here: you sign in with your council’s own account.
Open {links.address("/sign-in")} and choose your council.
""",
    )


def new_password(token: str) -> Letter:
    return Letter(
        "Choose a new password",
        f"""
Somebody, we hope you, asked for a new password for this email address.

Open this page within one hour and choose one:

{links.address(f"/reset-password/{token}")}

If it was not you, you need do nothing: the old password still works.
""",
    )


def password_changed() -> Letter:
    return Letter(
        "Your password was changed",
        f"""
The password of your account was changed, and your account was signed out everywhere else.

If it was not you, choose a new password now and then call us: {links.address("/forgotten-password")}
""",
    )


def code(digits: str) -> Letter:
    return Letter(
        "Your code",
        f"""
Your code is {digits}

Type it on the page that asked for it, within 10 minutes. It works in that browser alone, and once.
Nobody from here will ever ask you for it, on the telephone or in any other way.

If you did not ask for a code, somebody is signed in as you. Choose a new password now: that signs them out.
{links.address("/forgotten-password")}
""",
    )


def code_app_set_up() -> Letter:
    return Letter(
        "Your codes come from an app now",
        """
An app was set up for your account. Its codes are asked for before what weighs most, instead of codes by email.

If it was not you, call us now.
""",
    )


def code_app_taken_off() -> Letter:
    return Letter(
        "Your codes come by email again",
        """
The app that showed codes for your account was taken off. Codes come by email again, to this address.

If it was not you, call us now.
""",
    )


def recovery_codes_made() -> Letter:
    return Letter(
        "New recovery codes were made",
        """
New recovery codes were made for your account. Those that you had before do not work any more.

If it was not you, call us now.
""",
    )


def confirm_new_email(token: str) -> Letter:
    return Letter(
        "Confirm your new email address",
        f"""
Somebody, we hope you, asked to use this email address for their account here.

To confirm it, open this page within 24 hours:

{links.address(f"/account/email/{token}")}

If it was not you, you need do nothing.
""",
    )


def new_email_is_taken() -> Letter:
    return Letter(
        "This email address has an account already",
        f"""
Somebody, we hope you, asked to use this email address for another account here.
It has an account of its own already, so nothing was changed.

To sign in to it: {links.address("/sign-in")}
""",
    )


def email_change_asked(new_address: str) -> Letter:
    return Letter(
        "Somebody asked to change your email address",
        f"""
Somebody, we hope you, asked to change the email address of your account to {new_address}.
It changes once that address is confirmed.

If it was not you, change your password now, which also stops this: {links.address("/forgotten-password")}
""",
    )


def email_changed(new_address: str) -> Letter:
    return Letter(
        "Your email address was changed",
        f"""
Your account now uses the email address {new_address}. We will not write to this one again.

If it was not you, call us.
""",
    )


def invitation(organisation: str, role_words: str, token: str) -> Letter:
    return Letter(
        _one_line(f"Join {organisation}"),
        f"""
{organisation} asks you to join it as: {role_words}.

Open this page within 7 days to say yes:

{links.address(f"/invitation/{token}")}

If you do not know {organisation}, you need do nothing.
""",
    )


def somebody_joined(organisation: str, name: str, role_words: str, organisation_id: int) -> Letter:
    return Letter(
        _one_line(f"Somebody joined {organisation}"),
        f"""
{name} joined {organisation} as: {role_words}.

To see who belongs to it, or to end this: {links.address(f"/organisation/{organisation_id}/people")}
""",
    )
