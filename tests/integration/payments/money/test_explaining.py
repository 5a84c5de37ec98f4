"""Money that no order explains is explained by one operator, agreed to by another, and booked where it belongs."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.decisions import Decision
from marketplace.database import db, transaction
from marketplace.desk.money_to_look_at import MoneyKind, count_by_kind, list_money
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments import checks, ledger
from payments.ledger import Subject, stories
from payments.models import Explanation
from payments.queries import decisions
from payments.queries.unexplained import list_unexplained
from payments.services import explaining
from tests.browser import sign_in, submit, text_of
from tests.integration.payments.money.telling import operators, settled_story, table


def _moved(number: str = "txn_9", pence: int = 500) -> int:
    with transaction():
        return ledger.book(stories.movement(number, "topup", pence, 0, clock.now(), Subject()))


def test_unexplained_money_is_explained_with_a_reason_agreed_to_and_leaves_the_desk(
    app: Flask, client: FlaskClient
) -> None:
    entry_id, story = _moved(), settled_story()
    first, second = operators()
    page = f"/desk/money/unexplained/{entry_id}"
    with pytest.raises(NotFound):
        explaining.explain(story.provider, entry_id, ledger.OPERATOR_BANK, "Ours")
    for code, reason, field in (("other", "Ours", "code"), (ledger.OPERATOR_BANK, " ", "reason")):
        with pytest.raises(DomainError) as refused:
            explaining.explain(first, entry_id, code, reason)
        assert refused.value.field == field
    sign_in(client, first.user_id or 0)
    shown = submit(client, page, {"code": ledger.OPERATOR_BANK, "reason": ""})
    assert "Say how you know" in text_of(shown) and "checked" in shown.get_data(as_text=True)
    assert submit(client, page, {"code": ledger.OPERATOR_BANK, "reason": "Our top-up of 3 May"}).status_code == 302
    twice = submit(client, page, {"code": ledger.OPERATOR_BANK, "reason": "Our top-up of 3 May"}, follow_redirects=True)
    assert "It was explained already" in text_of(twice) and "There is a problem" not in text_of(twice)
    assert "You said what it was. A colleague has to agree" in text_of(client.get(page))
    with pytest.raises(NotAllowed, match="already"):
        explaining.explain(second, entry_id, ledger.OPERATOR_PROCESSING_FEES, "A fee")
    (waiting,) = _to_decide(second)
    assert (waiting.what, _to_decide(first)) == ("£5.00 at Stripe, txn_9", [])
    with pytest.raises(NotFound):
        explaining.decide(story.provider, _standing(), agreed=True)
    with pytest.raises(NotAllowed, match="A colleague"):
        explaining.decide(first, _standing(), agreed=True)
    assert table()["stripe:unexplained"] == -500
    assert count_by_kind(list_money(second)) == {MoneyKind.UNEXPLAINED: 1}
    sign_in(client, second.user_id or 0)
    assert "£5.00 that no order explains" in text_of(client.get(page))
    assert submit(client, page, {"answer": "yes"}).status_code == 302
    explaining.decide(second, _standing(), agreed=True)
    assert table() == {"stripe:clearing": 500, "operator:bank": -500}
    assert list_unexplained() == [] and count_by_kind(list_money(second)) == {} and _to_decide(second) == []
    assert "It is explained, and booked where it belongs." in text_of(client.get(page))
    assert [check.fault for check in checks.run() if check.fault] == []


def test_what_was_not_agreed_to_is_explained_anew_and_two_that_cancel_each_other_are_both_listed(app: Flask) -> None:
    first, second = operators()
    entry_id, other_id = _moved(), _moved("txn_10", -500)
    assert [each.entry_id for each in list_unexplained()] == [entry_id, other_id]
    refused = explaining.explain(first, entry_id, ledger.OPERATOR_BANK, "Ours?")
    explaining.decide(second, refused, agreed=False)
    assert table() == {}
    for moved in (entry_id, other_id):
        explaining.decide(
            first, explaining.explain(second, moved, ledger.OPERATOR_PROCESSING_FEES, "A fee, taken back"), agreed=True
        )
    assert list_unexplained() == [] and table() == {}


def test_without_the_second_person_one_operator_would_book_what_they_like(app: Flask) -> None:
    """The negative control: the database keeps the rule of two by itself, and without it the money would move."""
    first, _ = operators()
    said = explaining.explain(first, _moved(), ledger.OPERATOR_BANK, "Ours")
    alone = update(Explanation).values(agreed=True, decided_by_user_id=first.user_id, decided_at=clock.now())
    with pytest.raises(IntegrityError, match="second"), transaction():
        db.session.execute(alone)
    with transaction():
        db.session.execute(update(Explanation).values(prepared_by_user_id=settled_story().provider.user_id))
    explaining.decide(first, said, agreed=True)
    assert "stripe:unexplained" not in table()


def _standing() -> int:
    return db.session.query(Explanation.id).scalar()  # type: ignore[no-any-return]


def _to_decide(actor: object) -> list[Decision]:
    return [each for each in decisions.list_for(actor) if each.group == decisions.EXPLAINED]  # type: ignore[arg-type]
