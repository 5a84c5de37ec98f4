"""What an import did, row by row, in words that its publisher can act on."""

from collections import Counter
from dataclasses import dataclass, field

from catalogue.importing.records import ImportedPlace, ImportedProvider, RefusalKind, RefusedRow


@dataclass(slots=True)
class ImportReport:
    """Counters of one import, and the rows that need saying something about.

    taken: new here. changed: known, and different now. unchanged: known and the same. gone: known from before and no
    longer in the file (marked, not deleted). refused, merged, out_of_scope: rows that gave no record of their own,
    each with its reason.
    """

    file_name: str
    dry_run: bool = False
    taken: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    refused_rows: list[RefusedRow] = field(default_factory=list)
    noted_rows: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)

    @property
    def refused(self) -> int:
        return self._count(RefusalKind.REFUSED)

    @property
    def merged(self) -> int:
        return self._count(RefusalKind.MERGED)

    @property
    def out_of_scope(self) -> int:
        return self._count(RefusalKind.OUT_OF_SCOPE)

    def _count(self, kind: RefusalKind) -> int:
        return sum(row.kind is kind for row in self.refused_rows)

    def refuse(self, row: RefusedRow) -> None:
        """Keep a row that gave no record."""
        self.refused_rows.append(row)

    def note(self, record: ImportedProvider | ImportedPlace) -> None:
        """Keep the remarks on a record that was taken, when there are any."""
        if record.notes:
            self.noted_rows.append((record.row_number, record.notes))

    def text(self, *, longest: int = 50) -> str:
        """The report as lines of text: one line of counts, then rows with reasons, at most `longest` of each kind."""
        lines = [self.summary()]
        for kind, heading in _HEADINGS.items():
            rows = sorted((row for row in self.refused_rows if row.kind is kind), key=lambda row: row.row_number)
            if not rows:
                continue
            lines += ["", f"{heading} ({len(rows):,}):"]
            if kind is RefusalKind.OUT_OF_SCOPE:
                counts = Counter(row.reason for row in rows)
                entries = [f"  {count:,} × {reason}" for reason, count in counts.most_common()]
            else:
                entries = [f"  row {row.row_number}: {row.reason}" for row in rows]
            lines += _first(entries, longest)
        if self.noted_rows:
            lines += ["", f"Taken, with a remark ({len(self.noted_rows):,}):"]
            lines += _first(
                [f"  row {number}: {'; '.join(notes)}" for number, notes in sorted(self.noted_rows)], longest
            )
        return "\n".join(lines)

    def summary(self) -> str:
        """One line: "gm_care_homes.csv: 555 taken, 0 changed, 0 unchanged, 0 gone, 4 merged, 0 refused"."""
        counts = [
            f"{self.taken:,} taken",
            f"{self.changed:,} changed",
            f"{self.unchanged:,} unchanged",
            f"{self.gone:,} gone",
            f"{self.refused:,} refused",
        ]
        if self.merged:
            counts.append(f"{self.merged:,} joined with another row")
        if self.out_of_scope:
            counts.append(f"{self.out_of_scope:,} not care or support")
        tried = " (tried only, nothing was written)" if self.dry_run else ""
        return f"{self.file_name}: {', '.join(counts)}{tried}"


_HEADINGS = {
    RefusalKind.REFUSED: "Refused",
    RefusalKind.MERGED: "Joined with another row",
    RefusalKind.OUT_OF_SCOPE: "Passed over",
}


def _first(entries: list[str], longest: int) -> list[str]:
    left = len(entries) - longest
    return entries if left <= 0 else [*entries[:longest], f"  and {left:,} more"]
