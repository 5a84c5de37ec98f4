"""What no form can take: something far too large, and addresses that carry a script."""

import re
from urllib.parse import quote

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import DataError
from werkzeug.routing import Map, Rule

from budgets.models import BudgetLoad
from budgets.services import acting
from marketplace.accounts.domain import Role
from marketplace.database import db, transaction
from marketplace.uploads.content import LARGEST
from tests.browser import sign_in, text_of
from tests.factories.accounts import UserFactory, user_with_role
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.integration.payments.orders.town import organisation_of

FIFTY_MB = b"--edge\r\n" + b"x" * 50_000_000 + b"\r\n--edge--\r\n"
SCRIPT = "<script>alert(1)</script>"
FORMS = ("/council/budgets/load", "/basket/add", "/sign-in", "/search/missing")


def send_50_mb(client: FlaskClient, path: str) -> object:
    return client.post(path, data=FIFTY_MB, content_type="multipart/form-data; boundary=edge")


@pytest.mark.parametrize("signed_in", [True, False])
def test_50_megabytes_to_any_form_are_a_clear_page_in_its_frame(
    app: Flask, client: FlaskClient, signed_in: bool
) -> None:
    if signed_in:
        with transaction():
            user_id = user_with_role(Role.COUNCIL_FINANCE, name="Fay Finance").id
        sign_in(client, user_id)
    for path in FORMS:
        page = send_50_mb(client, path)
        words = text_of(page)
        assert page.status_code == 413, path
        assert "That file is too large" in words and "Nothing was changed." in words
        assert f"we take up to {LARGEST // 1024 // 1024} MB" in words
        assert "Find help" in words, "the menu is there"
        assert ("Signed in as Fay Finance" in words) is signed_in
    assert db.session.scalar(select(func.count(BudgetLoad.id))) == 0


def test_without_its_own_care_the_menu_cannot_be_drawn_around_what_is_too_large(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: who asks the form for its person meets the same refusal again, and a page without a menu."""
    with transaction():
        user_id = user_with_role(Role.COUNCIL_FINANCE).id
    sign_in(client, user_id)
    monkeypatch.setattr(acting, "person_in_form", lambda: request.form.get("person_id"))
    page = send_50_mb(client, "/basket/add")
    assert page.status_code == 413 and "Find help" not in text_of(page)


def test_a_script_in_the_address_of_a_page_runs_nowhere(app: Flask, client: FlaskClient) -> None:
    with transaction():
        listing_id = ListingFactory().id
    bad = quote(SCRIPT)
    for address in (
        f"/{bad}",
        f"/listing/{bad}",
        f"/listing/{listing_id}?quantity={bad}&times={bad}",
        f"/search?q={bad}&postcode={bad}&category={bad}&funding={bad}&sort={bad}&page={bad}",
        f"/places?postcode={bad}",
        f"/basket?for={bad}",
        f"/basket/add?listing_id={listing_id}&quantity={bad}",
        f"/sign-in?next=/{bad}",
        f"/register?next=/{bad}&as={bad}",
    ):
        page = client.get(address, headers={"Referer": f"http://localhost/{bad}"})
        assert page.status_code in (200, 404), address
        assert "<script>alert" not in page.get_data(as_text=True), address
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_a_script_in_the_postal_address_of_a_provider_is_text(app: Flask, client: FlaskClient) -> None:
    with transaction():
        provider = ProviderFactory(organisation_name=f"Dales {SCRIPT}")
        organisation = organisation_of(provider.organisation_id)
        organisation.address, organisation.website = f"1 High Row {SCRIPT}", "javascript:alert(1)"
        listing_id = ListingFactory(provider=provider, address=SCRIPT, website="javascript:alert(1)").id
        operator_id = user_with_role(Role.OPERATOR).id
    organisation_id = organisation.id
    sign_in(client, operator_id)
    for address in (
        f"/listing/{listing_id}",
        f"/provider-page/{organisation_id}",
        f"/desk/provider/{organisation_id}",
        f"/basket/add?listing_id={listing_id}",
    ):
        page = client.get(address)
        html = page.get_data(as_text=True)
        assert page.status_code == 200, address
        assert "&lt;script&gt;" in html and "<script>alert" not in html, address
        assert 'href="javascript:' not in html, address


@pytest.mark.parametrize("role", [None, Role.PROVIDER, Role.COUNCIL_FINANCE, Role.OPERATOR])
def test_a_number_that_no_row_can_have_is_a_page_that_is_not_there(
    app: Flask, client: FlaskClient, role: Role | None
) -> None:
    with transaction():
        sign_in(client, (user_with_role(role) if role else UserFactory()).id)
    wrong = []
    for rule in app.url_map.iter_rules():
        numbers = [name for name in rule.arguments if f"<int:{name}>" in rule.rule]
        if "GET" in (rule.methods or ()) and numbers:
            for number in (2**63, 10**30):
                path = re.sub(r"<int:[^>]+>", str(number), rule.rule)
                status = client.get(re.sub(r"<[^>]+>", "words", path)).status_code
                if status != 404:
                    wrong.append(f"{path}: {status}")
    assert wrong == []


def test_without_its_own_kind_of_number_the_database_would_be_asked_and_fail(app: Flask) -> None:
    """Negative control: a plain number of Werkzeug's goes to the view however long it is."""
    plain = Map([Rule("/orders/<int:order_id>", endpoint="order")]).bind("localhost")
    assert plain.match(f"/orders/{10**30}") == ("order", {"order_id": 10**30})
    with pytest.raises((OverflowError, DataError)):
        db.session.execute(select(BudgetLoad.id).where(BudgetLoad.id == 10**30)).all()


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (Role.COUNCIL_FINANCE, "/council/budgets?page=99999999999999999999", 200),
        (Role.BUDGET_MANAGER, f"/caseload?page=000000001{'9' * 40}", 200),
        (Role.COUNCIL_FINANCE, "/council/settlement?up_to=9999-12-31", 404),
        (Role.COUNCIL_FINANCE, "/council/settlement?up_to=0001-01-01", 404),
        (Role.PROVIDER, "/provider/statement?month=9999-12", 404),
        (Role.PROVIDER, "/provider/statement.csv?month=0001-01", 404),
        (Role.OPERATOR, "/desk/levy/month?month=9999-12", 404),
        (Role.OPERATOR, "/desk/levy/month.csv?month=9999-12", 404),
        (Role.OPERATOR, "/desk/levy/papers?month=2200-01", 404),
        (Role.OPERATOR, "/desk/levy/papers.csv?month=2199-12", 200),
    ],
)
def test_days_and_pages_that_no_calendar_and_no_list_has_are_no_fault_of_ours(
    app: Flask, client: FlaskClient, role: Role, path: str, status: int
) -> None:
    with transaction():
        sign_in(client, user_with_role(role).id)
    assert client.get(path).status_code == status
