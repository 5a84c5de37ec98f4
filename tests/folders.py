"""Where tests write, said before anything is written."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")

# Nothing that a test writes outlives it: where there is memory to spare, it need not wait for a disk either.
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 8 * 1024**3:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

# The embedded PostgreSQL widens the mode of the home folder when it has no runtime folder of its own.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="runtime-"))
