"""Full-text search: Whoosh keeps the index, arrays in memory answer from it, the database has the last word."""
