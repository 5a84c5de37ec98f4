"""Use cases of catalogue: verbs that own their transaction."""
