"""Pages that need budgets and catalogue together: the plan, and shopping for its outcomes."""
