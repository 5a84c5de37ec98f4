import zipfile
from pathlib import Path

import pytest

from catalogue.importing.postcodes import PostcodeRow, read_postcodes
from catalogue.importing.records import RefusedRow
from catalogue.importing.rows import UnreadableFile
from tests.unit.catalogue.importing.files import EXCERPTS, whole_file

CODE_POINT = EXCERPTS / "code_point"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "ab.csv"
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode())
    return path


def test_a_folder_is_read_area_by_area_without_its_column_headers() -> None:
    rows = list(read_postcodes(CODE_POINT))

    assert rows[0] == PostcodeRow("DL1 1AA", 54.522095, -1.550751, "E06000005", "E05010425", 10)
    assert [row.postcode for row in rows if isinstance(row, PostcodeRow)] == [
        "DL1 1AA", "DL1 1AW", "DL1 1AX", "OL1 1AA", "OL11 3GE", "OL11 3GG", "OL16 5AZ", "OL12 0TH",
    ]  # fmt: skip
    assert (CODE_POINT / "Doc" / "Code-Point_Open_Column_Headers.csv").exists()


def test_what_is_beside_the_data_is_passed_over(tmp_path: Path) -> None:
    for name, text in (
        ("Doc/Codelist.csv", "E06000005,Darlington\n"),
        ("__MACOSX/._dl.csv", "x\n"),
        ("CSV/.dl.csv", "x\n"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "CSV" / "DL.CSV").write_bytes((CODE_POINT / "Data" / "CSV" / "dl.csv").read_bytes())

    assert [isinstance(row, PostcodeRow) for row in read_postcodes(tmp_path)] == [True] * 3


def test_rows_without_a_district_keep_their_place() -> None:
    without = [row for row in read_postcodes(CODE_POINT / "Data" / "CSV" / "ol.csv") if not row.district_gss]  # type: ignore[union-attr]

    assert [row.postcode for row in without] == ["OL11 3GE", "OL11 3GG", "OL16 5AZ"]  # type: ignore[union-attr]
    assert without[0] == PostcodeRow("OL11 3GE", 53.599208, -2.177479, None, None, 60)


def test_the_download_is_read_as_a_zip(tmp_path: Path) -> None:
    archive = tmp_path / "codepo_gb.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(CODE_POINT.rglob("*.csv")):
            file.write(path, path.relative_to(CODE_POINT))

    assert list(read_postcodes(archive)) == list(read_postcodes(CODE_POINT))


def test_older_releases_pad_postcodes_to_seven_characters(tmp_path: Path) -> None:
    tail = ',10,394251,806376,"S92000003","","S08000020","","S12000033","S13002842"'
    path = write(tmp_path, f'"AB101AB"{tail}', f'"B1  1AY"{tail}', f'"BL0 0AA"{tail}')

    assert [row.postcode for row in read_postcodes(path) if isinstance(row, PostcodeRow)] == [
        "AB10 1AB",
        "B1 1AY",
        "BL0 0AA",
    ]


def test_quality_90_has_no_position(tmp_path: Path) -> None:
    path = write(tmp_path, '"BN91 9AA",90,0,0,"E92000001","E19000002","E18000009","","E06000043","E05015401"')

    assert list(read_postcodes(path)) == [PostcodeRow("BN91 9AA", None, None, "E06000043", "E05015401", 90)]


def test_one_bad_row_does_not_stop_the_rest(tmp_path: Path) -> None:
    good = '"DL1 1AA",10,429177,514182,"E92000001","E19000001","E18000001","","E06000005","E05010425"'
    path = write(tmp_path, good, '"DL1 1AG",10', good.replace("429177", "east"), good.replace("DL1 1AA", "????"), good)
    rows = list(read_postcodes(path))

    assert [isinstance(row, RefusedRow) for row in rows] == [False, True, True, True, False]
    assert [row.row_number for row in rows if isinstance(row, RefusedRow)] == [2, 3, 4]


def test_files_that_are_something_else_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="There is no file"):
        read_postcodes(tmp_path / "none.csv")
    with pytest.raises(UnreadableFile, match="has no CSV files of Code-Point Open"):
        read_postcodes(tmp_path)
    with pytest.raises(UnreadableFile, match="is not Code-Point Open"):
        read_postcodes(EXCERPTS / "gm_care_homes.csv")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(UnreadableFile, match="is not Code-Point Open"):
        read_postcodes(tmp_path / "empty.csv")


def test_three_whole_areas_are_read_without_a_refusal() -> None:
    rows = list(read_postcodes(whole_file("codepointopen_sample")))

    assert len(rows) == 13_487 + 13_211 + 2_576
    assert not [row for row in rows if isinstance(row, RefusedRow)]
    assert sum(isinstance(row, PostcodeRow) and row.district_gss is None for row in rows) == 3
