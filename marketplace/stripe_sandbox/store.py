"""The sandbox's own SQLite file: every object as JSON, and the tables around them.

One process, one connection, one lock: each request is one `BEGIN IMMEDIATE` transaction, so that an object, the events
it causes and the saved idempotent reply are written together or not at all.
"""

import fcntl
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  account TEXT NOT NULL,
  created INTEGER NOT NULL,
  body TEXT NOT NULL CHECK (json_valid(body))
);
CREATE INDEX IF NOT EXISTS objects_in_order ON objects (type, account, seq);
CREATE INDEX IF NOT EXISTS objects_by_charge ON objects (type, json_extract(body, '$.charge'), seq);
CREATE INDEX IF NOT EXISTS objects_by_intent ON objects (type, json_extract(body, '$.payment_intent'), seq);
CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (type, json_extract(body, '$.customer'), seq);
CREATE INDEX IF NOT EXISTS objects_by_source ON objects (type, json_extract(body, '$.source'), seq);
CREATE INDEX IF NOT EXISTS objects_by_transfer ON objects (type, json_extract(body, '$.transfer'), seq);
CREATE INDEX IF NOT EXISTS objects_by_fee ON objects (type, json_extract(body, '$.fee'), seq);
CREATE INDEX IF NOT EXISTS objects_by_transfer_group ON objects (type, json_extract(body, '$.transfer_group'), seq);

CREATE TABLE IF NOT EXISTS idempotency_keys (
  account TEXT NOT NULL,
  key TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status INTEGER NOT NULL,
  reply TEXT NOT NULL,
  request_id TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (account, key)
);
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event TEXT NOT NULL,
  event_type TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'delivered', 'given_up', 'dropped')),
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at REAL NOT NULL,
  last_status INTEGER,
  last_error TEXT,
  note TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due_at, id);
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  options TEXT NOT NULL,
  remaining INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  due INTEGER NOT NULL,
  kind TEXT NOT NULL,
  object TEXT NOT NULL,
  options TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS tasks_due ON tasks (due, id);
CREATE TABLE IF NOT EXISTS requests (
  id TEXT PRIMARY KEY,
  created REAL NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  account TEXT NOT NULL,
  version TEXT,
  idempotency_key TEXT,
  status INTEGER NOT NULL,
  note TEXT
);
CREATE INDEX IF NOT EXISTS requests_in_order ON requests (created);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class FolderInUse(RuntimeError):
    """Another sandbox already keeps its file in this folder."""


class Transaction:
    """Reads and writes of one request. An object read twice is the same dict, so that no half of a change is lost."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.sql = connection
        self._loaded: dict[str, tuple[str, Json]] = {}

    def insert(self, body: Json, account: str) -> Json:
        """Keep a new object; `body` has `id`, `object` and `created`."""
        self.sql.execute(
            "INSERT INTO objects (id, type, account, created, body) VALUES (?, ?, ?, ?, ?)",
            (body["id"], body["object"], account, body["created"], json.dumps(body)),
        )
        self._loaded[body["id"]] = (account, body)
        return body

    def save(self, body: Json) -> Json:
        """Write back a changed object."""
        self.sql.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(body), body["id"]))
        return body

    def delete(self, identifier: str) -> None:
        """Forget an object."""
        self.sql.execute("DELETE FROM objects WHERE id = ?", (identifier,))
        self._loaded.pop(identifier, None)

    def find(self, identifier: str, type_name: str | None = None, account: str | None = None) -> Json | None:
        """An object by its identifier, or None when it is missing, of another type or of another account."""
        found = self._loaded.get(identifier)
        if found is None:
            row = self.sql.execute("SELECT account, body FROM objects WHERE id = ?", (identifier,)).fetchone()
            if row is None:
                return None
            found = self._loaded[identifier] = (row[0], json.loads(row[1]))
        owner, body = found
        if type_name is not None and body["object"] != type_name:
            return None
        if account is not None and owner != account:
            return None
        return body

    def owner_of(self, identifier: str) -> str:
        """The account that an object belongs to."""
        row = self.sql.execute("SELECT account FROM objects WHERE id = ?", (identifier,)).fetchone()
        return str(row[0])

    def select(
        self,
        type_name: str,
        account: str | None = None,
        where: Json | None = None,
        *,
        conditions: list[tuple[str, Any]] | None = None,
        oldest_first: bool = False,
        limit: int | None = None,
    ) -> list[Json]:
        """Objects of a type, newest first, whose JSON fields equal `where` (names such as `card.last4` go deep)."""
        sql = "SELECT account, id, body FROM objects WHERE type = ?"
        values: list[Any] = [type_name]
        if account is not None:
            sql, values = f"{sql} AND account = ?", [*values, account]
        for name, value in (where or {}).items():
            sql, values = f"{sql} AND json_extract(body, '$.{name}') = ?", [*values, value]
        for condition, value in conditions or []:
            sql, values = f"{sql} AND {condition}", [*values, value]
        sql += f" ORDER BY seq {'ASC' if oldest_first else 'DESC'}"
        if limit is not None:
            sql, values = f"{sql} LIMIT ?", [*values, limit]
        found = []
        for owner, identifier, body in self.sql.execute(sql, values).fetchall():
            if identifier not in self._loaded:
                self._loaded[identifier] = (owner, json.loads(body))
            found.append(self._loaded[identifier][1])
        return found

    def sequence_of(self, identifier: str) -> int | None:
        """Where an object stands in the order of creation."""
        row = self.sql.execute("SELECT seq FROM objects WHERE id = ?", (identifier,)).fetchone()
        return None if row is None else int(row[0])

    def get_state(self, name: str, default: str) -> str:
        """A value that belongs to the whole sandbox, such as the clock's offset."""
        row = self.sql.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return default if row is None else str(row[0])

    def set_state(self, name: str, value: str) -> None:
        """Keep such a value."""
        self.sql.execute(
            "INSERT INTO state VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
        )

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Writes inside are taken back when an error passes through, unless the error says `commits`."""
        self.sql.execute("SAVEPOINT handler")
        try:
            yield
        except BaseException as error:
            if not getattr(error, "commits", False):
                self.sql.execute("ROLLBACK TO handler")
                self._loaded.clear()
            raise
        finally:
            self.sql.execute("RELEASE handler")


class Store:
    """The file `stripe-sandbox.sqlite` in the data folder; `FolderInUse` when another process has it."""

    def __init__(self, data_folder: str | Path) -> None:
        folder = Path(data_folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._lock_file = (folder / "stripe-sandbox.lock").open("w")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock_file.close()
            raise FolderInUse(
                f"Another Stripe sandbox is using the folder {folder}. Stop it, or choose another."
            ) from None
        self.path = folder / "stripe-sandbox.sqlite"
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)
        # What was being sent when the last process ended is sent again: at least once, as at Stripe.
        self._connection.execute("UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'")
        self.closed = False

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One atomic change; others wait. An error rolls it back."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Give the file and the folder back."""
        with self._lock:
            if not self.closed:
                self.closed = True
                self._connection.close()
                self._lock_file.close()
