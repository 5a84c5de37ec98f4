"""What tests of pages share: run the worker's letters, and find the link in the newest one."""

import re

from flask import Flask

from marketplace.app import create_worker
from marketplace.outbox.queries import EmailView, list_emails

PASSWORD = "three odd words here"
_LINK = re.compile(r"http://localhost(/\S+)")


def work(app: Flask) -> None:
    """Do what was promised, as the worker does."""
    create_worker(app).run_once()


def letters_to(address: str) -> list[EmailView]:
    """Letters to an address, newest first."""
    return list_emails(to_address=address)


def link_in(letter: EmailView) -> str:
    """The first link of a letter, as a path."""
    found = _LINK.search(letter.body)
    assert found, letter.body
    return found[1]
