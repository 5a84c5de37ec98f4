"""Reads of payments, always in a stated order."""
