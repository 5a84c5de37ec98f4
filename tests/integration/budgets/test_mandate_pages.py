"""Mandates are granted, written down, confirmed, questioned, paused and ended on their pages."""

import pytest

from budgets.domain import MandateAction
from budgets.queries.access import find_access
from budgets.queries.mandates import MandateState, get_mandate
from marketplace.accounts.queries import actor_of
from tests.browser import submit, text_of
from tests.integration.budgets.town import Town, Visit, grant_data


def test_a_person_lets_somebody_act_and_ends_it_with_one_button(town: Town, visit: Visit) -> None:
    client = visit(town.margaret)
    assert "Ann Lee" in text_of(client.get("/mandates"))
    answer = submit(client, "/mandates/new", grant_data())
    assert answer.status_code == 302
    page = text_of(client.get(answer.location))
    for words in ("Ann Lee for you", "In force now.", "Up to £75.00 an order", "It does not renew itself"):
        assert words in page, words
    mandate_id = int(answer.location.rsplit("/", 1)[1])
    answer = submit(client, "/mandates", {}, to=f"/mandates/{mandate_id}/end")
    assert answer.location == "/mandates"
    assert get_mandate(mandate_id).state is MandateState.ENDED


def test_a_grant_that_cannot_be_keeps_what_was_typed_and_says_what_to_do(town: Town, visit: Visit) -> None:
    client = visit(town.margaret)
    for changes, words in (
        ({"staff": "nobody@example.org"}, "There is no account yet with the email address nobody@example.org"),
        ({"staff": ""}, "Enter the email address of somebody who may act"),
        ({"actions": []}, "Choose at least one thing that they may do"),
        ({"order_limit": "lots"}, "Enter an amount in pounds, like 12.50"),
        ({"ends_on-year": "2020"}, "The last day must be"),
    ):
        page = submit(client, "/mandates/new", grant_data(**changes))
        assert page.status_code == 200
        assert words in text_of(page), words
        assert "There is a problem" in text_of(page)
    assert "nobody@example.org" in submit(client, "/mandates/new", grant_data(staff="nobody@example.org")).get_data(
        as_text=True
    )


def test_mandates_are_seen_by_those_concerned_only(town: Town, visit: Visit) -> None:
    address = f"/mandates/{town.mandate_id}"
    for user_id in (town.margaret, town.ann, *town.workers, town.lead):
        assert visit(user_id).get(address).status_code == 200
    for user_id in (town.stranger, *town.finance, town.auditor, *town.elsewhere):
        assert visit(user_id).get(address).status_code == 404
        client = visit(user_id)
        for act in ("end", "confirm", "pause", "resume", "question"):
            data = {"reason": "x", "words": "x"}
            assert submit(client, "/budgets", data, to=f"{address}/{act}").status_code == 404, act
    assert get_mandate(town.mandate_id).state is MandateState.LIVE


def record_data(**changes: object) -> dict[str, object]:
    return grant_data(
        person_reference="P1", basis="authorised", how="on_paper", evidence="Letter of 3 March", **changes
    )


def test_an_officer_writes_down_and_a_second_one_confirms(town: Town, visit: Visit) -> None:
    first, second = (visit(user_id) for user_id in town.workers)
    answer = submit(first, "/council/mandates/new", record_data())
    assert answer.status_code == 302
    mandate_id = int(answer.location.rsplit("/", 1)[1])
    assert "Confirm this authority" not in text_of(first.get(answer.location))
    assert submit(first, "/mandates/new", {}, to=f"/mandates/{mandate_id}/confirm").status_code == 409
    assert "1 authority waits for a second officer" in text_of(second.get("/council/mandates"))
    assert "Confirm this authority" in text_of(second.get(answer.location))
    submit(second, answer.location, {}, to=f"/mandates/{mandate_id}/confirm")
    assert get_mandate(mandate_id).state is MandateState.LIVE
    page = text_of(visit(town.margaret).get(answer.location))
    assert "Anybody may ask the council to look at that again" in page and "End this now" not in page
    asked = submit(visit(town.margaret), answer.location, {"words": "Why?"}, to=f"/mandates/{mandate_id}/question")
    assert asked.status_code == 302


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"person_reference": "P9"}, "Nobody of your council has this reference."),
        ({"evidence": ""}, "Say what you have seen"),
        ({"basis": ""}, "Choose what gives them the right"),
    ],
)
def test_what_an_officer_cannot_write_down_says_why(
    town: Town, visit: Visit, changes: dict[str, object], words: str
) -> None:
    page = submit(visit(town.workers[0]), "/council/mandates/new", record_data() | changes)
    assert words in text_of(page)


def test_only_officers_open_the_councils_authorities(town: Town, visit: Visit) -> None:
    assert visit(town.lead).get("/council/mandates").status_code == 200
    assert visit(town.lead).get("/council/mandates/new").status_code == 404
    for user_id in (town.margaret, town.ann, town.finance[0]):
        assert visit(user_id).get("/council/mandates").status_code == 404
        assert visit(user_id).get("/council/mandates/new").status_code == 404
    assert "Margaret Hill" not in text_of(visit(town.elsewhere[1]).get("/council/mandates"))


def test_an_officer_pauses_with_a_reason_and_a_lead_lets_it_go_on(town: Town, visit: Visit) -> None:
    address = f"/mandates/{town.mandate_id}"
    worker, lead = visit(town.workers[0]), visit(town.lead)
    assert "Say why, so that the next person knows" in text_of(
        submit(worker, address, {"reason": ""}, to=f"{address}/pause")
    )
    assert submit(worker, address, {"reason": "Worried"}, to=f"{address}/pause").status_code == 302
    assert find_access(actor_of(town.ann), town.person_id, MandateAction.ORDER) is None
    assert "Let it go on" not in text_of(worker.get(address))
    assert "Let it go on" in text_of(lead.get(address))
    submit(lead, address, {"reason": "All well"}, to=f"{address}/resume")
    assert find_access(actor_of(town.ann), town.person_id, MandateAction.ORDER) is not None
