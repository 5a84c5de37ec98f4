"""Reads of budgets, each in a stated order."""
