"""Dated open data in the demo: unclaimed providers, free places and the postcodes of the town."""

from collections.abc import Callable
from importlib import resources

from catalogue.importing import PostcodeRow, read_directory, read_postcodes, read_providers
from catalogue.services import imports
from catalogue.services.postcodes import find_postcode, import_postcodes

PROVIDERS = ("trafford_care_homes.csv", "gm_care_homes.csv", "SCP_north_east_and_gm_extract.csv")
DIRECTORIES = (
    "gm_libraries.csv",
    "gm_pharmacies.csv",
    "gm_food_banks.csv",
    "trafford_mental_health_services.csv",
    "trafford_leisure_centres.csv",
    "trafford_community_hubs.csv",
)
POSTCODES = "code_point_darlington.csv"


def bring_in(say: Callable[[str], None]) -> None:
    """Import every packaged file through the services that `marketplace import` uses; safe to run again."""
    with _folder() as folder:
        import_postcodes(folder / POSTCODES, dry_run=False, say=_quiet)
        for name in PROVIDERS:
            reading = read_providers(folder / name, find_postcode=find_postcode)
            report = imports.import_records(
                reading, kind="providers", file_name=name, dry_run=False, allow_gone=False, say=_quiet
            )
            say(f"  {report.summary()}")
        for name in DIRECTORIES:
            places = read_directory(folder / name, find_postcode=find_postcode)
            report = imports.import_records(
                places, kind="directory", file_name=name, dry_run=False, allow_gone=False, say=_quiet
            )
            say(f"  {report.summary()}")


def town_postcodes() -> list[str]:
    """Every real postcode of the town that has a place, in the order of the file."""
    with _folder() as folder:
        rows = read_postcodes(folder / POSTCODES)
        return [row.postcode for row in rows if isinstance(row, PostcodeRow) and row.lat is not None]


def _folder():
    return resources.as_file(resources.files("marketplace.demo").joinpath("data/open"))


def _quiet(_words: str) -> None:
    """Progress is said by file here."""
