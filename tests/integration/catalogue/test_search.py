"""Search over the real index on both databases."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event

from catalogue.domain import AreaKind, ListingState, ProviderState, Unit
from catalogue.models import Listing, ListingCouncil, Provider
from catalogue.queries.search import SearchPage, SearchQuery, search
from catalogue.search.ranking import Sort
from catalogue.services.index import reindex
from marketplace.database import db, transaction
from marketplace.kernel.rails import Rail
from tests.factories.accounts import DARLINGTON_GSS
from tests.factories.catalogue import ListingFactory, ProviderFactory


@pytest.fixture
def town(app: Flask) -> dict[str, int]:
    """A few listings of every kind, indexed: their ids by a short name."""
    with transaction():
        dales = ProviderFactory(organisation_name="Dales Home Care", rated_good=True)
        rows = {
            "care": ListingFactory(provider=dales, title="Home care by the hour", price_pence=2_600),
            "pa": ListingFactory(
                title="Personal assistant, your way",
                category_slug="personal-assistants",
                summary="I help you go out, shop and cook.",
                description="Sometimes we only mow the lawn.",
                price_pence=1_900,
                accepts_council_managed=False,
                rating_count=4,
                rating_total=20,
                rating_rank_millionths=4_166_666,
            ),
            "garden": ListingFactory(
                title="Gardening with a smile",
                category_slug="gardening",
                summary="Mowing, weeding and hedges.",
                description="A tidy garden.",
                price_pence=2_000,
                rating_count=40,
                rating_total=192,
                rating_rank_millionths=4_655_555,
            ),
            "club": ListingFactory(
                free=True, title="Cockerton lunch club", summary="A meal and company on Tuesdays.", description="Warm."
            ),
            "frame": ListingFactory(product=True, title="Walking frame with wheels", summary="Folds.", description="-"),
            "leeds": ListingFactory(
                title="Gardening in Leeds",
                category_slug="gardening",
                summary="Lawns and hedges.",
                description="-",
                latitude=53.80,
                longitude=-1.55,
                postcode="LS1 4AP",
                price_pence=1_500,
            ),
            "county": ListingFactory(
                title="Respite at home",
                category_slug="respite",
                area_kind=AreaKind.COUNCILS,
                radius_metres=None,
                summary="A rest for you.",
                description="-",
                unit=Unit.NIGHT,
                price_pence=9_000,
            ),
            "draft": ListingFactory(draft=True, title="Gardening not yet seen", category_slug="gardening"),
        }
        db.session.add(ListingCouncil(listing_id=rows["county"].id, council_gss=DARLINGTON_GSS))
        ids = {name: row.id for name, row in rows.items()}
    assert reindex() == len(ids) - 1
    return ids


def names(town: dict[str, int], page: SearchPage) -> list[str]:
    by_id = {row_id: name for name, row_id in town.items()}
    return [by_id[result.card.id] for result in page.results]


def find(town: dict[str, int], **asked: object) -> list[str]:
    return names(town, search(SearchQuery(**asked)))  # type: ignore[arg-type]


def test_words_are_found_by_their_stem_and_the_title_counts_most(town: dict[str, int]) -> None:
    assert find(town, q="garden")[:2] == ["garden", "leeds"]
    assert "draft" not in find(town, q="gardening")


def test_nothing_asked_lists_everything_that_is_open(town: dict[str, int]) -> None:
    assert set(find(town)) == set(town) - {"draft"}


def test_misspelled_word_finds_what_was_meant_and_says_so(town: dict[str, int]) -> None:
    page = search(SearchQuery(q="gardning"))
    assert names(town, page)[0] == "garden"
    assert page.corrections == {"gardning": "gardening"}
    assert page.searched_for == "gardening"
    assert search(SearchQuery(q="gardning", as_typed=True)).total == 0


def test_word_of_the_same_meaning_is_found(town: dict[str, int]) -> None:
    assert {"care", "pa"} <= set(find(town, q="carer"))
    assert find(town, q="PA") == ["pa"]
    assert find(town, q="zimmer frame") == ["frame"]


def test_accents_and_capitals_do_not_matter(town: dict[str, int]) -> None:
    assert find(town, q="GÀRDENING")[0] == "garden"


def test_words_that_ask_are_left_out(town: dict[str, int]) -> None:
    assert find(town, q="I need somebody to mow my mum's lawn near me", postcode="DL1")[0] == "garden"


def test_all_words_must_be_said_before_some_are_enough(town: dict[str, int]) -> None:
    page = search(SearchQuery(q="gardening smile"))
    assert (names(town, page), page.is_partial) == (["garden"], False)
    page = search(SearchQuery(q="gardening submarine"))
    assert page.is_partial
    assert set(names(town, page)) >= {"garden", "leeds"}


def test_where_few_say_all_some_that_say_a_part_follow(town: dict[str, int]) -> None:
    page = search(SearchQuery(q="gardening smile"))
    assert ([town["garden"]], 1) == ([result.card.id for result in page.results], page.total)
    assert [result.card.id for result in page.also] == [town["leeds"]]
    near = search(SearchQuery(q="gardening smile", postcode="DL1"))
    assert not near.also, "what is too far away is no answer either"
    assert not search(SearchQuery(q="gardening")).also


def test_name_of_a_firm_far_away_is_no_reason_to_misunderstand_a_slip(town: dict[str, int]) -> None:
    with transaction():
        ListingFactory(
            title="Gardner House",
            summary="-",
            description="-",
            latitude=50.72,
            longitude=-3.53,
            postcode="EX1 1AA",
        )
        for _ in range(2):
            ListingFactory(title="Gardener", category_slug="gardening", summary="-", description="-")
    reindex()
    assert search(SearchQuery(q="gardne", postcode="DL1")).corrections, "nor is a longer word that begins so"
    page = search(SearchQuery(q="Gardner", postcode="DL1"))
    assert (page.corrections, page.searched_for) == ({"gardner": "gardener"}, "gardener")
    assert town["garden"] in [result.card.id for result in page.results]
    assert search(SearchQuery(q="gardner", postcode="DL1", as_typed=True)).total == 0
    assert search(SearchQuery(q="gardner", postcode="EX1")).corrections == {}


def test_beginning_of_a_word_is_enough(town: dict[str, int]) -> None:
    page = search(SearchQuery(q="respi"))
    assert (names(town, page), page.corrections) == (["county"], {})


def test_radius_serves_a_place_within_it_and_no_other(town: dict[str, int]) -> None:
    assert find(town, q="gardening", postcode="DL1") == ["garden"]
    page = search(SearchQuery(q="gardening", postcode="DL1"))
    assert page.too_far == 1
    assert find(town, q="gardening", postcode="LS1") == ["leeds"]


def test_council_area_serves_its_council_alone(town: dict[str, int]) -> None:
    assert find(town, q="respite", postcode="DL3") == ["county"]
    assert find(town, q="respite", postcode="DL5") == []


def test_everywhere_and_own_places(town: dict[str, int]) -> None:
    assert find(town, q="frame", postcode="TR1") == ["frame"]
    assert find(town, q="lunch club", postcode="TR1") == []
    assert find(town, q="lunch club", postcode="DL5") == ["club"]
    assert find(town, q="lunch club", postcode="DL5", within_miles=1) == []


def test_distance_limits_what_comes_to_you_too(town: dict[str, int]) -> None:
    near = search(SearchQuery(q="gardening", postcode="DL5", within_miles=10))
    assert names(town, near) == ["garden"]
    assert near.results[0].distance_metres == pytest.approx(9_480, abs=300)
    assert find(town, q="gardening", postcode="DL5", within_miles=3) == []


def test_filters_are_understood_from_words_and_can_be_taken_away(town: dict[str, int]) -> None:
    page = search(SearchQuery(q="free lunch club in Darlington"))
    assert names(town, page) == ["club"]
    tags = {tag.text: tag.without for tag in page.tags}
    assert tags["near Darlington"] == {"postcode": None, "q": "free lunch club"}
    assert tags["Free"] == {"price": None, "q": "lunch club in Darlington"}
    assert find(town, q="gardening under £18") == ["leeds"]


def test_filters_narrow_and_facets_count_what_each_choice_would_give(town: dict[str, int]) -> None:
    page = search(SearchQuery(category="house-garden"))
    assert set(names(town, page)) == {"garden", "leeds"}
    assert page.counts.category["home-care"] == 1, "the counts of a facet ignore its own choice"
    page = search(SearchQuery(funding=Rail.COUNCIL_MANAGED, category="help-at-home"))
    assert names(town, page) == ["care"]
    assert page.counts.rail[Rail.OWN_MONEY] == 2
    assert page.counts.category["gardening"] == 2
    assert set(find(town, price="to-20")) == {"garden", "leeds", "pa"}
    assert find(town, price_max_pence=1_500, category="gardening") == ["leeds"]
    assert set(find(town, rating=4)) == {"garden", "pa"}


@pytest.mark.parametrize("name", ["category", "funding", "price"])
def test_count_beside_a_choice_is_what_choosing_it_finds(town: dict[str, int], name: str) -> None:
    counts = search(SearchQuery(postcode="DL3")).counts
    chosen = {"category": counts.category, "funding": counts.rail, "price": counts.price}[name]
    assert chosen
    for value, count in chosen.items():
        assert search(SearchQuery(postcode="DL3", **{name: value})).total == count  # type: ignore[arg-type]


def test_sorts(town: dict[str, int]) -> None:
    assert find(town, category="gardening", sort=Sort.PRICE) == ["leeds", "garden"]
    assert find(town, sort=Sort.RATING)[:2] == ["garden", "pa"], "few reviews do not beat many"
    assert find(town, sort=Sort.PRICE)[0] == "club"
    by_distance = search(SearchQuery(postcode="DL5", sort=Sort.DISTANCE)).results
    distances = [result.distance_metres or 10**9 for result in by_distance]
    assert distances == sorted(distances)


def test_free_comes_first_among_equals(app: Flask) -> None:
    with transaction():
        provider = ProviderFactory()
        paid = ListingFactory(provider=provider, title="Knitting group", category_slug="clubs-groups").id
        free = ListingFactory(provider=provider, title="Knitting group", category_slug="clubs-groups", price_pence=0).id
    reindex()
    assert [result.card.id for result in search(SearchQuery(q="knitting")).results] == [free, paid]


def test_unknown_place_is_said_and_results_of_anywhere_are_kept(town: dict[str, int]) -> None:
    page = search(SearchQuery(q="gardening", postcode="nowhere"))
    assert page.place_error
    assert set(names(town, page)) == {"garden", "leeds"}


def test_hidden_listing_is_never_shown_though_the_index_still_holds_it(town: dict[str, int]) -> None:
    """Fault 52. The index is stale on purpose: what stands in the database decides."""
    with transaction():
        db.session.get(Listing, town["garden"]).state = ListingState.PAUSED
        provider = db.session.get(Listing, town["leeds"]).organisation_id
        db.session.get(Provider, provider).state = ProviderState.SUSPENDED
    page = search(SearchQuery(q="gardening"))
    assert names(town, page) == ["pa"] or names(town, page) == []
    assert "garden" not in names(town, page) and "leeds" not in names(town, page)
    assert page.total == len(page.results)


def test_price_on_the_card_is_the_one_in_the_database(town: dict[str, int]) -> None:
    with transaction():
        db.session.get(Listing, town["garden"]).price_pence = 2_222
    assert search(SearchQuery(q="gardening smile")).results[0].card.price_pence == 2_222


@pytest.mark.parametrize(
    "words",
    [
        "",
        " ",
        "the and of",
        "💐",
        "'); DROP TABLE listings; --",
        "%",
        "_",
        "a" * 5_000,
        "\x00",
        "<b>x</b>",
        "*",
        "AND OR NOT (",
    ],
)
def test_any_words_are_answered(town: dict[str, int], words: str) -> None:
    assert search(SearchQuery(q=words)).total >= 0


def test_without_an_index_the_database_answers(town: dict[str, int], app: Flask) -> None:
    with_index = {q: set(find(town, q=q)) for q in ("gardening", "carer", "walking frame", "")}
    (app.extensions["settings"].marketplace_data / "index" / "CURRENT").unlink()
    for words, found in with_index.items():
        page = search(SearchQuery(q=words))
        assert page.index_is_missing
        assert set(names(town, page)) == found, words
    assert find(town, q="gardening", postcode="DL1") == ["garden"]
    assert find(town, category="gardening", price="to-20", sort=Sort.PRICE) == ["leeds", "garden"]


class Statements:
    """Counts what is sent to the database."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, *_: object) -> None:
        self.count += 1


@pytest.fixture
def statements(app: Flask) -> Iterator[Statements]:
    counter = Statements()
    event.listen(db.engine, "before_cursor_execute", counter)
    yield counter
    event.remove(db.engine, "before_cursor_execute", counter)


def _selects_of_a_search(statements: Statements) -> int:
    search(SearchQuery(q="home", postcode="DL3 7TX"))
    db.session.rollback()
    statements.count = 0
    search(SearchQuery(q="home", postcode="DL3 7TX", funding=Rail.OWN_MONEY, category="help-at-home"))
    db.session.rollback()
    return statements.count


def test_search_sends_as_many_queries_for_a_thousand_listings_as_for_ten(app: Flask, statements: Statements) -> None:
    with transaction():
        provider = ProviderFactory()
        ListingFactory.create_batch(10, provider=provider)
    reindex()
    few = _selects_of_a_search(statements)
    with transaction():
        ListingFactory.create_batch(990, provider=db.session.get(Provider, provider.organisation_id))
    reindex()
    many = _selects_of_a_search(statements)
    transaction_statements = 2 if db.engine.dialect.name == "sqlite" else 0  # the pragma and BEGIN
    assert few == many
    assert many - transaction_statements <= 6
