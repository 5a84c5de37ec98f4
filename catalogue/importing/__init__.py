"""Readers that turn published files into frozen records. No database and no web in here.

    for row in read_providers("gm_care_homes.csv"):        # ImportedProvider | RefusedRow
    for row in read_directory("gm_libraries.csv"):         # ImportedPlace | RefusedRow
    for row in read_postcodes("codepo_gb.zip"):            # PostcodeRow | RefusedRow

A file that cannot be read at all raises UnreadableFile, one sentence long. One bad row never stops a file.
"""

from catalogue.importing.directory import read_directory
from catalogue.importing.postcodes import PostcodeRow, read_postcodes
from catalogue.importing.providers import parse_column_map, read_providers
from catalogue.importing.records import (
    ImportedPlace,
    ImportedProvider,
    OpeningPeriod,
    PlaceKind,
    PointSource,
    PostcodePosition,
    Reading,
    RefusalKind,
    RefusedRow,
)
from catalogue.importing.report import ImportReport
from catalogue.importing.rows import UnreadableFile

__all__ = [
    "ImportReport",
    "ImportedPlace",
    "ImportedProvider",
    "OpeningPeriod",
    "PlaceKind",
    "PointSource",
    "PostcodePosition",
    "PostcodeRow",
    "Reading",
    "RefusalKind",
    "RefusedRow",
    "UnreadableFile",
    "parse_column_map",
    "read_directory",
    "read_postcodes",
    "read_providers",
]
