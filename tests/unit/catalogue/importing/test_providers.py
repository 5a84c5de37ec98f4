import csv
from datetime import date
from pathlib import Path

import pytest

import catalogue
from catalogue.importing import (
    ImportedProvider,
    RefusalKind,
    RefusedRow,
    UnreadableFile,
    categories,
    parse_column_map,
    read_providers,
)
from catalogue.importing.providers import CQC_DIRECTORY, FIELDS, GM_CARE_HOMES, NHS_CHOICES, TRAFFORD_CARE_HOMES
from marketplace.kernel.places import Point
from tests.unit.catalogue.importing.files import EXCERPTS

GM = EXCERPTS / "gm_care_homes.csv"
GM_HEADER = "name,type,address,postcode,telephone,website,area_name,area_code,lon,lat\n"
CQC_HEADER = (
    "Name,Also known as,Address,Postcode,Phone number,Service's website (if available),Service types,"
    "Date of latest check,Specialisms/services,Provider name,Local authority,Region,"
    "Location URL,CQC Location ID (for office use only),CQC Provider ID (for office use only)\n"
)
PAD = "," * 14


def taken(rows: list[ImportedProvider | RefusedRow]) -> dict[int, ImportedProvider]:
    return {row.row_number: row for row in rows if isinstance(row, ImportedProvider)}


def refused(rows: list[ImportedProvider | RefusedRow]) -> dict[int, RefusedRow]:
    return {row.row_number: row for row in rows if isinstance(row, RefusedRow)}


def cqc(*rows: str, header: str = CQC_HEADER, produced: str = "19 August 2026") -> bytes:
    above = f"CQC Locations data{PAD}\n{PAD}\nThis data was produced on {produced}{PAD}\n{PAD}\n"
    return (above + header + "".join(f"{row}\n" for row in rows)).encode()


def test_care_homes_of_greater_manchester_are_mended() -> None:
    reading = read_providers(GM)
    home = next(reading)

    assert home == ImportedProvider(
        row_number=2,
        source=GM_CARE_HOMES,
        source_key=home.source_key,  # type: ignore[arg-type]
        name="Higher Tunshill Farm",
        address="Tunshill Lane, Milnrow, Rochdale",
        postcode="OL16 3TS",
        council_gss="E08000005",  # the file says E0800005
        point=Point(53.614301, -2.085094),
        point_source=home.point_source,  # type: ignore[union-attr]
        attribution=reading.attribution,
        telephone="01706 843777",  # the file says 1706843777
        website="http://www.nestlingscare.com",
        category_slugs=("residential-homes",),
        service_types=("Residential homes",),
    )
    assert "Care Quality Commission" in reading.attribution
    assert reading.source == GM_CARE_HOMES


def test_codes_that_had_lost_no_zero_stay() -> None:
    wigan = taken(list(read_providers(GM)))[14]

    assert wigan.council_gss == "E08000010"
    assert wigan.website is None  # NA


def test_telephones_with_lost_digits_are_left_out_and_the_row_stays() -> None:
    homes = taken(list(read_providers(GM)))

    for number in (9, 10, 11):
        assert homes[number].telephone is None
        assert any("too short" in note for note in homes[number].notes)
    assert any("its last digits are lost" in note for note in homes[3].notes)


def test_types_joined_with_a_bar_are_all_kept() -> None:
    home = taken(list(read_providers(GM)))[12]

    assert home.service_types == ("Residential homes", "Homecare agencies", "Supported living")
    assert home.category_slugs == ("residential-homes", "home-care", "supported-living")


def test_rows_of_one_home_become_one_record_and_that_is_said() -> None:
    rows = list(read_providers(GM))
    merged = {number: row for number, row in refused(rows).items() if row.kind is RefusalKind.MERGED}

    assert {number: row.merged_into for number, row in merged.items()} == {4: 3, 6: 5, 8: 7}
    assert merged[6].reason == "says the same as row 5"
    assert "differs in website, category slugs, service types" in merged[4].reason
    assert "differs in telephone" in merged[8].reason
    heartly = taken(rows)[3]
    assert heartly.category_slugs == ("residential-homes", "nursing-homes")
    assert heartly.website == "http://www.c-i-c.co.uk"
    assert taken(rows)[7].telephone == "0161 440 2200"


def test_a_later_row_of_the_same_home_fills_what_the_first_lacks() -> None:
    row = "Elm House,Residential homes,1 Road,OL1 1AA,NA,NA,Oldham,E08000004,NA,NA\n"
    rows = list(read_providers((GM_HEADER + row + row.replace("NA,NA,Oldham", "1614960000,NA,Oldham")).encode()))

    assert taken(rows)[2].telephone == "0161 496 0000"
    assert refused(rows)[3].reason == (
        "has the name, postcode and address of row 2 and was joined with it; it differs in telephone"
    )


def test_keys_and_digests_stay_from_import_to_import() -> None:
    first, again = taken(list(read_providers(GM))), taken(list(read_providers(GM.read_bytes())))

    assert {row.source_key for row in first.values()} == {row.source_key for row in again.values()}
    assert {row.content_digest for row in first.values()} == {row.content_digest for row in again.values()}
    assert len({row.source_key for row in first.values()}) == len(first)

    # A row further down is the same row; a new telephone number is a change.
    moved = GM.read_text().replace(
        GM_HEADER, GM_HEADER + "Elm House,Residential homes,1 Road,OL1 1AA,NA,NA,Oldham,E08000004,NA,NA\n"
    )
    later = taken(list(read_providers(moved.encode())))
    assert later[3].source_key == first[2].source_key
    assert later[3].content_digest == first[2].content_digest
    changed = taken(list(read_providers(GM.read_text().replace("1706843777", "1706843778").encode())))
    assert changed[2].source_key == first[2].source_key
    assert changed[2].content_digest != first[2].content_digest


def test_trafford_care_homes_are_told_apart_by_cqc_id() -> None:
    reading = read_providers(EXCERPTS / "trafford_care_homes.csv")
    rows = list(reading)
    homes = taken(rows)

    assert reading.source == TRAFFORD_CARE_HOMES
    assert not refused(rows)
    twice = [home for home in homes.values() if home.name == "Halecroft Grange"]
    assert {home.source_key for home in twice} == {"cqc-location:1-11462647983", "cqc-location:1-19897458875"}
    assert {home.council_gss for home in homes.values()} == {"E08000009"}
    first = homes[2]
    assert first.address == "10 Spennithorne Road, Urmston, Manchester"
    assert first.provider_name == "Future Directions CIC"
    assert first.cqc_inspection_date == date(2023, 5, 31)
    never = [home for home in homes.values() if home.cqc_location_id == "1-19896727136"]
    assert never[0].cqc_inspection_date is None


def test_a_provider_named_in_person_is_not_published() -> None:
    header, first, *_ = (EXCERPTS / "trafford_care_homes.csv").read_text().splitlines()
    row = first.replace("Future Directions CIC", "Mr Alan Example & Mrs Beth Anne Example")

    home = taken(list(read_providers(f"{header}\n{row}\n".encode())))[2]

    assert home.name == "10 Spennithorne Road"
    assert home.provider_name is None
    assert "Example" not in repr(home)
    assert home.notes == ("name of the provider left out: it is a private person's",)


def test_a_home_named_in_person_is_refused_without_repeating_the_name() -> None:
    row = "Mrs A Example t/a The Elms,Residential homes,1 Road,OL1 1AA,NA,NA,Oldham,E08000004,NA,NA\n"
    other = "Ann Example House,Residential homes,1 Road,OL1 1AA,NA,NA,Oldham,E08000004,NA,NA\n"
    rows = list(read_providers((GM_HEADER + row + other).encode()))

    assert refused(rows)[2].reason == "it carries the name of a private person"
    assert taken(rows)[3].name == "Ann Example House"


def test_nhs_choices_is_read_in_its_own_encoding_and_delimiter() -> None:
    reading = read_providers(EXCERPTS / "nhs_choices.csv")
    rows = list(reading)
    providers = taken(rows)

    assert reading.source == NHS_CHOICES
    assert not refused(rows)
    assert providers[2].source_key == "cqc-provider:1-127865878"
    assert providers[2].address == "19 Lee Bank, Westhoughton, Bolton, Lancashire"
    assert providers[2].category_slugs == ()
    assert providers[5].name == "Homecare North East CIC"
    assert providers[5].category_slugs == ("home-care",)
    assert providers[7].category_slugs == ("places-to-live",)
    assert providers[6].council_gss == "E06000005"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("Hazelroyd Limited", "Jane Example"), "it carries the name of a private person"),
        (("Hazelroyd Limited", "Zebulon Quillfeather"), "it carries the name of a private person"),
        (("Hazelroyd Limited", ""), "it has no name"),
        (("Visible", "Hidden"), "its publisher marks it as Hidden"),
        (("M27 8UW", "M277 8UWW"), None),  # its coordinates still locate it
    ],
)
def test_rows_of_nhs_choices_that_must_not_be_published_are_refused(
    change: tuple[str, str], reason: str | None
) -> None:
    lines = (EXCERPTS / "nhs_choices.csv").read_bytes().decode("cp1252").split("\r\n")
    row = next(line for line in lines if "Hazelroyd" in line).replace(*change)

    rows = list(read_providers(f"{lines[0]}\r\n{row}\r\n".encode("cp1252")))

    assert [row.reason for row in refused(rows).values()] == ([reason] if reason else [])


def test_the_directory_of_the_care_quality_commission_is_read_as_published() -> None:
    home = (
        'Ash House,Ashes,"1 High Street,Darlington",DL3 7TX,01325496000,www.example.org,'
        "Homecare agencies|Supported living,14/Apr/2022 - 00:00,Dementia|Learning disabilities,Ash Care Limited,"
        "Darlington,North East,"
        "https://www.cqc.org.uk/location/1-1234567890,1-1234567890,1-1234567891"
    )
    dentist = home.replace("Homecare agencies|Supported living", "Dentist").replace("1-1234567890", "1-1234567899")
    alone = home.replace("Ash House,Ashes", "Jane Example,").replace("Ash Care Limited", "Jane Example")
    nicknamed = home.replace("Ashes", "Mrs Jane Example").replace("1-1234567890", "1-1234567898")
    reading = read_providers(cqc(home, dentist, alone, nicknamed))
    rows = list(reading)

    agency = taken(rows)[6]
    assert (reading.source, reading.as_of, reading.as_of_text) == (CQC_DIRECTORY, date(2026, 8, 19), "19 August 2026")
    assert agency.source_key == "cqc-location:1-1234567890"
    assert agency.cqc_provider_id == "1-1234567891"
    assert agency.address == "1 High Street, Darlington"
    assert agency.telephone == "01325 496000"
    assert agency.website == "http://www.example.org"
    assert agency.also_known_as == "Ashes"
    assert agency.category_slugs == ("home-care", "supported-living")
    assert agency.specialisms == ("Dementia", "Learning disabilities")
    assert agency.provider_name == "Ash Care Limited"
    assert agency.cqc_inspection_date == date(2022, 4, 14)
    assert agency.council_gss == "E06000005"
    assert agency.as_of == date(2026, 8, 19)
    assert refused(rows)[7] == RefusedRow(7, "not care or support: Dentist", RefusalKind.OUT_OF_SCOPE)
    assert refused(rows)[8].reason == "it carries the name of a private person"
    assert taken(rows)[9].also_known_as is None


def test_the_directory_of_2020_had_other_names_for_its_columns() -> None:
    header = (
        CQC_HEADER.replace("Local authority", "Local Authority")
        .replace("CQC Location ID (for office use only)", "CQC Location (for office use only")
        .replace("CQC Provider ID (for office use only)", "CQC Provider (for office use only")
    )
    row = (
        "Ash House,,1 High Street,DL3 7TX,01325496000,,Homecare agencies,14/04/2020 - 00:00,,Ash Care Limited,"
        "Darlington,North East,https://www.cqc.org.uk/location/1-1234567890,1-1234567890,1-1234567891"
    )

    agency = taken(list(read_providers(cqc(row, header=header, produced="01/04/2020"))))[6]

    assert agency.cqc_location_id == "1-1234567890"
    assert agency.cqc_inspection_date == date(2020, 4, 14)
    assert agency.as_of == date(2020, 4, 1)


def test_any_other_csv_is_read_with_a_column_map(tmp_path: Path) -> None:
    path = tmp_path / "ours.csv"
    path.write_text(
        "Ref;Business name;Line 1;Town;PCode;Tel;Mail;Blurb\n"
        '7;Green Fingers;2 Rose Lane;Darlington;dl37tx;01325 496000;hello@example.org;"<p>Gardens &amp; paths</p>"\n'
        "8;Susan Example;3 Rose Lane;Darlington;dl37tx;;;\n"
        "9;Susan Example Gardening;;;;;susan.example@example.org;Write to susan@example.org\n"
    )
    column_map = parse_column_map(
        [
            "name=Business name",
            "key=Ref",
            "address=Line 1+Town",
            "postcode=PCode",
            "telephone=Tel",
            "email=Mail",
            "description=blurb",
        ]
    )
    reading = read_providers(
        path, column_map, source_slug="darlington-micro", attribution="Darlington", as_of=date(2026, 1, 2)
    )
    rows = list(reading)

    garden = taken(rows)[2]
    assert garden.source == "darlington-micro"
    assert garden.source_key == "own:7"
    assert garden.address == "2 Rose Lane, Darlington"
    assert garden.postcode == "DL3 7TX"
    assert garden.email == "hello@example.org"
    assert garden.description == "Gardens & paths"
    assert (garden.as_of_text, garden.attribution) == ("2 January 2026", "Darlington")
    assert refused(rows)[3].reason == "it carries the name of a private person"
    assert refused(rows)[4].reason == "it has no postcode, and nothing else in the row says where it is"


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        (["name"], "“name” is no map of a column"),
        (["name="], "“name=” is no map of a column"),
        (["colour=Paint", "name=Name"], "“colour” is not something that a provider has here"),
        (["postcode=PCode"], "must say which column holds the name"),
    ],
)
def test_a_column_map_that_is_wrong_says_so(pairs: list[str], sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        parse_column_map(pairs)


def test_a_mapped_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UnreadableFile) as refusal:
        read_providers(b"Firm,PC\nAsh,DL3 7TX\n", {"name": "Business", "postcode": "PC"})

    assert "no column “business” (name)" in str(refusal.value)
    assert "Its columns are: Firm, PC." in str(refusal.value)


def test_an_unknown_header_names_what_was_seen_what_is_known_and_the_way_out() -> None:
    with pytest.raises(UnreadableFile) as refusal:
        read_providers(b"Firm,PC\nAsh,DL3 7TX\n")

    sentence = str(refusal.value)
    assert "(Firm, PC)" in sentence
    assert "the Care Quality Commission's directory" in sentence
    assert '--map name="Business name"' in sentence
    assert all(field in sentence for field in FIELDS)


def test_one_bad_row_never_rejects_the_file() -> None:
    good = "Elm House,Residential homes,1 Road,OL1 1AA,NA,NA,Oldham,E08000004,NA,NA\n"
    bad = ",Residential homes,1 Road,OL1 1AA,NA,NA,Oldham,E08000004,NA,NA\n"
    long = good.replace("NA\n", "NA,one,too,many\n")
    rows = list(read_providers((GM_HEADER + bad + good + long + good.replace("Elm", "Oak")).encode()))

    assert sorted(taken(rows)) == [3, 5]
    assert sorted(refused(rows)) == [2, 4]


def test_records_fit_the_columns_that_keep_them() -> None:
    long = f"{'Elm ' * 60}House,Residential homes,1 Road,OL1 1AA,NA,NA,Oldham,E08000004,NA,NA\n"
    home = taken(list(read_providers((GM_HEADER + long).encode())))[2]

    assert len(home.name) <= 120
    assert home.name.endswith("…")
    assert len(home.source) <= 40
    assert len(home.source_key) <= 120
    assert len(home.content_digest) == 64


def test_every_category_that_a_reader_names_is_one_of_the_catalogue() -> None:
    with (Path(catalogue.__file__).parent / "data" / "categories.csv").open(encoding="utf-8", newline="") as file:
        known = {row["slug"] for row in csv.DictReader(file)}

    named = {value for name, value in vars(categories).items() if name.isupper() and isinstance(value, str)}
    assert len(named) == 11
    assert named <= known


def test_the_same_home_in_two_files_has_one_place_key() -> None:
    old = taken(
        list(
            read_providers(
                (GM_HEADER + "The Ascot Care Home,Residential homes,1 Road,M33 6RX,NA,NA,Trafford,NA,NA,NA\n").encode()
            )
        )
    )
    new = taken(
        list(
            read_providers(
                (GM_HEADER + "Ascot House,Nursing homes,1 Road Sale,m336rx,NA,NA,Trafford,NA,NA,NA\n").encode()
            )
        )
    )
    other = taken(
        list(
            read_providers(
                (GM_HEADER + "Elm House,Nursing homes,1 Road Sale,m336rx,NA,NA,Trafford,NA,NA,NA\n").encode()
            )
        )
    )

    assert old[2].place_key == new[2].place_key == "m336rx:ascot"
    assert other[2].place_key != new[2].place_key
    assert old[2].source_key != new[2].source_key
