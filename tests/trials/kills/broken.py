"""Ways to break the product in a child process: what the trial must notice, or it would notice nothing."""

from collections.abc import Callable
from typing import Any


def without_keys() -> None:
    """Stripe is asked without an idempotency key, and nobody looks before asking again."""
    from payments.stripe import client

    client._keyed = lambda key: {}  # type: ignore[assignment]
    client.StripeGateway.find_payment = lambda *_: None  # type: ignore[method-assign]


def letters_after_commit() -> None:
    """The promise to send a letter is not written with the letter, but in a transaction of its own afterwards."""
    from sqlalchemy.orm import Session

    from marketplace.database import transaction
    from marketplace.outbox import email, services

    late: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    enqueue, commit = services.enqueue, Session.commit

    class Late:
        @staticmethod
        def enqueue(*args: Any, **more: Any) -> None:
            late.append((args, more))

    def committing(session: Session) -> None:
        commit(session)
        promised = list(late)
        late.clear()
        for args, more in promised:
            enqueue(*args, **more)
            commit(session)

    email.services = Late  # type: ignore[assignment]
    Session.commit = committing  # type: ignore[method-assign]
    assert transaction


BROKEN: dict[str, Callable[[], None]] = {
    "without_keys": without_keys,
    "letters_after_commit": letters_after_commit,
}
