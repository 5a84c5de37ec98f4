"""The sandbox's file: all or nothing, and signed events."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from marketplace.stripe_sandbox.errors import ApiError, card_error, refused
from marketplace.stripe_sandbox.faults import add_fault, list_faults, take_request_fault
from marketplace.stripe_sandbox.ids import new_id, type_of
from marketplace.stripe_sandbox.store import Store
from marketplace.stripe_sandbox.webhooks import sealed, signature


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


def thing(identifier: str, **fields: object) -> dict[str, object]:
    return {"id": identifier, "object": "customer", "created": 1, **fields}


def test_error_takes_everything_back(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction() as tx:
        tx.insert(thing("cus_1"), "acct_a")
        raise RuntimeError
    with store.transaction() as tx:
        assert tx.find("cus_1") is None


def test_refusal_takes_back_only_what_the_handler_wrote(store: Store) -> None:
    with store.transaction() as tx:
        kept = tx.insert(thing("cus_1", name="before"), "acct_a")
        with pytest.raises(ApiError), tx.undone_on_error():
            kept["name"] = "after"
            tx.save(kept)
            tx.insert(thing("cus_2"), "acct_a")
            raise refused("no")
        found = tx.find("cus_1")
        assert found is not None and found["name"] == "before"
        assert tx.find("cus_2") is None


def test_declined_card_keeps_what_was_written(store: Store) -> None:
    with store.transaction() as tx, pytest.raises(ApiError), tx.undone_on_error():
        tx.insert(thing("cus_1"), "acct_a")
        raise card_error("no", code="card_declined")
    with store.transaction() as tx:
        assert tx.find("cus_1") is not None


def test_objects_of_another_account_or_type_are_not_found(store: Store) -> None:
    with store.transaction() as tx:
        tx.insert(thing("cus_1"), "acct_a")
        assert tx.find("cus_1", "customer", "acct_a")
        assert tx.find("cus_1", "charge") is None
        assert tx.find("cus_1", "customer", "acct_b") is None


def test_object_read_twice_is_one_object(store: Store) -> None:
    with store.transaction() as tx:
        tx.insert(thing("cus_1", count=0), "acct_a")
    with store.transaction() as tx:
        first, second = tx.find("cus_1"), tx.select("customer")[0]
        assert first is second


def test_file_outlives_the_store(tmp_path: Path) -> None:
    first = Store(tmp_path)
    with first.transaction() as tx:
        tx.insert(thing("cus_1"), "acct_a")
    first.close()
    second = Store(tmp_path)
    with second.transaction() as tx:
        assert tx.find("cus_1")
    second.close()


def test_transactions_of_many_threads_lose_no_update(store: Store) -> None:
    with store.transaction() as tx:
        tx.insert(thing("cus_1", count=0), "acct_a")

    def add() -> None:
        for _ in range(25):
            with store.transaction() as tx:
                found = tx.find("cus_1")
                assert found is not None
                found["count"] += 1
                tx.save(found)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.transaction() as tx:
        found = tx.find("cus_1")
        assert found is not None and found["count"] == 200


def test_identifiers_say_what_they_are() -> None:
    assert type_of(new_id("pi")) == "payment_intent"
    assert type_of("nonsense") is None
    assert new_id("cs").startswith("cs_test_")
    assert len({new_id("ch") for _ in range(1_000)}) == 1_000


def test_signature_is_what_the_library_verifies() -> None:
    body, moment = '{"id": "evt_1", "object": "event"}', 1_790_000_000
    header = signature(body, "whsec_x", moment)
    assert header == stripe.WebhookSignature.generate_signature_header(body, "whsec_x", moment)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body, header, "whsec_y")


def test_true_event_is_signed_now() -> None:
    body, header = sealed({"id": "evt_1", "object": "event", "livemode": False}, "whsec_x", None)
    assert stripe.WebhookSignature.verify_header(body, header, "whsec_x", tolerance=5)


def test_fault_is_used_up_by_the_requests_it_was_meant_for(store: Store) -> None:
    with store.transaction() as tx:
        add_fault(tx, "drop_reply", {"path": "/v1/refunds"}, times=2)
        assert take_request_fault(tx, "POST", "/v1/charges") is None
        assert take_request_fault(tx, "GET", "/v1/refunds") is None
        taken = take_request_fault(tx, "POST", "/v1/refunds")
        assert taken is not None and taken.drops and not taken.stops_before
        assert list_faults(tx)[0]["times"] == 1
        assert take_request_fault(tx, "POST", "/v1/refunds") is not None
        assert take_request_fault(tx, "POST", "/v1/refunds") is None
