"""Use cases of payments: verbs that own their transaction."""
