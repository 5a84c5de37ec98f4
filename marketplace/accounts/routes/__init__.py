"""Pages of accounts, and the pages that say what this site is."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__, template_folder="../templates")

from marketplace.accounts.routes import (  # noqa: E402 - the modules hang their pages on the blueprint
    account,
    council_sign_in,
    organisations,
    pages,
    passwords,
    people,
    register,
    second_step,
    signing_in,
)

__all__ = [
    "account",
    "blueprint",
    "council_sign_in",
    "organisations",
    "pages",
    "passwords",
    "people",
    "register",
    "second_step",
    "signing_in",
]
