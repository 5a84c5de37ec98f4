"""Shapes of the forms of budgets: a module per feature."""
