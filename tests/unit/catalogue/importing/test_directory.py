from datetime import date, time

import pytest

from catalogue.importing import (
    ImportedPlace,
    OpeningPeriod,
    PlaceKind,
    PointSource,
    RefusedRow,
    UnreadableFile,
    read_directory,
)
from catalogue.importing.referral import REFERRAL_WORDS, Referral, has_closed, referral_of
from tests.unit.catalogue.importing.files import EXCERPTS

FOOD_HEADER = "Name,Referral method,Opening times,Address,Postcode,Contact,Website,Area name,Area code\r\n"


def places(name: str) -> dict[str, ImportedPlace]:
    return {row.name: row for row in read_directory(EXCERPTS / name) if isinstance(row, ImportedPlace)}


def food_bank(
    contact: str = "NA", referral: str = "Referral", address: str = "1 Road", postcode: str = "M1 1AA"
) -> ImportedPlace:
    row = f'Example Food Bank,{referral},Monday,"{address}",{postcode},"{contact}",NA,Manchester,E08000003\r\n'
    found = next(read_directory((FOOD_HEADER + row).encode()))
    assert isinstance(found, ImportedPlace)
    return found


def test_libraries_are_access_points() -> None:
    library = places("gm_libraries.csv")["Blackrod Library"]

    assert library.kind is PlaceKind.ACCESS_POINT
    assert library.category_slugs == ("libraries",)
    assert library.email == "blackrod.library@bolton.gov.uk"
    assert library.place_type == "Local authority run library"
    assert library.council_gss == "E08000001"
    assert library.point_source is PointSource.FILE


def test_a_library_with_the_coordinates_of_another_is_put_where_its_postcode_is() -> None:
    libraries = places("gm_libraries.csv")

    assert libraries["City Library"].point_source is PointSource.OUTCODE
    assert libraries["City Library"].notes == ("coordinates left out: they are 2.9 miles from M2, in M21",)
    assert libraries["North City Library"].point_source is PointSource.FILE


def test_websites_without_http_get_it() -> None:
    assert places("gm_libraries.csv")["Bramhall Library"].website == "http://www.stockport.gov.uk/libraries"


def test_pharmacies_open_in_periods() -> None:
    found = places("gm_pharmacies.csv")
    pharmacy = found["A1 Pharmacy"]

    assert pharmacy.kind is PlaceKind.COMMUNITY
    assert pharmacy.source_key == "ods:FM664"
    assert pharmacy.opening_periods is not None
    assert pharmacy.opening_periods[1] == OpeningPeriod(0, time(14, 0), time(17, 30))
    assert (
        pharmacy.opening_text
        == "Monday to Friday 8:30am to 1pm and 2pm to 5:30pm; Saturday 9am to 12:30pm; Sunday closed"
    )
    assert pharmacy.point_source is PointSource.OUTCODE
    three = found["Asda Pharmacy"].opening_periods
    assert three is not None
    assert sum(period.weekday == 0 for period in three) == 3


def test_a_pharmacy_with_a_colon_for_a_comma_opens_twice_a_day() -> None:
    pharmacy = next(place for place in places("gm_pharmacies.csv").values() if place.postcode == "BL1 6AB")

    assert pharmacy.opening_periods is not None
    assert pharmacy.opening_periods[:2] == (OpeningPeriod(0, time(9), time(13)), OpeningPeriod(0, time(14), time(18)))
    assert len(pharmacy.notes) == 1
    assert "mended" in pharmacy.notes[0]


def test_line_breaks_inside_cells_of_food_banks_break_no_row() -> None:
    rows = list(read_directory(EXCERPTS / "gm_food_banks.csv"))
    found = {row.name: row for row in rows if isinstance(row, ImportedPlace)}

    assert [row.row_number for row in rows] == list(range(2, len(rows) + 2))
    lalley = found["Lalley Centre, part of Caritas Diocese of Salford"]
    assert lalley.opening_text == (
        "Food Bank – Wednesdays 10am – 12 noon\nEmergency Food Parcels – most days via phone when staff are available."
    )
    assert lalley.referral == Referral.SELF_REFERRAL
    assert lalley.email == "lalleycentre@caritassalford.org.uk"
    grocer = found["Coverdale & Newbank Community Food Membership Scheme"]
    assert (grocer.email, grocer.telephone) == ("info@coverdaleandnewbank.com", "0161 274 2186")
    assert grocer.website == "http://www.coverdaleandnewbank.com/community-projects"


def test_no_break_spaces_and_cells_that_say_nothing_are_gone() -> None:
    found = places("gm_food_banks.csv")

    assert not any("\u00a0" in repr(place) for place in found.values())
    assert found["Urban Outreach"].website == "http://www.urbanoutreach.co.uk/"
    assert found["St Cross Church"].website is None  # "not known"
    assert found["The Bridge at Leigh"].telephone is None
    assert found["The Bridge at Leigh"].notes == ()
    assert found["Heywood ST Vincent de Paul Society Food Bank"].telephone == "01706 369777"  # a letter O for the 0
    assert found["BRASS Bolton"].referral is None  # "Not known"


@pytest.mark.parametrize(
    ("contact", "telephone", "email", "noted"),
    [
        ("info@example.org\u00a00161 496 0000", "0161 496 0000", "info@example.org", 0),
        ("0161 496 0000 / info@example.org", "0161 496 0000", "info@example.org", 0),
        ("jane.doe@example.org", None, None, 1),
        ("jane@example.org / info@example.org", None, "info@example.org", 1),
        ("jane.doe...jane@example.org", None, None, 1),
        ("07700 900123", None, None, 1),
        ("O7700900123", None, None, 1),
        ("7700900123", None, None, 1),
        ("0161 496 0000 or 07700900123", "0161 496 0000", None, 1),
        ("jane@example.org / 07700900123", None, None, 2),
        ("Information will be posted asap", None, None, 1),
    ],
)
def test_a_contact_gives_what_may_be_shown_and_nothing_of_a_person(
    contact: str, telephone: str | None, email: str | None, noted: int
) -> None:
    place = food_bank(contact)

    assert (place.telephone, place.email) == (telephone, email)
    assert len(place.notes) == noted
    assert "jane" not in repr(place)
    assert "900123" not in repr(place).replace(" ", "")


def test_private_addresses_in_free_text_are_taken_out() -> None:
    place = food_bank(referral="Write to jane.doe@example.org first")

    assert place.referral_text == "Write to first"
    assert place.notes == ("e-mail in the text left out: it may be somebody's own",)


def test_a_food_bank_that_its_own_file_calls_closed_is_refused() -> None:
    row = "Example,We have been told that it is no longer open.,NA,1 Road,M1 1AA,NA,NA,Manchester,E08000003\r\n"
    refused = next(read_directory((FOOD_HEADER + row).encode()))

    assert isinstance(refused, RefusedRow)
    assert refused.reason.startswith("the file itself says that it may have closed")
    assert not has_closed("Open door")


def test_a_place_named_in_person_is_refused_and_a_shop_s_name_is_not() -> None:
    rows = "".join(
        f"{name},NA,NA,1 Road,M1 1AA,NA,NA,Manchester,E08000003\r\n"
        for name in ("Mrs Jane Example", "Dr Pill Pharmacy")
    )
    person, shop = read_directory((FOOD_HEADER + rows).encode())

    assert isinstance(person, RefusedRow)
    assert person.reason == "it carries the name of a private person"
    assert isinstance(shop, ImportedPlace)


def test_an_address_that_is_a_remark_is_not_shown_as_an_address() -> None:
    place = food_bank(address="1 High Street, Bury, please note the entrance is at the back")

    assert place.address == "1 High Street, Bury"
    assert place.description == "Please note the entrance is at the back"


def test_an_impossible_postcode_costs_the_row_only_where_no_area_is_given() -> None:
    with_area = food_bank(postcode="WA154 1HF")
    assert (with_area.postcode, with_area.council_gss) == (None, "E08000003")
    assert with_area.notes == ("postcode “WA154 1HF” is not usable",)

    refused = [
        row for row in read_directory(EXCERPTS / "trafford_mental_health_services.csv") if isinstance(row, RefusedRow)
    ]
    assert [(row.row_number, row.reason) for row in refused] == [
        (3, "postcode “WA154 1HF” is not usable, and nothing else in the row says where it is")
    ]


def test_leisure_centres_and_hubs_keep_their_words_and_are_in_trafford() -> None:
    centres = places("trafford_leisure_centres.csv")
    centre = centres["Stretford Sports Village, Chester Centre"]
    assert centre.opening_text == "Mon-Fri: 6.30am-10:00pm, Sat-Sun: 8:00am-6:00pm"
    assert centre.facilities is not None
    assert centre.managed_by == "Trafford Leisure CIC"
    assert centre.council_gss == "E08000009"

    hubs = places("trafford_community_hubs.csv")
    assert len(hubs) == 6  # the last without a line end
    hub = hubs["Old Trafford community hub"]
    assert hub.point is not None
    assert (hub.point.lat, hub.point.lon) == (53.458026, -2.268438)
    assert hub.email == "info@stjohnscentre.org"
    assert hub.council_gss == "E08000009"


@pytest.mark.parametrize(
    ("written", "way"),
    [
        ("Foodbank Voucher", Referral.VOUCHER),
        ("Foodbank vouchers", Referral.VOUCHER),
        ("self-referral", Referral.SELF_REFERRAL),
        ("Referral or self-refer", Referral.SELF_REFERRAL),
        ("Referral only", Referral.REFERRAL),
        ("£2 a week membership", Referral.MEMBERSHIP),
        ("Meals Only", Referral.MEALS),
        ("Café", Referral.MEALS),
        ("Open door", Referral.OPEN),
        ("Proof  of benefits required", Referral.ASSESSMENT),
        ("By appointment", Referral.APPOINTMENT),
        ("Local families", Referral.ASK),
        (None, None),
    ],
)
def test_ways_to_be_helped_are_few_however_they_are_spelt(written: str | None, way: Referral | None) -> None:
    assert referral_of(written) is way
    assert set(REFERRAL_WORDS) == set(Referral)


def test_rows_of_newer_councils_and_unknown_files_have_their_own_day() -> None:
    """A file that is not byte for byte a known release gets no day, rather than a wrong one."""
    reading = read_directory(EXCERPTS / "gm_libraries.csv")
    assert (reading.as_of, reading.as_of_text) == (None, None)
    told = read_directory(EXCERPTS / "gm_libraries.csv", as_of=date(2024, 5, 6))
    assert told.as_of_text == "6 May 2024"


def test_a_file_of_providers_is_sent_to_the_other_reader() -> None:
    with pytest.raises(UnreadableFile, match="read it with import providers"):
        read_directory(EXCERPTS / "gm_care_homes.csv")
    with pytest.raises(UnreadableFile, match="columns that are not known here"):
        read_directory(b"Firm,PC\nAsh,DL3 7TX\n")
