"""What one invariant's check answers; `marketplace verify` prints one line each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """`invariant` such as I1, how many things were looked at, and the first fault in words (None when all is well)."""

    invariant: str
    what: str
    count: int
    fault: str | None = None

    @property
    def ok(self) -> bool:
        return self.fault is None
