"""Reviews by people who really bought, replies and rating summaries."""
