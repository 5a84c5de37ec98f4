"""The budget book: what a person is entitled to spend, as facts that only grow.

Every function works inside the caller's transaction, is idempotent by `cause`, and answers the entry's id. A cause is
looked at before the balance: a replay of what happened answers the first entry even when nothing is left by then, and
the same cause with another amount, pot, order or kind is refused. The sums cached on the pot's period move in one
conditional UPDATE of columns of that row alone, so neither database can overspend: PostgreSQL looks at the condition
again after it has waited for the row.
"""

from budgets.services.book.acts import allocate, hold, reclaim, refund, release, require_open, spend

__all__ = ["allocate", "hold", "reclaim", "refund", "release", "require_open", "spend"]
