"""The collector of garbage walks over all that a process has, and whoever waits for the process waits for that too."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def set_aside() -> None:
    """Leave out of every later collection what a process has once it is ready: that lives as long as it does.

    That is 250,000 objects, and a collection over them takes 30 to 170 ms. When it falls into a write on SQLite, every
    other writer waits too.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def put_off() -> Iterator[None]:
    """Collect nothing inside the block: for what others wait for until it ends. What is due comes right after it.

    Safe to nest, and in several threads: whoever found collection on turns it on again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
