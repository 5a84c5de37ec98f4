"""Where somebody is, and which council answers for them."""

import pytest
from flask import Flask

from catalogue.errors import UnknownPlace
from catalogue.models import Postcode
from catalogue.services.places import council_id_for, find_place, locate
from marketplace.accounts.queries import get_council
from marketplace.database import db, transaction
from tests.factories.accounts import DARLINGTON_GSS

NORTH_YORKSHIRE = "E06000065"


def _postcode(postcode: str, gss: str) -> None:
    with transaction():
        db.session.add(Postcode(postcode=postcode, latitude=54.51, longitude=-1.6, district_gss=gss, council_gss=gss))


def test_full_postcode_that_is_held_is_exact_and_names_its_council(app: Flask) -> None:
    _postcode("DL2 2XX", NORTH_YORKSHIRE)
    place = locate("dl22xx")
    assert (place.exact, place.council_gss, place.label, place.outcode) == (True, NORTH_YORKSHIRE, "DL2 2XX", "DL2")
    assert place.point.lat == pytest.approx(54.51)


def test_outcode_of_many_councils_gives_a_place_but_no_council(app: Flask) -> None:
    place = locate("DL2")
    assert place.council_gss is None
    assert place.likely_council_gss == DARLINGTON_GSS
    assert not place.exact


def test_council_can_be_named(app: Flask) -> None:
    place = locate(" darlington  borough council")
    assert (place.label, place.council_gss) == ("Darlington", DARLINGTON_GSS)
    assert place.point.lat == pytest.approx(54.53, abs=0.02)


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("dl3 7", "DL3"),
        ("DL3 7T", "DL3"),
        ("2 High Row, Darlington DL3 7QQ", "DL3 7QQ"),
        ("12 High Street Darlington", "Darlington"),
        ("12 High Street, Darlington", "Darlington"),
        ("Darlingtn", "Darlington"),
        ("midlesbrough", "Middlesbrough"),
    ],
)
def test_address_half_a_postcode_and_a_slip_in_a_name_are_understood(app: Flask, typed: str, label: str) -> None:
    assert locate(typed).label == label


@pytest.mark.parametrize(
    ("typed", "nation"), [("EH1 1AA", "Scotland"), ("CF10", "Wales"), ("DL3 7TX", "England"), ("Kent", "England")]
)
def test_place_outside_england_is_known_for_one(app: Flask, typed: str, nation: str) -> None:
    assert locate(typed).nation == nation


@pytest.mark.parametrize(
    "words", ["", "nowhere at all", "ZZ99", "QQ1 1AA", "12345", "<script>", "12 High Street", "Sutten", "DL3 7TXX"]
)
def test_what_is_no_place_is_refused_beside_the_field(app: Flask, words: str) -> None:
    with pytest.raises(UnknownPlace) as caught:
        locate(words)
    assert caught.value.field == "postcode"
    assert find_place(words) is None


def test_person_is_routed_by_the_full_postcode_not_by_its_outcode(app: Flask) -> None:
    """Negative control: DL2 is mostly Darlington, so asking the outcode would send this person to the wrong council."""
    _postcode("DL2 2XX", NORTH_YORKSHIRE)
    assert get_council(council_id_for("DL2 2XX") or 0).gss_code == NORTH_YORKSHIRE
    assert council_id_for("DL2 9ZZ") is None
    assert council_id_for("DL2") is None
    assert council_id_for("not one") is None


def test_unknown_postcode_of_an_outcode_in_one_council_is_routed(app: Flask) -> None:
    assert get_council(council_id_for("DL3 7TX") or 0).gss_code == DARLINGTON_GSS
