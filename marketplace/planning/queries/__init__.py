"""Reads of planning, each in a stated order."""
