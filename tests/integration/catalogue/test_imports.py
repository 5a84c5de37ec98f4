"""Published files come in again and again: nothing doubled, lost or deleted, and one bad row stops nobody."""

from datetime import date
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, update

from catalogue.domain import ListingState, ProviderState
from catalogue.importing import ImportReport, read_directory, read_providers
from catalogue.models import ImportRun, Listing, Postcode, Provider
from catalogue.services import imports
from catalogue.services.postcodes import find_postcode, import_postcodes
from marketplace.accounts.models import Organisation
from marketplace.database import db, transaction
from marketplace.outbox.models import OutboxRow

EXCERPTS = Path(__file__).parents[2] / "data" / "imports"
MAP = {"name": "Business", "postcode": "PCode", "address": "Street", "telephone": "Phone"}


def providers(file: Path, **options: bool) -> ImportReport:
    reading = read_providers(file, find_postcode=find_postcode)
    return _run(reading, file, "providers", options)


def directory(file: Path, **options: bool) -> ImportReport:
    return _run(read_directory(file, find_postcode=find_postcode), file, "directory", options)


def own(file: Path, **options: bool) -> ImportReport:
    reading = read_providers(file, MAP, source_slug="own-list", attribution="Our own list.")
    return _run(reading, file, "providers", options)


def _run(reading: object, file: Path, kind: str, options: dict[str, bool]) -> ImportReport:
    settings = {"dry_run": False, "allow_gone": False, **options}
    return imports.import_records(reading, kind=kind, file_name=file.name, say=lambda _: None, **settings)


def written(folder: Path, *rows: str) -> Path:
    file = folder / "own.csv"
    file.write_text("Business,Street,PCode,Phone\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return file


def states() -> dict[str, ListingState]:
    return dict(db.session.execute(select(Listing.title, Listing.state).order_by(Listing.id)).all())


ASH = 'Ash Lodge,"1 High Row, Darlington",DL3 7TX,1325555001'
ELM = 'Elm House,"2 High Row, Darlington",DL3 7TX,1325555002'
OAK = 'Oak Court,"3 High Row, Darlington",DL3 7TX,1325555003'


def test_an_import_run_twice_doubles_nothing(app: Flask) -> None:
    file = EXCERPTS / "gm_care_homes.csv"
    first = providers(file)
    listings = db.session.scalar(select(func.count(Listing.id)))
    assert first.taken == listings > 0
    again = providers(file)
    assert (again.taken, again.changed, again.unchanged, again.gone) == (0, 0, first.taken, 0)
    assert db.session.scalar(select(func.count(Listing.id))) == listings
    assert db.session.scalar(select(func.count(Organisation.id))) == listings


def test_a_changed_row_changes_and_a_row_that_went_is_marked_and_can_come_back(app: Flask, tmp_path: Path) -> None:
    own(written(tmp_path, ASH, ELM, OAK))
    report = own(written(tmp_path, ASH.replace("5001", "5009"), OAK))
    assert (report.changed, report.unchanged, report.gone) == (1, 1, 1)
    assert states() == {
        "Ash Lodge": ListingState.PUBLISHED,
        "Elm House": ListingState.GONE,
        "Oak Court": ListingState.PUBLISHED,
    }
    phone = db.session.scalar(
        select(Organisation.phone)
        .join(Listing, Listing.organisation_id == Organisation.id)
        .where(Listing.title == "Ash Lodge")
    )
    assert phone == "01325 555009"
    assert own(written(tmp_path, ASH.replace("5001", "5009"), ELM, OAK)).changed == 1
    assert set(states().values()) == {ListingState.PUBLISHED}


def test_one_bad_row_is_reported_with_its_number_and_the_others_come_in(app: Flask, tmp_path: Path) -> None:
    report = own(written(tmp_path, ASH, "Nowhere House,,ZZ99 9ZZZ,1", OAK))
    assert report.taken == 2
    assert [(row.row_number, bool(row.reason)) for row in report.refused_rows] == [(3, True)]


def test_a_dry_run_writes_nothing_and_counts_the_same(app: Flask, tmp_path: Path) -> None:
    report = own(written(tmp_path, ASH, ELM), dry_run=True)
    assert report.taken == 2
    assert db.session.scalar(select(func.count(Listing.id))) == 0
    assert db.session.scalar(select(func.count(ImportRun.id))) == 0


def test_a_file_of_another_area_does_not_empty_the_list(app: Flask, tmp_path: Path) -> None:
    rows = [ASH.replace("Ash", f"Ash{n}").replace("5001", f"5{n:03d}") for n in range(12)]
    own(written(tmp_path, *rows))
    assert own(written(tmp_path, ELM)).gone == 0
    assert set(states().values()) == {ListingState.PUBLISHED}
    assert own(written(tmp_path, ELM), allow_gone=True).gone == 12


def test_a_provider_that_signed_up_speaks_for_itself(app: Flask, tmp_path: Path) -> None:
    own(written(tmp_path, ASH))
    with transaction():
        db.session.execute(update(Provider).values(state=ProviderState.APPROVED))
        db.session.execute(update(Listing).values(summary="Our own words"))
    report = own(written(tmp_path, ASH.replace("5001", "5009")))
    assert (report.changed, report.unchanged) == (0, 1)
    assert db.session.scalar(select(Listing.summary)) == "Our own words"


def test_the_newer_of_two_lists_speaks_for_a_place_that_is_on_both(app: Flask, tmp_path: Path) -> None:
    file = written(tmp_path, ASH)

    def listed(slug: str, day: date) -> ImportReport:
        reading = read_providers(file, MAP, source_slug=slug, attribution="A list.", as_of=day)
        return _run(reading, file, "providers", {})

    assert listed("old-list", date(2019, 7, 17)).taken == 1
    assert listed("new-list", date(2026, 2, 25)).taken == 1
    assert listed("old-list", date(2019, 7, 17)).taken == 0
    assert listed("middle-list", date(2024, 1, 1)).taken == 0
    rows = db.session.execute(select(Listing.source, Listing.state).order_by(Listing.id)).all()
    assert rows == [("old-list", ListingState.GONE), ("new-list", ListingState.PUBLISHED)]


def test_libraries_are_access_points_and_food_banks_are_free(app: Flask) -> None:
    directory(EXCERPTS / "gm_libraries.csv")
    directory(EXCERPTS / "gm_food_banks.csv")
    rows = db.session.execute(select(Listing.is_access_point, Listing.price_pence).distinct()).all()
    assert set(rows) == {(True, 0), (False, 0)}
    assert db.session.scalar(select(func.count(Listing.id)).where(Listing.attribution.is_(None))) == 0


def test_an_import_asks_for_the_index_once(app: Flask, tmp_path: Path) -> None:
    own(written(tmp_path, ASH, ELM))
    own(written(tmp_path, ASH, ELM))
    topics = db.session.execute(select(OutboxRow.topic)).scalars().all()
    assert topics == [imports.REINDEX_TOPIC]


def test_postcodes_are_written_once_and_give_the_responsible_council(app: Flask) -> None:
    folder = EXCERPTS / "code_point"
    first = import_postcodes(folder, dry_run=False, say=lambda _: None)
    rows = db.session.scalar(select(func.count()).select_from(Postcode))
    assert first.taken == rows > 0
    import_postcodes(folder, dry_run=False, say=lambda _: None)
    assert db.session.scalar(select(func.count()).select_from(Postcode)) == rows
    assert db.session.scalar(select(Postcode.council_gss).where(Postcode.district_gss == "E06000005").limit(1)) == (
        "E06000005"
    )
