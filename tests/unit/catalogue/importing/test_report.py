from catalogue.importing import ImportedProvider, ImportReport, RefusalKind, RefusedRow, read_providers
from tests.unit.catalogue.importing.files import EXCERPTS


def test_a_report_counts_and_gives_each_reason_with_its_row() -> None:
    report = ImportReport("gm_care_homes.csv")
    for row in read_providers(EXCERPTS / "gm_care_homes.csv"):
        if isinstance(row, ImportedProvider):
            report.taken += 1
            report.note(row)
        else:
            report.refuse(row)
    report.refuse(RefusedRow(30, "it has no name"))
    report.refuse(RefusedRow(31, "not care or support: Dentist", RefusalKind.OUT_OF_SCOPE))
    report.refuse(RefusedRow(32, "not care or support: Dentist", RefusalKind.OUT_OF_SCOPE))

    lines = report.text().splitlines()
    assert lines[0] == (
        "gm_care_homes.csv: 10 taken, 0 changed, 0 unchanged, 0 gone, 1 refused, 3 joined with another row, "
        "2 not care or support"
    )
    assert "  row 30: it has no name" in lines
    assert "  row 6: says the same as row 5" in lines
    assert "  2 × not care or support: Dentist" in lines
    assert "  row 9: telephone left out: “161688” is too short" in lines


def test_a_long_report_says_how_much_it_leaves_out() -> None:
    report = ImportReport("x.csv", dry_run=True, refused_rows=[RefusedRow(n, "it has no name") for n in range(2, 1002)])

    lines = report.text(longest=10).splitlines()
    assert lines[0] == "x.csv: 0 taken, 0 changed, 0 unchanged, 0 gone, 1,000 refused (tried only, nothing was written)"
    assert lines[-1] == "  and 990 more"
    assert len(lines) == 14
