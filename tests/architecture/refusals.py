"""What the log says of requests that were told that nothing is there."""

import logging


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


refusals = _Lines()
"""Lines about refusals since somebody last emptied it."""
logging.getLogger("marketplace.accounts.access").addHandler(refusals)
