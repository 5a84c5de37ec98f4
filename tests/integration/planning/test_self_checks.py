"""The self-assessment tools: nothing typed is kept or logged; councils' own tables and figures; needs forms."""

import io
import logging
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect, select, text, true

from catalogue.services import index
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.figures import FigureKey
from marketplace.planning.estimates.eligibility import QUESTIONS, Answer, Who
from marketplace.planning.estimates.needs import PARTS, Needs
from marketplace.planning.models import NeedsForm, PointsSheets
from marketplace.planning.queries.self_checks import figures_for, get_needs_form, list_needs_forms, points_table_of
from marketplace.planning.services import self_checks
from marketplace.planning.services.self_checks import SetFigure, SetPoints
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory, council, user_with_role
from tests.factories.catalogue import ListingFactory
from tests.integration.planning.counting import queries_of

SAID = "Xylophagous"  # a word that nothing else here would say
SUMS = ("13579.24", "246.81", "135.79")
QUESTIONS_SHEET = "About,Question,Answer,Points\nFood,Meals?,Alone,0\nFood,Meals?,With help,10\n"
POUNDS_SHEET = "Points,Pounds\n0,0.00\n10,75.00\n"
COSTS = {"age": "pension", "partner": "no", "savings": SUMS[0], "income": SUMS[1], "own_home": "none"}
NO_DECISION = "This is not a decision and carries no legal weight"


def everything_stored() -> str:
    """Every row of every table, as text."""
    names = inspect(db.engine).get_table_names()
    return "\n".join(str(row) for name in names for row in db.session.execute(text(f'SELECT * FROM "{name}"')))


def go_through_every_tool(client: FlaskClient) -> list[str]:
    """Use each tool as an anonymous visitor does; answers the addresses that were asked for."""
    asked: list[str] = []

    def send(page: str, data: dict[str, object], **more: object) -> str:
        response = submit(client, page, data, follow_redirects=True, **more)
        asked.extend([page, response.request.full_path])
        assert response.status_code == 200, page
        return text_of(response)

    send("/tools/eligibility", {"who": "adult", "postcode": "DL3 7TX"})
    for number, question in enumerate(QUESTIONS[Who.ADULT], start=1):
        answer = Answer.YES if question.kind != "outcome" else question.answers[number % 6]
        send(f"/tools/eligibility/{number}", {"answer": answer.value})
    words = {part.key: f"{SAID} {part.key}" for part in PARTS}
    send("/tools/needs", {"name": SAID, **words, "see": "1"})
    file = submit(client, "/tools/needs", {"name": SAID, **words, "file": "1"}).data
    upload = {"file": (io.BytesIO(file), "needs.txt")}
    assert SAID in send("/tools/needs", upload, to="/tools/needs/open", content_type="multipart/form-data")
    send("/tools/budget", {"postcode": "DL3 7TX"})
    send("/tools/budget/questions", {f"q{number}": "1" for number in range(7)})
    assert "You" in send("/tools/costs", COSTS | {"home_cost": SUMS[2]})
    send("/tools/costs", COSTS | {"home_cost": SAID})
    send("/tools/planner", {"category": "home-care", "postcode": "DL3 7TX", "amount": SUMS[2], "every": "week"})
    return asked


def test_nothing_that_an_anonymous_visitor_types_is_stored_logged_or_put_into_an_address(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction():
        ListingFactory()
    before = everything_stored()
    db.session.rollback()
    with caplog.at_level(logging.DEBUG):
        asked = go_through_every_tool(client)
    assert everything_stored() == before
    cookie = client.get_cookie("session")
    assert cookie is not None
    assert len(cookie.value) < 2_000, "a browser keeps 4,093 bytes, and others have things in there"
    said = "\n".join([caplog.text, *asked])
    assert not [word for word in (SAID, *SUMS, "13,579.24", "1357924", "DL3+7TX", "DL3 7TX") if word in said]
    # and the test would notice: what is kept here is found by the same look
    with transaction():
        user = UserFactory()
    self_checks.keep_needs(actor_of(user.id), Needs(SAID, {"food": SAID}))
    assert SAID in everything_stored()
    assert SAID not in str(db.session.execute(text("SELECT * FROM audit_rows")).all())


def test_each_result_says_that_it_decides_nothing_and_where_to_go_next(client: FlaskClient) -> None:
    go_through_every_tool(client)
    for page in ("eligibility/result", "budget/result", "costs/result", "planner/result", "needs", ""):
        words = text_of(response := client.get(f"/tools/{page}".rstrip("/")))
        assert response.status_code == 200, page
        assert NO_DECISION in words
        if page:
            assert "Ask Darlington Borough Council for an assessment" in words, page
            for link in re.findall(r'href="(/[^"#]*)"', response.get_data(as_text=True)):
                assert SAID not in link
    html = client.get("/tools/costs/result").get_data(as_text=True)
    section = html[html.index("Where to go next") :].split("</section>")[0]
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)', section)]
    assert len(links) >= 6
    assert [link for link in links if client.get(link).status_code != 200] == []


def test_answers_that_are_cleared_are_gone_and_results_without_answers_begin_anew(client: FlaskClient) -> None:
    go_through_every_tool(client)
    submit(client, "/tools", {}, to="/tools/clear")
    for tool in ("eligibility", "budget", "costs", "planner"):
        answer = client.get(f"/tools/{tool}/result")
        assert (answer.status_code, answer.location) == (302, f"/tools/{tool}")
    assert SUMS[0] not in client.get("/tools/costs").get_data(as_text=True)
    with client.session_transaction() as session:  # as an older version of the site may have left it
        session["self_checks"] = {tool: {"age": "90", "every": "day", "who": "me"} for tool in ("costs", "planner")}
    for tool in ("costs", "planner"):
        assert client.get(f"/tools/{tool}/result").location == f"/tools/{tool}"


def test_what_was_entered_is_there_again_to_be_changed(client: FlaskClient) -> None:
    submit(client, "/tools/costs", COSTS | {"savings": "0", "home_cost": "300", "postcode": "DL3 7TX"})
    html = client.get("/tools/costs").get_data(as_text=True)
    for name, value in (("savings", "0.00"), ("income", SUMS[1]), ("home_cost", "300.00"), ("postcode", "DL3")):
        assert re.search(rf'name="{name}"[^>]*value="{value}"', html), name


def test_bad_input_is_told_beside_its_field_and_nothing_typed_is_lost(client: FlaskClient) -> None:
    wrong = submit(client, "/tools/costs", COSTS | {"savings": "lots", "home_cost": "12.345", "postcode": "ZZ"})
    html = wrong.get_data(as_text=True)
    assert html.count("Enter an amount in pounds, like 12.50") == 4  # each in the summary and beside its field
    for typed in ("lots", "12.345", "ZZ", SUMS[1]):
        assert f'value="{typed}"' in html
    for data, said in (
        (COSTS, "Enter what care would cost a week, at home or in a care home"),
        (COSTS | {"own_home": "empty", "care_home_cost": "900"}, "Enter what your home is worth"),
        (COSTS | {"home_cost": "1", "postcode": "QQ1 1QQ"}, "Enter a postcode, or the first half of one"),
    ):
        assert said in text_of(submit(client, "/tools/costs", data)), said
    plan = {"category": "home-care", "postcode": "DL3", "every": "once"}
    for more, said in (
        ({}, "Enter an amount in pounds, or a number of hours below"),
        ({"amount": "5", "hours": "5"}, "Enter an amount or a number of hours, not both"),
        ({"amount": "500"}, "Enter for how many weeks the sum is to last"),
        ({"amount": "0"}, "Enter £0.01 or more"),
    ):
        assert said in text_of(submit(client, "/tools/planner", plan | more)), said
    not_ours = {"file": (io.BytesIO(b"\x89PNG"), "cat.png")}
    page = submit(client, "/tools/needs", not_ours, to="/tools/needs/open", content_type="multipart/form-data")
    assert "We cannot find your words in that file" in text_of(page)
    long = submit(client, "/tools/needs", {"food": "x" * 1501, "see": "1"})
    assert "Use 1,500 characters or fewer" in text_of(long)
    assert "x" * 1501 in long.get_data(as_text=True)
    assert "Write something in one of the boxes first" in text_of(submit(client, "/tools/needs", {"file": "1"}))


@pytest.mark.parametrize("address", ["0", "13", "99"])
def test_a_question_that_is_not_there_is_no_page(client: FlaskClient, address: str) -> None:
    submit(client, "/tools/eligibility", {"who": "adult"})
    assert client.get(f"/tools/eligibility/{address}").status_code == 404


def test_the_planner_turns_an_amount_into_hours_at_the_prices_of_real_listings_near_by(
    app: Flask, client: FlaskClient
) -> None:
    def result(**data: object) -> str:
        plan = {"category": "home-care", "postcode": "DL3 7TX", "every": "week", **data}
        return text_of(submit(client, "/tools/planner", plan, follow_redirects=True))

    assert "No prices to go by near DL3" in result(amount="120")
    with transaction():
        for pence in (20_00, 22_00, 24_00, 26_00):
            ListingFactory(price_pence=pence, title=f"Care at {pence}")
        ListingFactory(price_pence=1_00, title="Far away", latitude=51.5, longitude=-0.12, postcode="SW1A 1AA")
        ListingFactory(price_pence=2_00, title="Not open", draft=True)
        ListingFactory(price_pence=None, title="Ask us")
        hidden = ListingFactory(price_pence=3_00, title="Gone since the index was made")
    index.reindex()
    with transaction():
        db.session.execute(text("UPDATE listings SET state = 'withdrawn' WHERE id = :id"), {"id": hidden.id})
    few = result(amount="120")
    # £120.00 ÷ £22.00, the lower of the two middle prices, is 5.45: 5¼ hours in quarters
    assert "£120.00 a week is about 5¼ hours" in few
    assert "the middle price of 4 providers near DL3, £22.00 an hour" in few
    assert "Only 4 providers near you give such a price" in few
    assert not [title for title in ("Far away", "Not open", "Ask us", "Gone since") if title in few]
    statements = queries_of(client, "/tools/planner/result")
    with transaction():
        ListingFactory(price_pence=28_00)
    index.reindex()
    more = result(hours="3")
    # five prices, £20 to £28: the middle one is £24.00, 3 hours are £72.00
    assert "3 hours a week cost about £72.00" in more
    assert "Half of them ask from £22.00 to £26.00; all of them ask from £20.00 to £28.00" in more
    assert "near you give such a price" not in more
    once = result(amount="500", every="once", weeks="10")
    assert "£500.00 for 10 weeks is £50.00 a week" in once
    # £50.00 ÷ £24.00 is 2.08: 2 hours a week, 20 in 10 weeks, for £480.00
    assert "Over 10 weeks that is about 20 hours in all, for £480.00" in once
    assert queries_of(client, "/tools/planner/result") == statements == 4
    assert "Over 4 weeks that is £288.00" in result(hours="3", weeks="4")


def _officer(gss: str = "E06000005") -> tuple[Actor, int]:
    with transaction():
        council_id = council(gss).id
        user_id = user_with_role(Role.COUNCIL_FINANCE).id
    return actor_of(user_id), council_id


def _sheets(council_id: int, **changes: object) -> SetPoints:
    fields = {"starts_on": clock.today(), "questions": QUESTIONS_SHEET, "pounds": POUNDS_SHEET}
    return SetPoints(council_id, **(fields | changes))  # type: ignore[arg-type]


def test_a_council_s_table_counts_from_its_day_on_and_an_example_is_called_so(app: Flask, client: FlaskClient) -> None:
    officer, council_id = _officer()
    with transaction():
        other_id = council("E06000001").id
    assert points_table_of(council_id).is_example
    tomorrow = clock.today() + timedelta(days=1)
    assert self_checks.set_points_table(officer, _sheets(council_id, starts_on=tomorrow)) == 1
    assert points_table_of(council_id).is_example
    assert self_checks.set_points_table(officer, _sheets(council_id)) == 2
    assert (points_table_of(council_id).version, points_table_of(other_id).is_example) == (2, True)
    with clock.fixed_clock(clock.now() + timedelta(days=1)):
        assert points_table_of(council_id).version == 1

    start = submit(client, "/tools/budget", {"postcode": "DL3 7TX"}, follow_redirects=True)
    assert "By the table of Darlington Borough Council, version 2" in text_of(start)
    result = text_of(submit(client, "/tools/budget/questions", {"q0": "1"}, follow_redirects=True))
    assert "A budget of about £75.00 a week" in result
    assert "10 points reach the step “from 10 points on”" in result
    self_checks.set_points_table(officer, _sheets(council_id, pounds="0,0\n10,80"))
    changed = client.get("/tools/budget/result", follow_redirects=True)
    assert "The table has changed since you answered" in text_of(changed)
    for other_place in ("TS24 7LS", ""):
        again = submit(client, "/tools/budget", {"postcode": "DL3 7TX"}, follow_redirects=True)
        assert "By the table of Darlington" in text_of(again)
        elsewhere = submit(client, "/tools/budget", {"postcode": other_place}, follow_redirects=True)
        assert "This is an example" in text_of(elsewhere)


def test_only_finance_of_the_council_sets_a_table_and_never_for_a_day_that_is_over(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, council_id = _officer()
    with transaction():
        other_id = council("E06000001").id
        worker = user_with_role(Role.SOCIAL_WORKER).id
    for actor, command in ((officer, _sheets(other_id)), (actor_of(worker), _sheets(council_id))):
        with pytest.raises(NotFound):
            self_checks.set_points_table(actor, command)
    with pytest.raises(DomainError, match="today or a later day"):
        self_checks.set_points_table(officer, _sheets(council_id, starts_on=clock.today() - timedelta(days=1)))
    with pytest.raises(DomainError, match="Row 2"):
        self_checks.set_points_table(officer, _sheets(council_id, pounds="0,0\n10,x"))
    assert db.session.execute(select(PointsSheets)).all() == []
    monkeypatch.setattr(self_checks, "_may_set", lambda *anybody: None)
    assert self_checks.set_points_table(officer, _sheets(other_id)) == 1, "the guard is what keeps them out"


def test_two_officers_at_once_get_two_versions_or_a_sentence(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    officer, council_id = _officer()
    self_checks.set_points_table(officer, _sheets(council_id))
    monkeypatch.setattr(
        self_checks.func, "max", lambda column: text("0")
    )  # what the second read before the first wrote
    with pytest.raises(DomainError, match="Somebody else set a table just now"):
        self_checks.set_points_table(officer, _sheets(council_id))


def test_the_officer_s_page_shows_what_is_wrong_row_by_row_and_what_people_will_see(
    app: Flask, client: FlaskClient
) -> None:
    officer, council_id = _officer()
    assert officer.user_id is not None
    sign_in(client, officer.user_id)
    page = "/council/self-checks/points"
    typed = {
        "council_id": council_id,
        "questions": QUESTIONS_SHEET + "Food,Meals?,More,x\n,,,\nonly,two",
        "pounds": "1,2",
    }
    wrong = submit(client, page, typed | {"starts_on": clock.today().isoformat(), "use": "1"})
    words = text_of(wrong)
    for said in ("Row 4: “x” is no whole number", "Row 6: Give four things", "Begin with a row for 0 points"):
        assert said in words, said
    assert "Food,Meals?,More,x" in wrong.get_data(as_text=True)
    good = {"council_id": council_id, "questions": QUESTIONS_SHEET, "pounds": POUNDS_SHEET}
    good["starts_on"] = clock.today().isoformat()
    looked = text_of(submit(client, page, good | {"look": "1"}))
    assert "What people will see Meals?" in looked
    assert "has 10 points and £75.00 a week" in looked
    assert points_table_of(council_id).is_example, "looking sets nothing"
    assert "Version 1 of the table is set" in text_of(submit(client, page, good | {"use": "1"}, follow_redirects=True))


def test_a_council_s_own_figure_is_used_for_its_own_people_and_said_to_be_its_own(
    app: Flask, client: FlaskClient
) -> None:
    officer, council_id = _officer()
    day, key = clock.today(), FigureKey.PERSONAL_EXPENSES
    law = figures_for(None, day)[key]
    self_checks.set_figure(officer, SetFigure(council_id, key, 41_00, day, "Charging policy, page 4"))
    assert (figures_for(council_id, day)[key].pence, figures_for(None, day)[key]) == (41_00, law)
    data = COSTS | {"care_home_cost": "900", "postcode": "DL3 7TX"}
    words = text_of(submit(client, "/tools/costs", data, follow_redirects=True))
    assert "£41.00 Set by Darlington Borough Council" in words
    assert "Charging policy, page 4" in words
    # £246.81 − £41.00
    assert "You £205.81" in words
    self_checks.set_figure(officer, SetFigure(council_id, key, None, day, "Back to the law’s"))
    assert figures_for(council_id, day)[key] == law

    upper = FigureKey.UPPER_LIMIT
    with pytest.raises(DomainError, match="more, never less"):
        self_checks.set_figure(officer, SetFigure(council_id, upper, 2_324_999, day, "Too low"))
    self_checks.set_figure(officer, SetFigure(council_id, upper, 2_325_000, day, "As the law"))
    with pytest.raises(DomainError, match="cannot change it"):
        self_checks.set_figure(officer, SetFigure(council_id, FigureKey.TARIFF_STEP, 500_00, day, "No"))
    with pytest.raises(NotFound):
        self_checks.set_figure(Actor(), SetFigure(council_id, key, 41_00, day, "A stranger"))


def test_a_needs_form_is_kept_changed_and_deleted_by_its_owner_alone(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        owner, stranger = UserFactory().id, UserFactory().id
    sign_in(client, owner)
    kept = submit(client, "/tools/needs", {"name": "Ida", "food": "Soup", "keep": "1"})
    page = kept.location or ""
    assert re.fullmatch(r"/tools/needs/\d+", page)
    assert "Soup" in client.get(page).get_data(as_text=True)
    mine_id = int(page.rpartition("/")[2])
    submit(client, page, {"kept": mine_id, "name": "Ida", "food": "Bread", "keep": "1"}, to="/tools/needs")
    (mine,) = list_needs_forms(owner)
    assert mine.needs == Needs("Ida", {"food": "Bread"})
    for act in (
        lambda: get_needs_form(actor_of(stranger), mine.id),
        lambda: self_checks.keep_needs(actor_of(stranger), Needs("", {"food": "Theirs"}), mine.id),
        lambda: self_checks.delete_needs(actor_of(stranger), mine.id),
        lambda: self_checks.delete_needs(Actor(), mine.id),
    ):
        with pytest.raises(NotFound):
            act()
    assert list_needs_forms(owner)[0].needs == mine.needs
    with monkeypatch.context() as without:
        without.setattr("marketplace.planning.queries.self_checks.is_own", lambda actor: true())
        assert get_needs_form(actor_of(stranger), mine.id).needs == mine.needs, "the guard is what keeps them out"
    submit(client, page, {}, to=f"{page}/delete")
    assert list_needs_forms(owner) == []
    assert client.get(page).status_code == 404


def test_without_an_account_nothing_is_kept_and_the_words_stay_on_the_page(app: Flask, client: FlaskClient) -> None:
    answer = submit(client, "/tools/needs", {"food": "Soup", "keep": "1"})
    assert "Sign in to keep this with us" in text_of(answer)
    assert "Soup" in answer.get_data(as_text=True)
    assert db.session.execute(select(NeedsForm)).all() == []


def test_words_are_still_there_when_the_sign_in_ended_while_they_were_written(app: Flask, client: FlaskClient) -> None:
    with transaction():
        user_id = UserFactory().id
    form_id = self_checks.keep_needs(actor_of(user_id), Needs("", {"food": "Soup"}))
    sign_in(client, user_id)
    page = f"/tools/needs/{form_id}"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).get_data(as_text=True))
    assert token is not None
    with transaction():
        db.session.execute(text("UPDATE sign_ins SET ended_at = created_at"))
    long = "Bread and butter. " * 80
    sent = {"csrf_token": token[1], "kept": form_id, "food": long, "keep": "1"}
    answer = client.post("/tools/needs", data=sent)
    assert "Sign in to keep this with us" in text_of(answer)
    assert long.strip() in answer.get_data(as_text=True)
    assert [view.needs.words["food"] for view in list_needs_forms(user_id)] == ["Soup"]


def test_a_needs_form_that_nobody_changed_for_a_year_goes(app: Flask) -> None:
    with transaction():
        actor = actor_of(UserFactory().id)
    for age in (keeping.NEEDS_FORM + timedelta(days=1), keeping.NEEDS_FORM - timedelta(days=1)):
        with clock.fixed_clock(clock.now() - age):
            self_checks.keep_needs(actor, Needs(str(age.days), {"food": "Soup"}))
    assert self_checks.forget_needs_forms() == 1
    assert actor.user_id is not None
    assert [view.needs.name for view in list_needs_forms(actor.user_id)] == ["364"]
