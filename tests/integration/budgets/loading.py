"""Files of budgets for tests of loading them, and what a council's people do with one."""

from budgets.loading.totals import ControlTotals
from budgets.queries.book import list_balances
from budgets.queries.people import find_person_by_reference
from budgets.services import loads
from tests.integration.budgets.finance import Finance

HEADER = "reference,person_reference,name,postcode,rail,pot,amount,starts_on,ends_on,review_on\n"
IDA = "B1,P1,Ida Cole,DL3 7TX,direct_payment,Respite,5200.00,2026-04-01,31/03/2027,01/10/2026\n"
ONE_ROW = ControlTotals(1, 520_000)
TOM = "B2,P2,Tom Ray,DL1 1AA,council_managed,,100,01/04/2026,31/03/2027,\n"


def load(team: Finance, text: str) -> loads.Preview:
    """Prepare, look, confirm; answers what was looked at."""
    load_id = loads.prepare(team.one, team.council_id, "budgets.csv", text.encode())
    seen = loads.preview(team.one, load_id)
    loads.confirm(team.one, load_id, ControlTotals(seen.row_count, seen.sum_pence))
    return seen


def amounts(team: Finance, reference: str = "P1") -> dict[str, int]:
    person = find_person_by_reference(team.council_id, reference)
    return {f"{b.pot_name} {b.starts_on.year}": b.allocated_pence for b in list_balances(person.id)} if person else {}


def counts(seen: loads.Preview) -> tuple[int, int, int, int]:
    figures = seen.figures
    return figures.taken, figures.changed, figures.unchanged, figures.refused


def many(count: int, *bad: int, amount: str = "100.00") -> str:
    """A file of many budgets, in which the rows with these numbers are bad, and one reference stands twice."""
    lines = [
        f"M{n},Q{n},Person {n},,dp,,{'lots' if n in bad else amount},2026-04-01,2027-03-31,"
        for n in range(1, count + 1)
    ]
    return HEADER + "\n".join(lines) + "\n" + lines[0] + "\n"
