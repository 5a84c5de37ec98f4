"""Find a test for each guard that has none yet: `python -m tests.trials.guards`. It takes a quarter of an hour."""

import sys
import tempfile
from pathlib import Path

from tests.trials.guards import running
from tests.trials.guards.finding import all_guards


def main() -> int:
    guards, noticed, kept = all_guards(), running.read(running.NOTICED), running.read_kept()
    noticed = {guard: test for guard, test in noticed.items() if guard in guards}
    with tempfile.TemporaryDirectory() as folder:
        still = running.look(Path(folder) / "look", noticed)
        noticed = {guard: test for guard, test in noticed.items() if still[guard]}
        wanted = [guard for guard in guards if guard not in noticed and guard not in kept]
        found = running.find(Path(folder) / "find", wanted) if wanted else {}
    running.write(running.NOTICED, noticed | {guard: test for guard, test in found.items() if test})
    running.write_kept({guard: one for guard, one in kept.items() if guard in guards})
    survivors = [guard for guard, test in found.items() if not test]
    print(
        f"{len(guards)} guards, {len(wanted)} looked for, {len(survivors)} that no test misses:", *survivors, sep="\n"
    )
    return int(bool(survivors))


if __name__ == "__main__":
    sys.exit(main())
