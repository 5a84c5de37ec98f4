"""People, personal budgets, holds and spending, mandates and outcomes."""
