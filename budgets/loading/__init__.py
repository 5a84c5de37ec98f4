"""Files of budgets as councils export them: rows out of any CSV, and what is wrong with a row in words. Pure."""
