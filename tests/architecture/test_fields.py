"""Every name that a form or a query is read by stands in a list, with the things that its value may name."""

import ast

import pytest

from tests.architecture import fields


def test_the_list_knows_every_name_that_the_product_reads() -> None:
    """A name that is new is missed here."""
    read, listed = fields.in_code() | fields.in_pages(), set(fields.listed())
    put_together = {name for name in listed if "*" in name}
    assert (sorted(read - listed), sorted(listed - read - put_together)) == ([], [])


def test_a_name_that_the_list_does_not_know_is_found() -> None:
    known = {"wanted_on": frozenset[str](), "outcome_*": frozenset({"outcomes"})}
    assert fields.kinds_of("wanted_on-day", known) == frozenset()
    assert fields.kinds_of("outcome_17", known) == {"outcomes"}
    assert fields.kinds_of("outcome", known) is None


def test_a_name_that_is_new_and_one_that_is_gone_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a field of a form, a read of a request, and a name that nothing reads any more."""
    module = ast.parse("""
class PersonForm(BaseForm):
    cousin_id = fields.HiddenField()

def view():
    if "again_by" in request.form:
        return request.args.get("uncle"), request.form["aunt"], other.args.get("nobody")
""")
    monkeypatch.setattr(fields, "_modules", lambda: [module])
    assert fields.in_code() - fields.MADE == {"cousin_id", "again_by", "uncle", "aunt"}
