"""Filters, counts and order, without an index."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain import AreaKind
from catalogue.search.columns import Columns, band_of, chord_squared, metres_of
from catalogue.search.facts import Facts, vector_of
from catalogue.search.ranking import Criteria, Sort, rank
from marketplace.kernel.places import MILE_METRES, Point, distance_metres
from marketplace.kernel.rails import Rail

HERE = Point(54.53, -1.56)
BASE = Facts(
    listing_id=1,
    category="home-care",
    parent="help-at-home",
    rails=3,
    price_pence=2_000,
    unit="hour",
    is_product=False,
    is_access_point=False,
    area_kind=AreaKind.RADIUS,
    vector=vector_of(HERE),
    radius_metres=16_093,
    councils=frozenset(),
    rating_tenths=0,
    rating_rank=0,
    digest="d",
)
NEAR = Criteria(vector=vector_of(HERE), council="E1")


def at(miles_north: float) -> tuple[float, float, float]:
    return vector_of(Point(HERE.lat + miles_north * MILE_METRES / 111_195, HERE.lon))


def test_facts_come_back_from_the_index_as_they_went() -> None:
    for facts in (BASE, replace(BASE, vector=None, price_pence=None, councils=frozenset({"E1", "E2"}))):
        assert Facts.from_text(facts.to_text()) == facts


@given(st.floats(50, 60), st.floats(-6, 2), st.floats(50, 60), st.floats(-6, 2))
def test_distance_by_chord_is_the_great_circle(lat: float, lon: float, lat2: float, lon2: float) -> None:
    a, b = Point(lat, lon), Point(lat2, lon2)
    by_chord = metres_of(math.dist(vector_of(a), vector_of(b)) ** 2)
    assert by_chord == pytest.approx(distance_metres(a, b), rel=1e-6, abs=0.05)


@given(st.floats(0, 1_000_000))
def test_chord_and_distance_are_the_same_thing(metres: float) -> None:
    assert metres_of(chord_squared(metres)) == pytest.approx(metres, rel=1e-6, abs=0.1)


@pytest.mark.parametrize(
    ("facts", "within", "served"),
    [
        (replace(BASE, vector=at(9)), None, True),
        (replace(BASE, vector=at(11)), None, False),
        (replace(BASE, vector=at(9)), 5, False),
        (replace(BASE, vector=None), None, False),
        (replace(BASE, area_kind=AreaKind.COUNCILS, councils=frozenset({"E1"}), vector=at(50)), None, True),
        (replace(BASE, area_kind=AreaKind.COUNCILS, councils=frozenset({"E2"})), None, False),
        (replace(BASE, area_kind=AreaKind.COUNCILS, councils=frozenset({"E1"}), vector=at(50)), 10, False),
        (replace(BASE, area_kind=AreaKind.ENGLAND, vector=at(200)), 5, True),
        (replace(BASE, area_kind=AreaKind.AT_PLACE, vector=at(19), radius_metres=0), None, True),
        (replace(BASE, area_kind=AreaKind.AT_PLACE, vector=at(21), radius_metres=0), None, False),
        (replace(BASE, area_kind=AreaKind.AT_PLACE, vector=at(21), radius_metres=0), 30, True),
    ],
)
def test_each_kind_of_area_serves_whom_it_says(facts: Facts, within: int | None, served: bool) -> None:
    criteria = replace(NEAR, within_metres=within * MILE_METRES if within else None)
    assert bool(ids([(facts, 1.0)], criteria)) is served
    assert ids([(facts, 1.0)], Criteria()), "without a place everything is offered"


@pytest.mark.parametrize(
    ("pence", "band"),
    [
        (None, "ask"),
        (0, "free"),
        (1, "to-10"),
        (1_000, "to-10"),
        (1_001, "to-20"),
        (2_000, "to-20"),
        (5_001, "over-50"),
        (9_999_900, "over-50"),
    ],
)
def test_every_price_is_in_one_band(pence: int | None, band: str) -> None:
    assert band_of(pence) == band


def ids(candidates: list[tuple[Facts, float]], criteria: Criteria) -> list[int]:
    columns = Columns([facts for facts, _ in candidates])
    return [
        hit.listing_id for hit in rank(columns, {n: score for n, (_, score) in enumerate(candidates)}, criteria).hits
    ]


def test_relevance_goes_before_free_and_free_before_paid_among_equals() -> None:
    paid_best = (replace(BASE, listing_id=1), 10.0)
    free_equal = (replace(BASE, listing_id=2, price_pence=0), 9.9)
    free_poor = (replace(BASE, listing_id=3, price_pence=0), 3.0)
    paid_equal = (replace(BASE, listing_id=4, rating_rank=5), 9.9)
    assert ids([free_poor, paid_best, paid_equal, free_equal], Criteria())[:1] != [3]
    assert ids([free_poor, paid_equal, free_equal], Criteria()) == [2, 4, 3]


def test_without_words_or_place_what_can_be_ordered_goes_before_what_is_only_known_of() -> None:
    known = replace(BASE, listing_id=1, rails=0, price_pence=0)
    columns = Columns([known, replace(BASE, listing_id=2), replace(BASE, listing_id=3, price_pence=0)])
    assert [hit.listing_id for hit in rank(columns, None, Criteria()).hits] == [3, 2, 1]


def test_near_goes_before_far_among_equals() -> None:
    far = (replace(BASE, listing_id=1, vector=at(8)), 5.0)
    near = (replace(BASE, listing_id=2, vector=at(0.5)), 5.0)
    assert ids([far, near], NEAR) == [2, 1]


def test_what_has_no_price_or_no_place_comes_last_where_that_decides() -> None:
    ask = (replace(BASE, listing_id=1, price_pence=None), 9.0)
    dear = (replace(BASE, listing_id=2, price_pence=9_999_900), 1.0)
    assert ids([ask, dear], Criteria(sort=Sort.PRICE)) == [2, 1]
    nowhere = (replace(BASE, listing_id=3, area_kind=AreaKind.ENGLAND, vector=None), 9.0)
    assert ids([nowhere, dear], replace(NEAR, sort=Sort.DISTANCE)) == [2, 3]


@given(
    st.lists(
        st.builds(
            lambda n, price, rails, kind, miles: replace(
                BASE,
                listing_id=n,
                price_pence=price,
                rails=rails,
                area_kind=kind,
                vector=at(miles),
                category=f"c{n % 3}",
            ),
            st.integers(1, 10_000),
            st.one_of(st.none(), st.integers(0, 9_999_900)),
            st.integers(0, 15),
            st.sampled_from(list(AreaKind)),
            st.floats(0, 30),
        ),
        max_size=30,
        unique_by=lambda facts: facts.listing_id,
    ),
    st.sampled_from(list(Sort)),
)
def test_every_candidate_is_shown_or_counted_as_too_far_and_none_twice(listings: list[Facts], sort: Sort) -> None:
    columns = Columns(listings)
    scores = {number: float(facts.listing_id % 7) for number, facts in enumerate(listings)}
    ranked = rank(columns, scores, replace(NEAR, sort=sort))
    shown = [hit.listing_id for hit in ranked.hits]
    assert len(shown) == len(set(shown)) == ranked.total
    assert len(shown) + ranked.counts.too_far == len(listings)
    assert sum(ranked.counts.price.values()) == len(shown)
    pages = [
        hit.listing_id
        for start in range(0, len(shown), 7)
        for hit in rank(columns, scores, replace(NEAR, sort=sort), start=start, stop=start + 7).hits
    ]
    assert pages == shown, "a page is a part of the whole list"


def test_facet_heeds_all_filters_but_its_own() -> None:
    listings = [
        replace(BASE, listing_id=1, category="a", parent="p", rails=1, price_pence=0),
        replace(BASE, listing_id=2, category="a", parent="p", rails=2, price_pence=0),
        replace(BASE, listing_id=3, category="b", parent="p", rails=1, price_pence=500, rating_tenths=45),
    ]
    counts = rank(Columns(listings), None, Criteria(categories=frozenset({"a"}), rail=Rail.OWN_MONEY)).counts
    assert dict(counts.category) == {"a": 1, "p": 2, "b": 1}
    assert dict(counts.rail) == {Rail.OWN_MONEY: 1, Rail.DIRECT_PAYMENT: 1}
    assert dict(counts.price) == {"free": 1}
    assert not counts.rating
