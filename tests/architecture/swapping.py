"""Every id in every request that somebody may make is swapped for another's.

Each of those who may use our world opens all their pages, follows what the pages link to, and sends each form that they
find, filled in. Whatever names a thing of ours then, in the path, in the query or in a field of the form, is swapped in
turn for its counterpart of theirs. Nothing of theirs may be shown, and nothing that is written may touch or name it.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from marketplace.database import db
from marketplace.extensions import limiter
from tests.architecture import fields
from tests.architecture.access_table import TABLE
from tests.architecture.forms import Form, as_data, filled_in, query_of, read
from tests.architecture.refusals import refusals
from tests.architecture.two_worlds import PUBLIC, THEIRS, TwoWorlds
from tests.architecture.world import everything
from tests.browser import sign_in

_ID = re.compile(r"\d{8,}")
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_ERROR = ("govuk-error-summary", "govuk-error-message", "notice--problem")
_LONG = 5
ANYBODY = {("budgets.grant_mandate", "staff"): "whoever is to act is named by their address, and may be anybody"}
"""Fields in which somebody else's is right, and why."""
LEFT_OUT = frozenset({"accounts.sign_out", "payments.stripe_webhook", "ui.static"})


@dataclass(frozen=True)
class Sent:
    """One request: the path and the query of its address, and the fields of a form."""

    who: str
    endpoint: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    data: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    def __str__(self) -> str:
        return f"{self.who} {self.method} {self.address} ({self.endpoint})"


@dataclass(frozen=True)
class Swap:
    """A request with one thing of theirs in it: where it stands, by which name, and of which table it is."""

    sent: Sent
    place: str
    name: str
    table: str

    def __str__(self) -> str:
        return f"{self.sent}: {self.place} {self.name} ({self.table})"


@dataclass
class Tally:
    """What was tried, and what was wrong."""

    pages: int = 0
    forms: int = 0
    accepted: set[tuple[str, str]] = field(default_factory=set)
    swaps: int = 0
    swapped: set[tuple[str, str, str]] = field(default_factory=set)
    answers: dict[str, int] = field(default_factory=dict)
    ours: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unlisted: set[str] = field(default_factory=set)
    unmoved: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        by_place = Counter(place for _, place, _ in self.swapped)
        return (
            f"{self.pages} pages and {self.forms} forms, {len(self.accepted)} kinds of them taken as they were sent; "
            f"{self.swaps} requests with something of another's: {by_place['path']} in paths, {by_place['query']} in "
            f"queries, {by_place['data']} in fields of forms; answers: "
            + ", ".join(f"{number} {words}" for words, number in sorted(self.answers.items()))
        )


class Swapping:
    """The walk of those who may, in a database that is put back after each change."""

    def __init__(self, app: Flask, client: FlaskClient, two: TwoWorlds) -> None:
        self.app, self.client, self.two = app, client, two
        self.tally = Tally()
        self.listed = fields.listed()
        self.map = app.url_map.bind("localhost")
        self.private = {str(each) for table, ids in two.their_ids.items() if table not in PUBLIC for each in ids}
        self.some: dict[str, str] = {}
        for value in map(str, two.ours.ids.values()):
            if value in two.table_of:
                self.some.setdefault(two.table_of[value], two.counterpart[value])
        self.done: set[object] = set()
        db.session.remove()
        self.file = str(db.engine.url.database)

    def __enter__(self) -> "Swapping":
        self.kept = sqlite3.connect(":memory:")
        self.watch = sqlite3.connect(self.file)
        return self

    def __exit__(self, *_: object) -> None:
        self.kept.close()
        self.watch.close()

    def _version(self) -> int:
        """A number that is another one after each write."""
        return int(self.watch.execute("PRAGMA data_version").fetchone()[0])

    def walk(self, who: str, *, only: Collection[str] = ()) -> None:
        """All that one of the cast may do; or what there is to do on a few pages."""
        sign_in(self.client, self.two.cast[who])
        self._keep()
        found = _TOKEN.search(self.client.get("/page-settings").get_data(as_text=True))
        assert found
        self.token = found[1]
        self._keep()
        todo, seen = [page for page in self._pages(who) if not only or page.endpoint in only], set[str]()
        while todo:
            page = todo.pop(0)
            if page.address in seen or self._is_known(page):
                continue
            seen.add(page.address)
            response = self._send(page)
            if response is None or response.status_code != 200:
                continue
            self.tally.pages += 1
            self._put_back()
            self._try_swaps(page)
            self._try_every_query(page)
            if response.mimetype != "text/html":
                continue
            text = _text(response)
            if THEIRS in text:
                self.tally.wrong.append(f"{page}: shows what is theirs")
            found_here = read(text, page.address)
            for link in found_here.links if not only else ():
                if (linked := self._request(who, "GET", link)) and linked.query:
                    todo.append(linked)
            for form in found_here.forms:
                self._try_form(who, form, page.address)

    def _pages(self, who: str) -> Iterator[Sent]:
        """The pages of our world that the table of access lets this visitor try."""
        from tests.architecture.test_access import routes

        role = who if who not in ("nominated", "colleague") else {"nominated": "person"}.get(who, "budget_manager")
        for endpoint, method, route in routes(self.app):
            if method == "GET" and role in TABLE[endpoint].who and endpoint not in LEFT_OUT:
                values = self.two.ours.values_for(endpoint, set(route.arguments))
                yield Sent(who, endpoint, "GET", self.map.build(endpoint, values))

    def _is_known(self, page: Sent) -> bool:
        """Whether this endpoint was opened with the same names in its query by the same visitor."""
        key = (page.who, page.endpoint, tuple(sorted({name for name, _ in page.query})))
        if key in self.done:
            return True
        self.done.add(key)
        return False

    def _request(self, who: str, method: str, address: str) -> Sent | None:
        """A request to an address that was found on a page; None when it leads nowhere of ours."""
        parts = urlsplit(address)
        if parts.netloc:
            return None
        try:
            endpoint, _ = self.map.match(parts.path, method=method)
        except (HTTPException, RequestRedirect):
            return None
        if endpoint in LEFT_OUT or endpoint not in TABLE:
            return None
        return Sent(who, endpoint, method, parts.path, tuple(query_of(address)))

    def _try_form(self, who: str, form: Form, page: str) -> None:
        for button in form.buttons or [None]:
            sent = tuple((name, value) for name, value in self._fill(form, button) if name != "csrf_token")
            request = self._request(who, form.method, form.action)
            if request is None:
                continue
            self.tally.unlisted |= {
                f"{name} on {page}"
                for name in {*form.fields} - {"csrf_token"}
                if fields.kinds_of(name, self.listed) is None
            }
            request = replace(request, query=sent) if form.method == "GET" else replace(request, data=sent)
            key = (who, request.endpoint, form.method, tuple(sorted(form.fields)), button and button[0])
            if key in self.done:
                continue
            self.done.add(key)
            self.tally.forms += 1
            response = self._send(request)
            if response is not None and response.status_code in (200, 302) and not self._has_error(response):
                self.tally.accepted.add((request.endpoint, form.method))
            else:
                self.tally.unmoved.add(f"{request.endpoint} {response and response.status_code}")
            self._put_back()
            self._try_swaps(request)

    def _fill(self, form: Form, button: tuple[str, str] | None) -> list[tuple[str, str]]:
        typed = {}
        for name in form.fields:
            for kind in fields.kinds_of(name, self.listed) or ():
                _, _, column = kind.partition(".")
                if column:
                    known = [value for value, its in self.two.table_of.items() if its == kind]
                    typed[name] = known[0] if known else "Words"
        return filled_in(form, typed, button)

    # Swapping.

    def swaps_of(self, sent: Sent) -> Iterator[Swap]:
        """The request once for each thing of ours that it names, with theirs instead."""
        endpoint, named = self.map.match(sent.path, method=sent.method)
        for name, value in named.items():
            if found := self._theirs(str(value)) or self._their_part(endpoint, name, value):
                path = self.map.build(endpoint, {**named, name: found[1]})
                yield Swap(replace(sent, path=path), "path", name, found[0])
        for place in ("query", "data"):
            pairs = getattr(sent, place)
            for at, (name, value) in enumerate(pairs):
                kinds = fields.kinds_of(name, self.listed) or frozenset()
                begun = [(self._theirs(value, kinds), False), (self._theirs(name), True)]
                if not value:  # where nothing stands, something of theirs may be put
                    begun += [((table, self.some[table]), False) for table in sorted(kinds) if table in self.some]
                for found, is_name in begun:
                    if found:
                        pair = (found[1], value) if is_name else (name, found[1])
                        changed = (*pairs[:at], pair, *pairs[at + 1 :])
                        yield Swap(replace(sent, **{place: changed}), place, name, found[0])

    def _their_part(self, endpoint: str, name: str, value: object) -> tuple[str, str] | None:
        """What stands in the same place of the same address in their world."""
        mine, other = (str(each.values_for(endpoint, {name})[name]) for each in (self.two.ours, self.two.theirs))
        return (name, other) if str(value) == mine != other else None

    def _theirs(self, text: str, kinds: frozenset[str] = frozenset()) -> tuple[str, str] | None:
        """The table of the thing of ours that a text names, and the text with theirs instead. A short number names
        something only where its field does.
        """
        if text in self.two.table_of and (len(text) >= _LONG or self.two.table_of[text] in kinds):
            return self.two.table_of[text], self.two.counterpart[text]
        for number in _ID.findall(text):
            if number in self.two.table_of:
                return self.two.table_of[number], text.replace(number, self.two.counterpart[number])
        return None

    def _try_swaps(self, sent: Sent) -> None:
        for swap in self.swaps_of(sent):
            key = (sent.who, sent.endpoint, sent.method, swap.place, _ID.sub("N", swap.name), swap.table)
            if key in self.done or (sent.endpoint, swap.name) in ANYBODY:
                continue
            self.done.add(key)
            self.tally.swaps += 1
            self.tally.swapped.add((sent.endpoint, swap.place, _ID.sub("N", swap.name)))
            if swap.place != "path":
                self._is_listed(swap)
            self._judge(swap)

    def _try_every_query(self, page: Sent) -> None:
        """A page with everything in its query that any page reads from there, and each time with what is theirs."""
        everything_read = tuple(
            (name, self.some[table])
            for name, tables in sorted(self.listed.items())
            for table in sorted(tables)
            if table in self.some and name != "for"
        )
        for query in (everything_read, (("for", self.some["people"]),)):
            self.tally.swaps += 1
            self._judge(Swap(replace(page, query=query), "query", query[0][0] if len(query) == 1 else "*", "people"))

    def _is_listed(self, swap: Swap) -> None:
        kinds = fields.kinds_of(swap.name, self.listed)
        if kinds is None or swap.table not in kinds:
            self.tally.unlisted.add(f"{swap.name} names {swap.table} at {swap.sent.endpoint}")

    def _judge(self, swap: Swap) -> None:
        refusals.lines.clear()
        response = self._send(swap.sent)
        if response is None:
            return
        text = _text(response)
        if THEIRS in text:
            self.tally.wrong.append(f"{swap}: {response.status_code} shows what is theirs")
        if response.status_code == 404:
            answer = "404"
            if not refusals.lines:
                self.tally.wrong.append(f"{swap}: the refusal is not in the log")
        elif self._has_error(response):
            answer = "the form's own error"
        else:
            answer = "answered with what is ours or anybody's"
            if swap.table.partition(".")[0] not in PUBLIC:
                self.tally.ours.append(f"{swap}: {response.status_code}")
        self.tally.answers[answer] = self.tally.answers.get(answer, 0) + 1
        touched = self._touched()
        if touched:
            self.tally.wrong.append(f"{swap}: {response.status_code} touches {', '.join(sorted(touched))}")
        self._put_back()

    def _has_error(self, response: TestResponse) -> bool:
        text = _text(response)
        return response.status_code not in (200, 302, 404) or any(mark in text for mark in _ERROR)

    def _touched(self) -> set[str]:
        """Tables in which something of theirs is not what it was, or something new names what is theirs."""
        if self._version() == self.version:
            return set()
        after, touched = everything(), set()
        for table, rows in self.before.items():
            if rows == after[table]:
                continue
            old, new = set(rows), set(after[table])
            for row in old - new | new - old:
                if self.private & {found for value in row for found in _ID.findall(str(value))}:
                    touched.add(table)
        return touched

    # Sending, and putting back.

    def _send(self, sent: Sent) -> TestResponse | None:
        limiter.reset()
        data = as_data([*sent.data, ("csrf_token", self.token)]) if sent.method == "POST" else None
        try:
            return self.client.open(sent.address, method=sent.method, data=data, buffered=True)
        except Exception as error:
            self.tally.wrong.append(f"{sent}: {error!r}"[:500])
            self._put_back()
            return None

    def _keep(self) -> None:
        db.session.remove()
        with sqlite3.connect(self.file) as source:
            source.backup(self.kept)
        source.close()
        self.before = everything()
        db.session.remove()
        with self.client.session_transaction() as session:
            self.session = dict(session)
        self.version = self._version()

    def _put_back(self) -> None:
        """The database as it was, and whoever is signed in signed in as they were."""
        with self.client.session_transaction() as session:
            session.clear()
            session.update(self.session)
        if self._version() == self.version:
            return
        db.session.remove()
        target = sqlite3.connect(self.file)
        self.kept.backup(target)
        target.close()
        self.version = self._version()


def _text(response: TestResponse) -> str:
    return response.get_data().decode("utf-8", "replace")
