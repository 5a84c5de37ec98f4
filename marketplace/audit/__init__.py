"""The append-only record of who did what for whom, and why; linked by the worker into one hash chain."""
