"""Caseloads, support plans, shopping together, statements and the record of who did what for whom."""
