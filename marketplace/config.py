"""Settings: read once from the environment, checked, frozen."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from marketplace import places_data
from marketplace.kernel.errors import SettingsError


@dataclass(frozen=True)
class Settings:
    """What differs between installations. Every field is an environment variable of the same name in capitals."""

    secret_key: str
    marketplace_data: Path
    database_url: str
    stripe_secret_key: str | None = None
    stripe_publishable_key: str | None = None
    stripe_webhook_secret: str | None = None
    stripe_api_base: str | None = None
    smtp_url: str | None = None
    mail_from: str = "Care Market <no-reply@localhost>"
    redis_url: str | None = None
    port: int = 8000
    host: str = "127.0.0.1"
    web_threads: int = 8
    public_url: str = "http://127.0.0.1:8000"
    service_name: str = "Care Market"
    phone: str = "01632 960 100"
    trusted_proxies: int = 0
    home_place: str | None = None
    council_logins: Path | None = None
    demo: bool = False
    testing: bool = False

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")

    @staticmethod
    def from_env(environ: Mapping[str, str] | None = None) -> "Settings":
        """Settings from `environ` (the process's own by default).

        Raises SettingsError, whose message is the one line to print, when a value is missing or makes no sense.
        """
        env = os.environ if environ is None else environ
        secret = env.get("SECRET_KEY", "")
        if len(secret) < 16:
            raise SettingsError("Set SECRET_KEY to a random text of at least 16 characters, then start again.")
        data = Path(env.get("MARKETPLACE_DATA", "var")).resolve()
        port = _whole_number(env, "PORT", 8000, 1, 65535)
        stripe_key = env.get("STRIPE_SECRET_KEY") or None
        api_base = env.get("STRIPE_API_BASE") or None
        if stripe_key and "_live_" in stripe_key and api_base:
            raise SettingsError(
                "STRIPE_API_BASE points at a sandbox but STRIPE_SECRET_KEY is a live key: unset one of them."
            )
        if stripe_key and "_live_" in stripe_key and env.get("MARKETPLACE_DEMO") == "1":
            raise SettingsError(
                "MARKETPLACE_DEMO lets anybody in as anybody but STRIPE_SECRET_KEY is a live key: unset one of them."
            )
        if stripe_key and not env.get("STRIPE_WEBHOOK_SECRET"):
            raise SettingsError("Set STRIPE_WEBHOOK_SECRET too: without it no payment can be confirmed.")
        return Settings(
            secret_key=secret,
            marketplace_data=data,
            database_url=normalise_database_url(env.get("DATABASE_URL") or f"sqlite:///{data / 'marketplace.sqlite3'}"),
            stripe_secret_key=stripe_key,
            stripe_publishable_key=env.get("STRIPE_PUBLISHABLE_KEY") or None,
            stripe_webhook_secret=env.get("STRIPE_WEBHOOK_SECRET") or None,
            stripe_api_base=api_base,
            smtp_url=env.get("SMTP_URL") or None,
            mail_from=env.get("MAIL_FROM") or "Care Market <no-reply@localhost>",
            redis_url=env.get("REDIS_URL") or None,
            port=port,
            host=env.get("HOST") or "127.0.0.1",
            web_threads=_whole_number(env, "WEB_THREADS", 8, 1, 1000),
            public_url=(env.get("PUBLIC_URL") or f"http://127.0.0.1:{port}").rstrip("/"),
            service_name=env.get("SERVICE_NAME") or "Care Market",
            phone=env.get("SERVICE_PHONE") or "01632 960 100",
            trusted_proxies=_whole_number(env, "TRUSTED_PROXIES", 0, 0, 9),
            home_place=_home_place(env.get("HOME_PLACE", "")),
            council_logins=Path(env["COUNCIL_LOGINS"]).resolve() if env.get("COUNCIL_LOGINS") else None,
            demo=env.get("MARKETPLACE_DEMO") == "1",
        )


def normalise_database_url(url: str) -> str:
    """The same URL with the driver that is installed; `postgres://` and `postgresql://` mean psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _home_place(text: str) -> str | None:
    text = " ".join(text.split())
    if text and not (places_data.find_council_by_name(text) or places_data.find_outcode(text)):
        raise SettingsError(f"HOME_PLACE is “{text}”: set it to a council, like Darlington, or a postcode, like DL3.")
    return text or None


def _whole_number(env: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    text = env.get(name) or str(usual)
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and least <= int(text) <= most):
        raise SettingsError(f"{name} is “{text}”: set it to a number from {least} to {most}.")
    return int(text)
