"""Where a provider is paid: told to everybody, held for three days or a second person, stopped by anybody there."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import and_, func, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import access
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.outbox.models import Email, OutboxRow
from payments.banking.accounts import BankAccount
from payments.models import BankDetails
from payments.queries import bank_details as queries
from payments.queries.bank_details import usable_details, waiting_details
from payments.services import bank_details
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import user_with_role
from tests.integration.payments.money.telling import Story, mails, operators, provider_organisation, settled_story

PAGE = "/provider/money/bank"
FIRST, SECOND = BankAccount("Fern", "112233", "01234567"), BankAccount("Fern and Furrow", "445566", "76543210")


LONG_AGO = timedelta(days=30)


def _colleague(story: Story, since: timedelta = LONG_AGO) -> Actor:
    """Somebody else of the provider, who joined it so long ago."""
    with clock.fixed_clock(clock.now() - since), transaction():
        user_id = user_with_role(Role.PROVIDER, provider_organisation(story.organisation_id)).id
    return actor_of(user_id)


def _paid_into(story: Story) -> str | None:
    found = usable_details([story.organisation_id]).get(story.organisation_id)
    return found.account.number if found else None


def test_new_details_rest_for_three_days_and_everybody_is_told(app: Flask) -> None:
    story = settled_story()
    _colleague(story)
    before = mails("bank details are being changed")
    bank_details.give(story.provider, story.organisation_id, FIRST)
    assert mails("bank details are being changed") - before >= 2
    assert _paid_into(story) is None
    assert waiting_details([story.organisation_id])[story.organisation_id].account == FIRST
    just_before, after = clock.now() + timedelta(days=2, hours=23), clock.now() + timedelta(days=3, seconds=1)
    with clock.fixed_clock(just_before):
        assert _paid_into(story) is None
    with clock.fixed_clock(after):
        assert _paid_into(story) == FIRST.number


def test_while_new_details_rest_the_ones_before_are_paid(app: Flask) -> None:
    story = settled_story()
    bank_details.give(story.provider, story.organisation_id, FIRST)
    with clock.fixed_clock(clock.now() + timedelta(days=4)):
        bank_details.give(story.provider, story.organisation_id, SECOND)
        assert _paid_into(story) == FIRST.number
    with clock.fixed_clock(clock.now() + timedelta(days=8)):
        assert _paid_into(story) == SECOND.number


def test_without_the_hold_a_stranger_at_the_keyboard_would_be_paid_at_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = settled_story()
    monkeypatch.setattr(bank_details, "HOLD", timedelta(0))
    bank_details.give(story.provider, story.organisation_id, SECOND)
    assert _paid_into(story) == SECOND.number


def test_a_second_person_ends_the_hold_and_whoever_gave_them_does_not(app: Flask) -> None:
    story = settled_story()
    colleague, stranger = _colleague(story), settled_story().provider
    details_id = bank_details.give(story.provider, story.organisation_id, FIRST)
    with pytest.raises(NotAllowed, match="You gave these"):
        bank_details.agree(story.provider, details_id)
    for act in (bank_details.agree, bank_details.stop):
        with pytest.raises(NotFound):
            act(stranger, details_id)
    assert _paid_into(story) is None
    bank_details.agree(colleague, details_id)
    bank_details.agree(colleague, details_id)
    assert _paid_into(story) == FIRST.number


def test_the_database_refuses_details_that_one_person_gave_and_agreed_to(app: Flask) -> None:
    story = settled_story()
    details_id = bank_details.give(story.provider, story.organisation_id, FIRST)
    with pytest.raises(IntegrityError), transaction():
        db.session.get_one(BankDetails, details_id).agreed_by_user_id = story.provider.user_id


@pytest.mark.parametrize("since", [timedelta(0), timedelta(days=2, hours=23), -timedelta(hours=1)])
def test_somebody_who_just_joined_is_no_second_person(app: Flask, since: timedelta) -> None:
    story = settled_story()
    puppet = _colleague(story, since)
    details_id = bank_details.give(story.provider, story.organisation_id, SECOND)
    with pytest.raises(NotAllowed, match="joined too recently"):
        bank_details.agree(puppet, details_id)
    assert (_paid_into(story), mails("are used from now on")) == (None, 0)


def test_without_the_look_at_when_they_joined_a_second_address_of_ones_own_agrees_at_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = settled_story()
    details_id = bank_details.give(story.provider, story.organisation_id, SECOND)
    monkeypatch.setattr(bank_details, "_joined_too_late", lambda *_: False)
    bank_details.agree(_colleague(story, timedelta(0)), details_id)
    assert _paid_into(story) == SECOND.number


def test_everybody_is_told_once_when_new_details_are_agreed(app: Flask) -> None:
    story = settled_story()
    colleague = _colleague(story)
    details_id = bank_details.give(story.provider, story.organisation_id, FIRST)
    bank_details.agree(colleague, details_id)
    bank_details.agree(colleague, details_id)
    letters = db.session.execute(select(Email.user_id, Email.body).where(Email.subject.contains("from now on"))).all()
    assert sorted(letter.user_id for letter in letters if letter.user_id) == sorted(
        [story.provider.user_id, colleague.user_id]
    )
    assert all("account ending 567" in letter.body and FIRST.number not in letter.body for letter in letters)


def test_stopped_details_are_never_paid_nor_are_those_that_they_replaced(app: Flask) -> None:
    story = settled_story()
    colleague, (operator,) = _colleague(story), operators(1)
    first = bank_details.give(story.provider, story.organisation_id, FIRST)
    bank_details.agree(colleague, first)
    second = bank_details.give(story.provider, story.organisation_id, SECOND)
    bank_details.agree(colleague, second)
    assert _paid_into(story) == SECOND.number
    bank_details.stop(operator, second)
    bank_details.stop(operator, second)
    assert _paid_into(story) is None
    with pytest.raises(NotAllowed, match="stopped"):
        bank_details.agree(colleague, second)
    assert mails("Bank details were stopped") >= 1
    bank_details.agree(colleague, bank_details.give(story.provider, story.organisation_id, FIRST))
    assert _paid_into(story) == FIRST.number


def test_details_that_are_stopped_while_they_wait_change_nothing(app: Flask) -> None:
    story = settled_story()
    bank_details.give(story.provider, story.organisation_id, FIRST)
    with clock.fixed_clock(clock.now() + timedelta(days=4)):
        second = bank_details.give(story.provider, story.organisation_id, SECOND)
        bank_details.stop(story.provider, second)
        assert _paid_into(story) == FIRST.number
    with clock.fixed_clock(clock.now() + timedelta(days=30)):
        assert _paid_into(story) == FIRST.number


def test_details_that_were_held_to_the_end_and_then_stopped_leave_nothing_to_pay_into(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = settled_story()
    bank_details.give(story.provider, story.organisation_id, FIRST)
    second = bank_details.give(story.provider, story.organisation_id, SECOND)
    with clock.fixed_clock(clock.now() + timedelta(days=4)):
        bank_details.stop(story.provider, second)
        assert _paid_into(story) is None
        came_into_use = queries._came_into_use
        monkeypatch.setattr(queries, "_came_into_use", lambda: and_(came_into_use(), BankDetails.stopped_at.is_(None)))
        assert _paid_into(story) == FIRST.number


def test_the_operator_stops_details_on_the_desk_and_reads_no_whole_number(app: Flask, client: FlaskClient) -> None:
    story, other, (operator,) = settled_story(), settled_story(), operators(1)
    page = f"/desk/provider/{story.organisation_id}"
    sign_in(client, operator.user_id or 0)
    assert "Where it is paid" not in text_of(client.get(page))
    bank_details.agree(_colleague(story), bank_details.give(story.provider, story.organisation_id, FIRST))
    waiting = bank_details.give(story.provider, story.organisation_id, SECOND)
    words = text_of(client.get(page))
    assert "Into the account ending 567" in words
    assert "Into the account ending 210" in words
    assert not [number for number in (FIRST.number, SECOND.number, FIRST.shown) if number in words]
    elsewhere = submit(client, page, {}, to=f"/desk/provider/{other.organisation_id}/bank/{waiting}/stop")
    assert elsewhere.status_code == 404
    assert story.organisation_id in waiting_details([story.organisation_id])
    assert client.post(f"{page}/bank/{waiting}/stop").status_code == 400
    done = submit(client, page, {}, to=f"{page}/bank/{waiting}/stop", follow_redirects=True)
    assert "Stopped: nothing is paid" in text_of(done)
    assert "ending 210" not in text_of(done)
    in_use = usable_details([story.organisation_id])[story.organisation_id].id
    submit(client, page, {}, to=f"{page}/bank/{in_use}/stop")
    assert (_paid_into(story), mails("Bank details were stopped") >= 2) == (None, True)


def test_the_same_details_again_are_refused(app: Flask) -> None:
    story = settled_story()
    bank_details.give(story.provider, story.organisation_id, FIRST)
    with pytest.raises(DomainError, match="already"):
        bank_details.give(story.provider, story.organisation_id, FIRST)
    with pytest.raises(NotFound):
        bank_details.give(settled_story().provider, story.organisation_id, SECOND)


def test_no_number_of_an_account_is_in_an_email_the_audit_record_or_the_outbox(app: Flask) -> None:
    story = settled_story()
    details_id = bank_details.give(story.provider, story.organisation_id, FIRST)
    bank_details.stop(story.provider, details_id)
    rows = [
        *db.session.scalars(select(Email.body)),
        *db.session.scalars(select(Email.subject)),
        *map(str, db.session.scalars(select(AuditRow.details))),
        *map(str, db.session.scalars(select(AuditRow.reason))),
        *map(str, db.session.scalars(select(OutboxRow.payload))),
    ]
    assert any("account ending 567" in row for row in rows)
    assert not [row for row in rows if FIRST.number in row or FIRST.sort_code in row or "11-22-33" in row]
    assert db.session.scalar(select(func.count(AuditRow.id)).where(AuditRow.action.like("bank_details.%"))) == 2


def test_an_error_of_the_database_does_not_show_the_number_that_was_to_be_stored(app: Flask) -> None:
    story = settled_story()
    nobody = replace(story.provider, user_id=10**9)
    with pytest.raises(IntegrityError) as refused:
        bank_details.give(nobody, story.organisation_id, FIRST)
    assert FIRST.number not in str(refused.value)
    refused.value.hide_parameters = False
    assert FIRST.number in str(refused.value)


def test_a_provider_gives_its_details_and_a_colleague_agrees_on_the_page(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = settled_story()
    colleague = _colleague(story)
    sign_in(client, story.provider.user_id or 0)
    with monkeypatch.context() as this_morning:
        this_morning.setattr(access, "is_fresh", lambda: False)
        assert "/account/confirm?" in client.get(f"{PAGE}/change").location
    typed = {"account_name": "Fern", "sort_code": "11-22-3", "account_number": "01234567"}
    wrong = submit(client, f"{PAGE}/change", typed)
    assert "6 digits of the sort code" in text_of(wrong)
    assert 'value="01234567"' in wrong.get_data(as_text=True)
    done = submit(client, f"{PAGE}/change", typed | {"sort_code": "11-22-33"}, follow_redirects=True)
    assert "used in three days" in text_of(done)
    assert "11-22-33, 01234567" in text_of(done)
    details = waiting_details([story.organisation_id])[story.organisation_id]
    submit(client, PAGE, {}, to=f"{PAGE}/{details.id}/agree")
    assert _paid_into(story) is None
    sign_in(client, colleague.user_id or 0)
    assert "It is right" in text_of(client.get(PAGE))
    with monkeypatch.context() as this_morning:
        this_morning.setattr(access, "is_fresh", lambda: False)
        assert "/account/confirm?" in submit(client, PAGE, {}, to=f"{PAGE}/{details.id}/agree").location
    assert _paid_into(story) is None
    submit(client, PAGE, {}, to=f"{PAGE}/{details.id}/agree")
    assert _paid_into(story) == "01234567"
    assert "account ending 567" in text_of(client.get("/provider/money"))
    assert "01234567" not in text_of(client.get("/provider/money"))
    submit(client, PAGE, {}, to=f"{PAGE}/{details.id}/stop")
    assert _paid_into(story) is None


def test_an_operator_gives_where_the_levy_is_paid(app: Flask, client: FlaskClient) -> None:
    story, (operator,) = settled_story(), operators(1)
    sign_in(client, operator.user_id or 0)
    typed = {"account_name": "The Operator", "sort_code": "112233", "account_number": "01234567"}
    assert "used in three days" in text_of(submit(client, f"{PAGE}/change", typed, follow_redirects=True))
    assert client.get(PAGE, query_string={"organisation": story.organisation_id}).status_code == 404
