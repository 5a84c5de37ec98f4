"""The pages on which people look: search, listing, saved list, comparison, places, reports."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from catalogue import ports
from catalogue.domain import ListingState
from catalogue.models import Listing, SearchMiss
from marketplace.accounts.domain import Role
from marketplace.accounts.models import Organisation
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.queries import list_emails
from tests.browser import hrefs, submit, text_of
from tests.factories.accounts import user_with_role
from tests.factories.catalogue import ListingFactory, ProviderFactory


def test_everything_of_the_catalogue_is_reached_by_clicking_from_the_start(
    client: FlaskClient, town: dict[str, int]
) -> None:
    seen: set[str] = set()
    waiting = ["/"]
    ours = re.compile(r"^/($|helping|search|categories|listing|places|shortlist|compare|provider-page)")
    while waiting and len(seen) < 150:
        page = waiting.pop()
        path = page.split("?")[0] + ("?" if "?" in page and "/search" in page else "")
        if path in seen or not ours.match(page):
            continue
        seen.add(path)
        response = client.get(page)
        assert response.status_code == 200, page
        waiting += hrefs(response.get_data(as_text=True))
    for path in ("/helping", "/search", "/categories", "/places", "/shortlist", f"/listing/{town['care']}"):
        assert path in seen, path
    assert any(path.startswith("/provider-page/") for path in seen)
    assert any(path.endswith("/report") for path in seen)


def test_start_page_asks_two_things_and_shows_what_is_free(client: FlaskClient, town: dict[str, int]) -> None:
    words = text_of(client.get("/"))
    for expected in (
        "What would help?",
        "Where?",
        "I am helping somebody",
        "Three ways to pay",
        "Cockerton lunch club",
        "Some things are free",
    ):
        assert expected in words


def test_free_listing_leads_to_the_provider_where_it_has_no_number_of_its_own(client: FlaskClient, app: Flask) -> None:
    with transaction():
        gives = ProviderFactory(organisation_name="Volunteer Bureau")
        organisation = db.session.get(Organisation, gives.organisation_id)
        organisation.phone, organisation.email = "01632 960 777", "hello@bureau.example"
        own = ListingFactory(provider=gives, free=True, title="Find a role").id
        other = ListingFactory(provider=gives, free=True, title="Drivers' desk", phone="01632 960 888").id
        known = ProviderFactory(unclaimed=True, organisation_name="A library")
        db.session.get(Organisation, known.organisation_id).email = "jo@private.example"
        library = ListingFactory(provider=known, free=True, title="Crown Street").id
    page = text_of(client.get(f"/listing/{own}"))
    assert "01632 960 777" in page and "hello@bureau.example" in page
    assert "How to get in touch" in page and "nothing to order" in page
    assert "01632 960 777" not in text_of(client.get(f"/listing/{other}"))
    assert "jo@private.example" not in text_of(client.get(f"/listing/{library}"))


def test_title_of_a_search_says_what_was_chosen(client: FlaskClient, town: dict[str, int]) -> None:
    html = client.get("/search?category=gardening&funding=own_money&sort=price").get_data(as_text=True)
    assert '<h1 class="govuk-heading-l">Gardening</h1>' in html
    title = html.split("<title>")[1].split("</title>")[0]
    assert "for Gardening, takes own money, lowest price first" in title


def test_place_that_is_not_understood_narrows_nothing_and_the_page_says_so(
    client: FlaskClient, town: dict[str, int]
) -> None:
    sentence = "Until we know where, the list is of all England."
    assert sentence in text_of(client.get("/search?q=garden&postcode=nowhere"))
    assert sentence not in text_of(client.get("/search?q=garden&postcode=DL3"))
    scotland = text_of(client.get("/search?q=garden&postcode=EH1+1AA"))
    assert "EH1 1AA is in Scotland. This site is about care and support in England." in scotland


def test_place_of_the_last_search_is_offered_again_but_never_the_whole_postcode(
    client: FlaskClient, town: dict[str, int]
) -> None:
    client.get("/search?q=garden&postcode=DL3+7TX")
    home = client.get("/").get_data(as_text=True)
    assert 'value="DL3"' in home and "Free things near DL3" in home
    with client.session_transaction() as session:
        assert "7TX" not in str(dict(session))


def test_search_says_what_it_understood_and_each_part_can_be_taken_away(
    client: FlaskClient, town: dict[str, int]
) -> None:
    html = client.get("/search?q=free+lunch+near+DL3&funding=own_money").get_data(as_text=True)
    for expected in ("“lunch”", "near DL3", "Free", "takes own money"):
        assert expected in unescape(html)
    removals = [href for href in hrefs(html) if href.startswith("/search?") and "funding=" not in href]
    assert any("q=free+lunch+near+DL3" in href for href in removals)


def test_misspelled_search_offers_the_words_as_typed(client: FlaskClient, town: dict[str, int]) -> None:
    response = client.get("/search?q=gardning")
    assert "Showing results for gardening . Search instead for gardning" in text_of(response)
    as_typed = next(href for href in hrefs(response.get_data(as_text=True)) if "as_typed=1" in href)
    assert "We found nothing for “gardning”" in text_of(client.get(as_typed))


def test_unknown_postcode_is_said_beside_the_field_and_the_rest_is_kept(
    client: FlaskClient, town: dict[str, int]
) -> None:
    html = client.get("/search?q=gardening&postcode=nowhere&funding=own_money").get_data(as_text=True)
    assert 'id="search-postcode-error"' in html
    assert 'value="nowhere"' in html
    assert 'name="funding" value="own_money"' in html
    assert "Gardening with a smile" in html


def test_nothing_found_says_what_to_try_and_counts_the_words_once(client: FlaskClient, town: dict[str, int]) -> None:
    for _ in range(3):
        words = text_of(client.get("/search?q=bagpipe+lessons&postcode=DL3+7TX"))
    assert "We found nothing" in words and "Tell us what you could not find" in words
    rows = db.session.execute(select(SearchMiss.words, SearchMiss.outcode, SearchMiss.times)).all()
    assert [tuple(row) for row in rows] == [("bagpipe lessons", "DL3", 1)]


def test_nothing_near_offers_what_is_further_away(client: FlaskClient, town: dict[str, int]) -> None:
    response = client.get("/search?q=gardening&postcode=TR1")
    way = next(href for href in hrefs(response.get_data(as_text=True)) if href == "/search?q=gardening")
    assert "1 more is further away" in text_of(response)
    assert "Gardening with a smile" in text_of(client.get(way))


def test_what_could_not_be_found_is_told_and_thanked_for(client: FlaskClient, town: dict[str, int]) -> None:
    response = submit(
        client, "/search/missing", {"words": "Somebody to walk a dog", "place": "DL1 5AB"}, follow_redirects=True
    )
    assert "Thank you" in text_of(response)
    miss = db.session.execute(select(SearchMiss)).scalar_one()
    assert (miss.words, miss.outcode) == ("somebody to walk a dog", "DL1")
    response = submit(client, "/search/missing", {"words": "", "place": "x"})
    assert response.status_code == 422
    assert "Enter what you could not find" in text_of(response)


def test_odd_addresses_of_a_search_are_answered(client: FlaskClient, town: dict[str, int]) -> None:
    for query in (
        "within=-1&page=0&sort=sideways&funding=gold&price=none&rating=9&price_max=x&category=nope",
        "page=99999999999&within=1e9&q=%00",
        "q=" + "x" * 3000,
        "postcode=" + "y" * 3000,
        "price_max=999999999999&sort=price",
        "q=<script>alert(1)</script>",
    ):
        response = client.get("/search?" + query)
        assert response.status_code == 200
        assert "<script>alert" not in response.get_data(as_text=True)


def test_listing_says_what_it_costs_for_my_hours_and_my_week(client: FlaskClient, town: dict[str, int]) -> None:
    words = text_of(client.get(f"/listing/{town['care']}?quantity=3&times=2"))
    assert "£78.00 for 3 hours. £156.00 a week for 2 times a week" in words
    assert "Nothing else to pay." in words


@pytest.mark.parametrize("quantity", ["0", "-1", "1", "201", "1.5", "abc", "9" * 30, "³"])
def test_quantity_that_cannot_be_ordered_is_said_beside_the_field(
    client: FlaskClient, town: dict[str, int], quantity: str
) -> None:
    response = client.get(f"/listing/{town['care']}", query_string={"quantity": quantity})
    assert response.status_code == 200
    assert "Enter a whole number of hours, from 2 to 200" in text_of(response)


def test_listing_keeps_others_checks_apart_from_the_providers_word(client: FlaskClient, town: dict[str, int]) -> None:
    words = text_of(client.get(f"/listing/{town['care']}"))
    assert "CQC rating Good, " in words
    assert "Declared by the provider on" in words
    assert "We have not seen the papers" in words


def test_listing_asks_for_the_basket_with_its_id_and_the_least_quantity(
    client: FlaskClient, town: dict[str, int]
) -> None:
    html = client.get(f"/listing/{town['care']}").get_data(as_text=True)
    form = html[html.index('action="/basket/add"') :]
    assert f'name="listing_id" value="{town["care"]}"' in form
    assert re.search(r'name="quantity"[^>]*value="2"', form)


def test_unclaimed_listing_gives_contacts_attribution_and_a_way_to_claim_it_but_no_basket(
    client: FlaskClient, town: dict[str, int]
) -> None:
    response = client.get(f"/listing/{town['library']}")
    html, words = response.get_data(as_text=True), text_of(response)
    assert "/basket/add" not in html
    assert "01325 555 0111" in words and "Open data of a council. As published on" in words
    assert "/claim/" in html
    assert "Monday 9am to 5:30pm" in words and "Tuesday closed" in words


def test_listing_that_is_gone_says_why_and_what_is_like_it(client: FlaskClient, town: dict[str, int]) -> None:
    words = text_of(client.get(f"/listing/{town['gone']}"))
    assert "no longer offers this" in words
    assert "Gardening with a smile" in words
    assert client.get("/listing/999999").status_code == 404


def test_listing_never_open_to_everybody_looks_like_nothing(client: FlaskClient, town: dict[str, int]) -> None:
    with transaction():
        draft = ListingFactory(draft=True).id
    for page in (f"/listing/{draft}", f"/listing/{draft}/report"):
        assert client.get(page).status_code == 404
    assert submit(client, "/search/missing", {"listing_id": draft}, to="/shortlist/add").status_code == 404


def test_reviews_come_through_the_port(
    client: FlaskClient, town: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = ports.ReviewShown("M.", clock.today(), 5, "Kind and on time.", "Thank you.", "Dales Home Care")
    monkeypatch.setattr(ports, "_reviews_for", lambda listing_id: [shown] if listing_id == town["care"] else [])
    with transaction():
        db.session.get_one(Listing, town["care"]).rating_count = 1
    assert "Kind and on time." in text_of(client.get(f"/listing/{town['care']}"))
    assert "No reviews yet" in text_of(client.get(f"/listing/{town['garden']}"))


def test_listing_saved_without_an_account_is_on_the_list_until_taken_off(
    client: FlaskClient, town: dict[str, int]
) -> None:
    page = f"/listing/{town['care']}"
    submit(client, page, {"listing_id": town["care"]}, to="/shortlist/add")
    submit(client, page, {"listing_id": town["care"]}, to="/shortlist/add")
    submit(client, page, {"listing_id": town["garden"]}, to="/shortlist/add")
    words = text_of(client.get("/shortlist"))
    assert words.index("Gardening with a smile") < words.index("Home care by the hour")
    with transaction():
        db.session.get(Listing, town["garden"]).state = ListingState.PAUSED
    assert "1 thing you saved is not on offer any more" in text_of(client.get("/shortlist"))
    submit(client, "/shortlist", {"listing_id": town["care"]}, to="/shortlist/remove")
    assert "Home care by the hour" not in text_of(client.get("/shortlist"))


def test_comparison_puts_what_differs_first(client: FlaskClient, town: dict[str, int]) -> None:
    words = text_of(client.get(f"/compare?ids={town['care']}&ids={town['garden']},{town['gone']},999,x"))
    different, same = words.split("The same for all")
    assert "£26.00 an hour" in different and "£20.00 an hour" in different
    assert "How to pay" in same
    assert "There is nothing to compare yet" in text_of(client.get("/compare?ids=999"))


def test_places_to_ask_are_listed_by_distance(client: FlaskClient, town: dict[str, int]) -> None:
    words = text_of(client.get("/places?postcode=DL5"))
    assert re.search(r"Crown Street Library , 5\.\d miles away", words)
    assert "Cockerton lunch club" not in words
    assert "We know of no place within 20 miles of TR1" in text_of(client.get("/places?postcode=TR1"))
    assert "Enter a postcode" in text_of(client.get("/places?postcode=zzz"))


def test_report_of_a_wrong_listing_reaches_the_operator_and_not_the_provider(
    client: FlaskClient, town: dict[str, int]
) -> None:
    with transaction():
        operator = user_with_role(Role.OPERATOR, email="desk@example.org")
        assert operator.id
    page = f"/listing/{town['care']}/report"
    assert submit(client, page, {"words": ""}).status_code == 422
    response = submit(client, page, {"reason": "closed", "words": "They told me\nthey closed."}, follow_redirects=True)
    assert "A person reads your report" in text_of(response)
    (letter,) = list_emails()
    assert letter.to_address == "desk@example.org"
    assert "they closed." in letter.body and f"/listing/{town['care']}" in letter.body


def test_reports_are_limited_and_those_that_have_to_be_mended_do_not_count(
    client: FlaskClient, town: dict[str, int]
) -> None:
    page = f"/listing/{town['care']}/report"
    assert [submit(client, page, {"words": ""}).status_code for _ in range(6)] == [422] * 6
    codes = [submit(client, page, {"reason": "other", "words": "again"}).status_code for _ in range(6)]
    assert codes == [302] * 5 + [429]


def test_page_can_be_set_out_for_printing(client: FlaskClient, town: dict[str, int]) -> None:
    assert "set out for printing" in text_of(client.get(f"/listing/{town['care']}?print=1"))


def test_listing_goes_into_the_basket_by_its_own_form(client: FlaskClient, town: dict[str, int]) -> None:
    page = f"/listing/{town['care']}"
    fields = {
        "listing_id": town["care"],
        "quantity": "3",
        "wanted_on-day": "",
        "wanted_on-month": "",
        "note": "Mornings",
    }
    response = submit(client, page, fields, to="/basket/add", follow_redirects=True)
    assert "In the basket: 3 hours of Home care by the hour." in text_of(response)
