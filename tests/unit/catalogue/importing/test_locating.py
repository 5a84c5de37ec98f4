import pytest

from catalogue.importing.locating import GivenPlace, locate
from catalogue.importing.records import PointSource, PostcodePosition
from marketplace.kernel.places import Point
from marketplace.places_data import find_outcode


def middle_of(outcode: str) -> Point:
    found = find_outcode(outcode)
    assert found is not None
    return found.point


def test_coordinates_of_the_file_are_believed_where_they_agree_with_the_postcode() -> None:
    where = locate(GivenPlace(postcode="OL16 2AY", lat="53.624754", lon="-2.142585", council_code="E0800005"))

    assert where.point == Point(53.624754, -2.142585)
    assert where.point_source is PointSource.FILE
    assert where.council_gss == "E08000005"
    assert where.notes == ()
    assert where.failing is None


def test_coordinates_of_another_place_give_way_to_the_postcode() -> None:
    chorlton = {"lat": "53.444269", "lon": "-2.279043"}

    where = locate(GivenPlace(postcode="M2 5PD", **chorlton))

    assert where.point == middle_of("M2")
    assert where.point_source is PointSource.OUTCODE
    assert where.notes == ("coordinates left out: they are 2.9 miles from M2, in M21",)
    # The same coordinates with a postcode of that place are believed.
    assert locate(GivenPlace(postcode="M21 9JG", **chorlton)).point_source is PointSource.FILE


@pytest.mark.parametrize(
    ("postcode", "lat", "lon"),
    [
        ("NE48 1BS", "55.164459", "-2.532069"),  # 11 miles from the middle of a large outcode
        ("DL2 1HA", "54.512848", "-1.448539"),  # DL2 is a ring around DL1 and DL3
    ],
)
def test_wide_outcodes_of_the_country_keep_true_coordinates(postcode: str, lat: str, lon: str) -> None:
    where = locate(GivenPlace(postcode=postcode, lat=lat, lon=lon))

    assert where.point_source is PointSource.FILE
    assert where.notes == ()


def test_a_known_postcode_gives_the_exact_place_and_the_council() -> None:
    known = PostcodePosition(Point(54.6, -1.5), "E06000047")

    where = locate(GivenPlace(postcode="DL1 3AA", council_code="E06000005"), lambda postcode: known)

    assert (where.point, where.point_source) == (Point(54.6, -1.5), PointSource.POSTCODE)
    assert where.council_gss == "E06000047"

    far = locate(GivenPlace(postcode="DL1 3AA", lat="54.53", lon="-1.55"), lambda postcode: known)
    assert far.point == Point(54.6, -1.5)
    assert far.notes == ("coordinates left out: they are 5.2 miles from DL1 3AA",)

    near = locate(GivenPlace(postcode="DL1 3AA", lat="54.601", lon="-1.501"), lambda postcode: known)
    assert near.point_source is PointSource.FILE


def test_an_outcode_that_councils_share_decides_no_council() -> None:
    assert locate(GivenPlace(postcode="DL2 1HA")).council_gss is None
    assert locate(GivenPlace(postcode="DL3 7TX")).council_gss == "E06000005"


@pytest.mark.parametrize(
    ("given", "council", "noted"),
    [
        (GivenPlace(council_code="E0800003"), "E08000003", False),
        (GivenPlace(council_name="Manchester"), "E08000003", False),
        (GivenPlace(council_code="E0800003", council_name="Manchester"), "E08000003", False),
        (GivenPlace(council_code="E08000009", council_name="Manchester"), "E08000003", True),
        (GivenPlace(postcode="DL2 1HA", council_name="Atlantis"), None, True),
        (GivenPlace(postcode="EH1 1YZ", council_code="S12000036"), None, False),
    ],
)
def test_councils_by_code_and_name(given: GivenPlace, council: str | None, noted: bool) -> None:
    where = locate(given)

    assert where.council_gss == council
    assert bool(where.notes) is noted


def test_an_impossible_postcode_fails_only_when_nothing_else_locates_the_row() -> None:
    alone = locate(GivenPlace(postcode="WA154 1HF"))
    assert alone.failing == "postcode “WA154 1HF” is not usable, and nothing else in the row says where it is"

    with_area = locate(GivenPlace(postcode="WA154 1HF", council_name="Trafford"))
    assert with_area.failing is None
    assert with_area.council_gss == "E08000009"
    assert with_area.postcode is None
    assert with_area.notes == ("postcode “WA154 1HF” is not usable",)

    assert locate(GivenPlace()).failing == "it has no postcode, and nothing else in the row says where it is"


def test_grid_positions_are_taken_too() -> None:
    where = locate(GivenPlace(postcode="DL1 1AA", easting="429177", northing="514182"))

    assert where.point == Point(54.522095, -1.550751)
    assert where.point_source is PointSource.FILE


@pytest.mark.parametrize(
    ("lat", "lon"), [("-1.5", "54.5"), ("48.85", "2.35"), ("nan", "-1.5"), ("north", "west"), ("54.5", "NA")]
)
def test_coordinates_outside_great_britain_are_left_out(lat: str, lon: str) -> None:
    where = locate(GivenPlace(postcode="DL1 1AA", lat=lat, lon=lon))

    assert where.point == middle_of("DL1")
    assert any("coordinates left out" in note for note in where.notes)
    assert locate(GivenPlace(lat=lat, lon=lon, council_name="Darlington")).point is None


def test_a_postcode_of_an_unknown_outcode_is_kept_and_that_said() -> None:
    where = locate(GivenPlace(postcode="BT1 1AA"))

    assert where.postcode == "BT1 1AA"
    assert where.point is None
    assert where.notes == ("no position is known for postcodes that begin with BT1",)
