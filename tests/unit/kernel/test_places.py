import csv
import math
from pathlib import Path

import pytest

from marketplace.kernel.places import (
    InvalidPostcode,
    Point,
    distance_metres,
    grid_to_airy,
    grid_to_point,
    normalise_postcode,
    outcode_of,
    parse_place,
)
from marketplace.places_data import (
    UnknownCouncil,
    asc_council_for,
    find_council,
    find_council_by_name,
    find_outcode,
    get_council,
    list_asc_councils,
    list_outcodes,
    mend_gss,
    nearest_outcode,
)

# Ordnance Survey's own test points (OSTN15): grid position, ETRS89 latitude and longitude.
OS_TEST_POINTS = {
    "Lambeth": (530624.974, 178388.464, 51.48936564950, -0.11992557180),
    "Newcastle University": (424639.355, 565012.703, 54.97912273660, -1.61657685184),
    "Pudsey": (422242.186, 433818.701, 53.80021519630, -1.66379168242),
    "King's Lynn": (562180.547, 319784.995, 52.75136687170, 0.40153547065),
    "St Mary's, Scilly": (91492.146, 11318.804, 49.92226393730, -6.29977752014),
    "Foula, Shetland": (395999.668, 1138728.951, 60.13308091660, -2.07382822798),
}


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("dl37tx", "DL3 7TX"),
        ("  DL3  7TX ", "DL3 7TX"),
        ("DL3\u00a07TX", "DL3 7TX"),
        ("dl3-7tx.", "DL3 7TX"),
        ("ＤＬ３７ＴＸ", "DL3 7TX"),
        ("SW1A1AA", "SW1A 1AA"),
        ("m11ae", "M1 1AE"),
        ("CR26XH", "CR2 6XH"),
        ("DN551PT", "DN55 1PT"),
        ("W1A0AX", "W1A 0AX"),
        ("EC1AOBB", "EC1A 0BB"),  # a letter O typed for the 0
    ],
)
def test_postcode_takes_its_printed_form(typed: str, printed: str) -> None:
    assert normalise_postcode(typed) == printed
    assert parse_place(typed).postcode == printed


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "DL3",
        "DL3 7T",
        "DL3 77X",
        "WA154 1HF",
        "QL3 7TX",
        "DL3 7CX",
        "D1LA 7TX",
        "DL3/7TX",
        "hello",
        "1234",
        "A" * 5000,
    ],
)
def test_what_is_no_postcode_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(InvalidPostcode, match=r"^Enter a postcode, like DL3 7TX$"):
        normalise_postcode(typed)


def test_an_outcode_alone_is_a_place_but_not_a_full_postcode() -> None:
    place = parse_place(" dl3 ")

    assert (place.outcode, place.postcode, place.is_full, str(place)) == ("DL3", None, False, "DL3")
    assert outcode_of("DL3 7TX") == outcode_of("dl3") == "DL3"
    with pytest.raises(InvalidPostcode):
        parse_place("DL")


def test_distance_is_the_great_circle() -> None:
    darlington, london = Point(54.52989, -1.53884), Point(51.50452, -0.13225)

    assert distance_metres(darlington, darlington) == 0
    assert distance_metres(Point(54, -1), Point(55, -1)) == pytest.approx(math.pi / 180 * 6_371_008.8)
    assert distance_metres(darlington, london) == pytest.approx(349_400, rel=0.003)
    assert distance_metres(darlington, london) == distance_metres(london, darlington)
    assert distance_metres(Point(0, 0), Point(0, 180)) == pytest.approx(math.pi * 6_371_008.8)


def test_grid_agrees_with_the_worked_example_of_ordnance_survey() -> None:
    lat, lon = grid_to_airy(651409.903, 313177.270)

    assert math.degrees(lat) == pytest.approx(52 + 39 / 60 + 27.2531 / 3600, abs=1e-8)
    assert math.degrees(lon) == pytest.approx(1 + 43 / 60 + 4.5177 / 3600, abs=1e-8)


@pytest.mark.parametrize("name", OS_TEST_POINTS)
def test_grid_to_wgs84_is_within_five_metres_of_ordnance_survey(name: str) -> None:
    easting, northing, lat, lon = OS_TEST_POINTS[name]
    truth = Point(lat, lon)

    assert distance_metres(truth, grid_to_point(easting, northing)) < 5
    # Without the change of datum the place would be off by a street or two: the check above can fail.
    airy_lat, airy_lon = grid_to_airy(easting, northing)
    assert distance_metres(truth, Point(math.degrees(airy_lat), math.degrees(airy_lon))) > 50


def test_outcodes_know_where_they_are_and_when_they_are_shared() -> None:
    dl1 = find_outcode("dl1 1aa")
    assert dl1 is not None
    assert (dl1.lat, dl1.lon) == pytest.approx((54.530, -1.539), abs=0.001)
    assert dl1.council_gss == "E06000005"
    dl3 = find_outcode("DL3 7TX")
    assert dl3 is not None
    assert dl3.only_council_gss == "E06000005"

    dl2 = find_outcode("DL2")
    assert dl2 is not None
    assert dl2.councils_spanned == 4
    assert dl2.only_council_gss is None

    assert len(list_outcodes()) == 2863
    assert find_outcode("BN91") is None
    assert find_outcode("BT1") is None
    assert find_outcode("nonsense") is None


def test_a_position_is_named_by_its_nearest_outcode_and_not_by_post_office_boxes() -> None:
    assert nearest_outcode(Point(54.5299, -1.5388)).outcode == "DL1"
    assert nearest_outcode(Point(53.444269, -2.279043)).outcode == "M21"
    boxes = find_outcode("LS98")
    assert boxes is not None
    assert boxes.postcodes <= 3
    assert nearest_outcode(boxes.point).outcode != "LS98"


def test_care_is_the_county_council_s_in_two_tier_areas() -> None:
    assert asc_council_for("E06000005").official_name == "Darlington Borough Council"
    assert asc_council_for("E07000032").official_name == "Derbyshire County Council"
    assert get_council("E10000007").is_asc_council
    assert not get_council("E07000032").is_asc_council

    councils = list_asc_councils()
    assert len(councils) == 153
    assert [council.name for council in councils] == sorted(council.name for council in councils)
    with pytest.raises(UnknownCouncil):
        get_council("E99999999")


def test_former_and_newer_codes_find_the_council() -> None:
    assert get_council("E08000038").name == "Barnsley"
    assert get_council("E08000039").name == "Sheffield"
    assert get_council("E08000020").name == "Gateshead"
    assert find_council("S12000033") is None


@pytest.mark.parametrize(
    ("name", "gss"),
    [
        ("Darlington", "E06000005"),
        ("darlington borough council", "E06000005"),
        ("Bristol, City of", "E06000023"),
        ("Hull", "E06000010"),
        ("Herefordshire, County of", "E06000019"),
        ("St Helens", "E08000013"),
        ("Telford & Wrekin", "E06000020"),
        ("Derby", "E06000015"),
        ("Derbyshire", "E10000007"),
        ("City of London", "E09000001"),
    ],
)
def test_councils_are_found_by_names_of_every_spelling(name: str, gss: str) -> None:
    found = find_council_by_name(name)
    assert found is not None
    assert found.gss == gss


@pytest.mark.parametrize("name", ["", "Council", "London", "Atlantis", "of the"])
def test_a_name_of_no_one_council_finds_none(name: str) -> None:
    assert find_council_by_name(name) is None


@pytest.mark.parametrize(
    ("code", "mended"),
    [
        ("E0800003", "E08000003"),
        ("E0800009", "E08000009"),
        (" e0800003 ", "E08000003"),
        ("E08000010", "E08000010"),
        ("E065", "E06000005"),
        ("S12000033", "S12000033"),
        ("E0899999", None),
        ("Darlington", None),
        ("", None),
    ],
)
def test_lost_zeros_of_council_codes_come_back(code: str, mended: str | None) -> None:
    assert mend_gss(code) == mended


def test_packaged_outcodes_agree_with_the_conversion_here() -> None:
    """The packaged means were computed by another program: a sample of Code-Point Open must give the same places."""
    sample = Path(__file__).parents[2] / "data" / "imports" / "code_point" / "Data" / "CSV" / "dl.csv"
    with sample.open(encoding="utf-8", newline="") as file:
        for postcode, _, easting, northing, *_ in csv.reader(file):
            outcode = find_outcode(postcode)
            assert outcode is not None
            assert distance_metres(outcode.point, grid_to_point(float(easting), float(northing))) < 2500
