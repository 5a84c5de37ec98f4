"""The collector of garbage walks over all that a process has, and whoever waits for the process waits for that too."""

import gc


def set_aside() -> None:
    """Leave out of every later collection what a process has once it is ready: that lives as long as it does.

    That is 250,000 objects, and a collection over them takes 30 to 170 ms. When it falls into a write on SQLite, every
    other writer waits too.
    """
    gc.collect()
    gc.freeze()
