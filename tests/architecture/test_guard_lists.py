"""Every guard stands in one of the lists of the trials that take guards away, and the lists name tests that are there.

Whether those tests miss the guard is a trial (`tests/trials/guards/test_guards.py`).
"""

from tests.trials.guards.finding import ROOT, all_guards
from tests.trials.guards.running import NOTICED, read, read_kept


def test_each_guard_is_in_one_list_and_no_list_names_one_that_went() -> None:
    guards, noticed, kept = set(all_guards()), set(read(NOTICED)), set(read_kept())
    assert noticed & kept == set()
    assert guards - noticed - kept == set(), "python -m tests.trials.guards looks for their tests"
    assert (noticed | kept) - guards == set()


def test_the_tests_that_the_lists_name_are_there() -> None:
    named = {*read(NOTICED).values(), *(one.test for one in read_kept().values() if one.test)}
    assert [test for test in sorted(named) if not _is_there(test)] == []
    assert not _is_there("tests/architecture/test_guard_lists.py::test_that_was_given_another_name[sqlite]")
    assert not _is_there("tests/architecture/test_of_no_such_file.py::test_the_tests_that_the_lists_name_are_there")


def _is_there(test: str) -> bool:
    path, _, name = test.partition("::")
    file, function = ROOT / path, name.partition("[")[0]
    return file.exists() and f"def {function}(" in file.read_text(encoding="utf-8")
