"""Load files of budgets: keep, check, show, confirm, take. Good rows go on, bad rows come back with what to do.

Loading the same file again changes nothing: rows are known by the council's reference. A changed amount is a new entry
of the budget book and never an overwrite, and a cut waits for a second person. A file is taken chunk by chunk, each in
a transaction that also says how far it came: whoever dies is followed by somebody who goes on from there.
"""

from budgets.services.loads.confirming import FORGOTTEN, TotalsDiffer, confirm
from budgets.services.loads.importing import Imported, import_file
from budgets.services.loads.preparing import ColumnChoice, choose_columns, columns_to_choose, forget_files, prepare
from budgets.services.loads.showing import Preview, preview, refused_rows
from budgets.services.loads.work import TOPIC, handle

__all__ = [
    "FORGOTTEN",
    "TOPIC",
    "ColumnChoice",
    "Imported",
    "Preview",
    "TotalsDiffer",
    "choose_columns",
    "columns_to_choose",
    "confirm",
    "forget_files",
    "handle",
    "import_file",
    "prepare",
    "preview",
    "refused_rows",
]
