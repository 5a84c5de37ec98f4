"""Use cases of accounts: verbs that own their transaction."""
