"""Each guard of the product is taken away in turn, and a test then fails.

`noticed.csv` names the test of each guard; `kept_by_another.csv` those without which another guard still holds, and
which: those are taken away together. A guard that stands in neither fails here: `python -m tests.trials.guards` looks
for its test.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.figures import FIGURES
from tests.trials.guards import finding, running

pytestmark = pytest.mark.trial


def test_each_guard_that_is_taken_away_is_missed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    guards = finding.all_guards()
    noticed, kept = running.read(running.NOTICED), running.read_kept()
    assert len(guards) > 300
    unknown = [guard for guard in guards if guard not in noticed and guard not in kept]
    stale = [guard for guard in (*noticed, *kept) if guard not in guards]
    assert not set(noticed) & set(kept) and all(one.why.strip() for one in kept.values())
    missed = running.look(tmp_path, noticed)
    survivors = [guard for guard, was_missed in missed.items() if not was_missed]
    proofs = running.pairs(tmp_path / "pairs", kept)
    unproved = {guard: wrong for guard, wrong in proofs.items() if wrong}
    no_right = [guard for guard, one in kept.items() if not one.test]
    record_property(
        FIGURES,
        f"guards: {len(guards)} found, {len(missed)} taken away, {len(missed) - len(survivors)} missed by a test; "
        f"{len(proofs)} behind which another guard holds, {len(proofs) - len(unproved)} of them proved by taking away "
        f"all; {len(no_right)} that guard no right; survivors: {', '.join(survivors) or 'none'}",
    )
    assert (unknown, stale, survivors, unproved) == ([], [], [], {})
    assert all(kept[guard].why.startswith("no right") for guard in no_right)


def test_a_guard_that_its_test_does_not_miss_is_reported(tmp_path: Path) -> None:
    """The control: a test that has nothing to do with a guard passes without it; one that is gone finds nothing."""
    guard = next(guard for guard in running.read(running.NOTICED) if guard.startswith("budgets.queries.access"))
    passes = "tests/architecture/test_access.py::test_every_route_has_its_line_and_its_rule"
    nowhere = "tests/architecture/test_access.py::test_of_no_such_name[sqlite]"
    for test in (passes, nowhere):
        assert running.look(tmp_path / str(len(test)), {guard: test}, at_once=1) == {guard: False}


def test_guards_that_are_not_proved_together_are_reported(tmp_path: Path) -> None:
    """The controls: a test that passes without all of them, one that misses the first alone, and no such guard."""
    guard, one = next((guard, one) for guard, one in running.read_kept().items() if one.test)
    noticed, its_test = next(iter(running.read(running.NOTICED).items()))
    nothing_to_do = "tests/architecture/test_access.py::test_every_route_has_its_line_and_its_rule"
    wrong = {
        "passes without all": running.Kept("", one.others, nothing_to_do),
        "misses it alone": running.Kept("", one.others, its_test),
        "no such guard": running.Kept("", ("nothing",), one.test),
    }
    for words, kept in wrong.items():
        name = noticed if words == "misses it alone" else guard
        found = running.pairs(tmp_path / words.replace(" ", "-"), {name: kept})
        assert words in found[name]


def test_every_kind_of_guard_is_seen_and_plain_conditions_are_not() -> None:
    source = """
def act(actor, thing_id):
    row = find(thing_id)
    if row.council_id not in actor.council_ids():
        raise NotFound
    if row.words == "":
        raise DomainError("Say why")
    if not row:
        raise NotFound
    check_officer(actor, row)
    check_words(row)
    return select(Thing).where(Thing.id == thing_id, Thing.user_id == actor.user_id)

def may_act(actor) -> bool:
    return actor.is_signed_in
"""
    finding.names.clear()
    finding.wrap("some.module", source)
    assert sorted(finding.names) == [
        "some.module:act: call check_officer(actor, row)",
        "some.module:act: filter Thing.user_id == actor.user_id",
        "some.module:act: if row.council_id not in actor.council_ids()",
        "some.module:may_act: answer yes",
    ]
    finding.names.clear()
