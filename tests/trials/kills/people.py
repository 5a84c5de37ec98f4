"""People at a browser who do not give up: what nobody answered is asked again."""

import re
import secrets
import time
from contextlib import suppress
from html import unescape
from typing import Any

import requests
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from marketplace.accounts.services import sessions
from tests.trials.kills.harness import Site

GIVE_UP = 60.0


class GaveUp(AssertionError):
    """Somebody tried for long enough: the page never said what it should."""


class Person:
    """Somebody at a browser, signed in. Every request is made again until a server answers it."""

    def __init__(self, app: Flask, site: Site, user_id: int) -> None:
        token = secrets.token_hex(20)
        cookie = {"_user_id": sessions.begin(user_id, is_proved=True), "_fresh": True, "csrf_token": token}
        signer: Any = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        self.cookies = {app.config["SESSION_COOKIE_NAME"]: signer.dumps(cookie)}
        self.token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(token)  # type: ignore[arg-type]
        self.site, self.user_id = site, user_id
        self.refused: list[str] = []

    def get(self, path: str) -> requests.Response:
        return self._insist("GET", path)

    def send(self, path: str, data: dict[str, object] | None = None) -> requests.Response:
        return self._insist("POST", path, {"csrf_token": self.token, **(data or {})})

    def send_once(self, path: str, data: dict[str, object]) -> None:
        """For what would be there twice if it were sent twice: whoever gets no answer looks how far it came."""
        with suppress(requests.RequestException):
            form = {"csrf_token": self.token, **data}
            answer = requests.post(
                f"{self.site.url}{path}", data=form, cookies=self.cookies, timeout=GIVE_UP, allow_redirects=False
            )
            if answer.status_code < 500:
                return
            self.refused.append(f"POST {path}: {answer.status_code}")
        self.get("/healthz")

    def _insist(self, method: str, path: str, data: dict[str, object] | None = None) -> requests.Response:
        ends = time.monotonic() + GIVE_UP
        url = path if path.startswith("http") else f"{self.site.url}{path}"
        while time.monotonic() < ends:
            with suppress(requests.RequestException):
                answer = requests.request(
                    method, url, data=data, cookies=self.cookies, timeout=GIVE_UP, allow_redirects=False
                )
                if answer.status_code < 500:
                    return answer
                self.refused.append(f"{method} {path}: {answer.status_code}")
            time.sleep(0.02)
        raise GaveUp(f"{method} {path}")


def where(answer: requests.Response) -> str:
    return str(answer.headers.get("Location", ""))


def hidden_fields(html: str) -> dict[str, str]:
    """The hidden fields of a page's forms, the last of each name."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="hidden"' in tag:
            found[name[1]] = unescape(value[1]) if value else ""
    return found


def errors_of(html: str) -> str:
    found = re.findall(r'class="govuk-error-message"[^>]*>(.*?)</p>', html, re.S)
    return "; ".join(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).strip() for text in found)
