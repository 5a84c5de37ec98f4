"""Acts that begin together: each in a thread of its own, with a connection of its own."""

import threading
from collections.abc import Callable, Sequence

from flask import Flask

from marketplace.database import db


def at_once(app: Flask, acts: Sequence[Callable[[], object]]) -> list[object]:
    """Run each act in a thread of its own, from one barrier; answers results, or the exceptions, in order."""
    db.session.rollback()
    barrier = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        with app.app_context():
            barrier.wait(timeout=30)
            try:
                results[number] = act()
            except Exception as error:
                results[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    db.session.rollback()
    return results


def errors(results: list[object]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]
