"""The ledger: booked once per cause, sums to zero, corrected by reversal, and each story's table holds."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments import ledger
from payments.ledger import Entry, Posting, Subject, stories
from payments.models import LedgerEntry, LedgerPosting

NOW = clock.now()
PERSON, PROVIDER, OTHER, COUNCIL = ledger.person_card(7), ledger.provider_payable(12), 14, ledger.council_owed(3)
FOR_MARGARET = Subject()


@pytest.fixture(autouse=True)
def _no_foreign_keys_of_others(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stories speak of person 7, provider 12 and council 3 without their rows."""
    monkeypatch.setattr("payments.ledger.booking.owner_of", lambda code: (None, None))


def _book(entries: Iterable[Entry]) -> None:
    with transaction():
        for entry in entries:
            ledger.book(entry)


def _table() -> dict[str, int]:
    return {code: pence for code, pence in ledger.balances().items() if pence}


def _moves(*moves: tuple[str, int, int], first: int = 1) -> list[Entry]:
    subject = Subject(person_id=7)
    entries = [
        stories.movement(f"txn_{number}", kind, pence, fee, NOW, subject, organisation_id=12)
        for number, (kind, pence, fee) in enumerate(moves, start=first)
    ]
    # Person 7 has no row here; what is booked does not need it.
    return [Entry(e.cause, e.kind, e.postings, e.occurred_at, FOR_MARGARET) for e in entries]


CAPTURE = (("charge", 5400, 101), ("transfer", -5400, 0), ("application_fee", 135, 0))


def _sale() -> Entry:
    return stories.sale(1, PERSON, 12, 5400, 135, NOW, FOR_MARGARET)


def _refund(pence: int, levy_back: int, number: int = 1) -> Entry:
    return stories.refund(number, PERSON, 12, pence, levy_back, NOW, FOR_MARGARET, "not_delivered")


def test_a_captured_card_leaves_the_levy_and_the_processing_fee_with_the_operator(app: Flask) -> None:
    _book([_sale(), *_moves(*CAPTURE)])
    assert _table() == {
        "operator:levy": -135,
        "operator:processing_fees": 101,
        "provider:12:received": -5265,
        "provider:12:stripe": 5265,
        "stripe:clearing": 34,
    }


def test_before_stripe_has_moved_it_the_card_owes_and_the_provider_is_owed(app: Flask) -> None:
    _book([_sale()])
    assert _table() == {"operator:levy": -135, "person:7:card": 5400, "provider:12:payable": -5265}


def test_a_full_refund_leaves_only_what_stripe_kept(app: Flask) -> None:
    back = (("refund", -5400, 0), ("transfer_refund", 5400, 0), ("application_fee_refund", -135, 0))
    _book([_sale(), *_moves(*CAPTURE), _refund(5400, 135), *_moves(*back, first=4)])
    assert _table() == {"operator:processing_fees": 101, "stripe:clearing": -101}


def test_a_refund_in_three_parts_clears_the_odd_penny(app: Flask) -> None:
    parts = ((1800, 45), (1790, 45), (1810, 45))
    entries = [_sale(), *_moves(*CAPTURE)]
    for number, (pence, levy) in enumerate(parts, start=1):
        back = (("refund", -pence, 0), ("transfer_refund", pence, 0), ("application_fee_refund", -levy, 0))
        entries += [_refund(pence, levy, number), *_moves(*back, first=10 * number)]
    _book(entries)
    assert _table() == {"operator:processing_fees": 101, "stripe:clearing": -101}


def test_a_refund_that_fails_at_the_bank_is_owed_to_the_provider_again(app: Flask) -> None:
    back = (("refund", -5400, 0), ("transfer_refund", 5400, 0), ("application_fee_refund", -135, 0))
    _book([_sale(), *_moves(*CAPTURE), _refund(5400, 135), *_moves(*back, ("refund_failure", 5400, 0), first=4)])
    with transaction():
        refund_id = ledger.find_entry("refund:1")
        assert refund_id is not None
        ledger.reverse(refund_id, "The bank sent the money back")
    assert _table() == {
        "operator:levy": -135,
        "operator:processing_fees": 101,
        "provider:12:payable": -5265,
        "stripe:clearing": 5299,
    }


def test_a_dispute_that_is_lost_is_borne_by_the_provider_and_its_fee_by_the_operator(app: Flask) -> None:
    after = (("adjustment", -5400, 2000), ("transfer_refund", 5400, 0), ("application_fee_refund", -135, 0))
    lost = stories.dispute_lost(1, 12, 5400, 135, NOW, FOR_MARGARET, "dispute_lost")
    _book([_sale(), *_moves(*CAPTURE), *_moves(*after, first=4), lost])
    assert _table() == {"operator:dispute_fees": 2000, "operator:processing_fees": 101, "stripe:clearing": -2101}


def test_what_a_bank_took_lies_in_the_reserve_until_the_dispute_is_decided(app: Flask) -> None:
    _book([_sale(), *_moves(*CAPTURE, ("adjustment", -5400, 2000))])
    assert ledger.balance(ledger.OPERATOR_DISPUTE_RESERVE) == 5400
    assert ledger.balance(PERSON) == 0
    _book(_moves(("adjustment", 5400, 0), first=9))
    assert ledger.balance(ledger.OPERATOR_DISPUTE_RESERVE) == 0


def test_a_dispute_that_is_won_costs_its_fee(app: Flask) -> None:
    _book([_sale(), *_moves(*CAPTURE, ("adjustment", -5400, 2000), ("adjustment", 5400, 0))])
    assert _table() == {
        "operator:dispute_fees": 2000,
        "operator:levy": -135,
        "operator:processing_fees": 101,
        "provider:12:received": -5265,
        "provider:12:stripe": 5265,
        "stripe:clearing": -1966,
    }


def test_a_settled_run_pays_each_provider_net_and_the_operator_its_one_line(app: Flask) -> None:
    _book(
        [
            stories.sale(1, COUNCIL, 12, 5400, 135, NOW, FOR_MARGARET),
            stories.sale(2, COUNCIL, OTHER, 5400, 135, NOW, FOR_MARGARET),
            stories.settlement(1, COUNCIL, {12: 5265, OTHER: 5265}, 270, NOW, FOR_MARGARET),
        ]
    )
    assert _table() == {"operator:bank": 270, "operator:levy": -270}


def test_a_credit_after_settlement_goes_with_the_next_run(app: Flask) -> None:
    first = stories.settlement(1, COUNCIL, {12: 5265}, 135, NOW, FOR_MARGARET)
    credit = stories.refund(1, COUNCIL, 12, 1800, 45, NOW, FOR_MARGARET, "less_delivered")
    _book([stories.sale(1, COUNCIL, 12, 5400, 135, NOW, FOR_MARGARET), first, credit])
    assert _table() == {
        "council:3:owed": -1800,
        "operator:bank": 135,
        "operator:levy": -90,
        "provider:12:payable": 1755,
    }
    _book(
        [
            stories.sale(2, COUNCIL, 12, 5400, 135, NOW, FOR_MARGARET),
            stories.settlement(2, COUNCIL, {12: 5265 - 1755}, 135 - 45, NOW, FOR_MARGARET),
        ]
    )
    assert _table() == {"operator:bank": 225, "operator:levy": -225}


def test_payouts_move_on_to_the_bank_and_back(app: Flask) -> None:
    operator = _moves(*CAPTURE, ("payout", -34, 0), ("payout_failure", 34, 0), ("payout", -34, 0))
    providers = [stories.provider_payout(f"txn_po{n}", 12, pence, NOW) for n, pence in enumerate((-5265, 5265, -5265))]
    _book([_sale(), *operator, *providers])
    assert _table() == {
        "operator:bank": 34,
        "operator:levy": -135,
        "operator:processing_fees": 101,
        "provider:12:bank": 5265,
        "provider:12:received": -5265,
    }


def test_what_belongs_to_no_order_waits_to_be_explained(app: Flask) -> None:
    _book([stories.movement("txn_9", "topup", 1000, 0, NOW, Subject())])
    assert _table() == {"stripe:clearing": 1000, "stripe:unexplained": -1000}


def test_the_same_cause_is_booked_once_and_with_other_amounts_refused(app: Flask) -> None:
    _book([_sale(), _sale()])
    assert db.session.scalar(select(func.count(LedgerEntry.id))) == 1
    assert db.session.scalar(select(func.count(LedgerPosting.id))) == 3
    with pytest.raises(ledger.CauseUsedOtherwise), transaction():
        ledger.book(stories.sale(1, PERSON, 12, 5500, 138, NOW, FOR_MARGARET))
    assert db.session.scalar(select(func.count(LedgerEntry.id))) == 1


def test_a_reversal_undoes_an_entry_once(app: Flask) -> None:
    _book([_sale()])
    with transaction():
        entry_id = ledger.find_entry("sale:1")
        assert entry_id is not None
        first = ledger.reverse(entry_id, "Entered twice", actor_user_id=None)
        assert ledger.reverse(entry_id, "Entered twice", actor_user_id=None) == first
    assert _table() == {}
    assert db.session.get(LedgerEntry, first).reverses_id == entry_id  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "postings",
    [
        (Posting(PERSON, 100), Posting(PROVIDER, -99)),
        (Posting(PERSON, 0), Posting(PROVIDER, 0)),
        (),
        (Posting(PERSON, 1),),
    ],
)
def test_what_does_not_balance_is_not_booked(app: Flask, postings: tuple[Posting, ...]) -> None:
    with pytest.raises(ValueError, match="balance"), transaction():
        ledger.book(Entry("test:1", "test", postings, NOW))
    assert db.session.scalar(select(func.count(LedgerPosting.id))) == 0


def test_an_entry_is_booked_inside_a_transaction_only(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        ledger.book(_sale())


def test_a_day_that_is_over_keeps_its_balance_when_something_is_booked_late(app: Flask) -> None:
    _book([_sale()])
    yesterday = clock.today()
    with clock.fixed_clock(clock.now() + timedelta(days=1)):
        _book([stories.movement("txn_1", "charge", 5400, 101, NOW - timedelta(days=9), Subject())])
        assert ledger.balance("stripe:clearing") == 5299
        assert ledger.balance("stripe:clearing", yesterday) == 0
        assert ledger.balance(PERSON, yesterday) == 5400
