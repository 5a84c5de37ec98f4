"""Use cases of budgets: verbs that own their transaction."""
