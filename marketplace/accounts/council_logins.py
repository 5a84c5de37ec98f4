"""How staff of a council sign in with the council's own accounts (OpenID Connect), as the operator's file says.

The file that the setting `COUNCIL_LOGINS` names is TOML, with one table for each council:

    [E06000005]
    issuer = "https://login.example.gov.uk/tenant"     # as in its `/.well-known/openid-configuration`
    client_id = "care-market"
    client_secret = "…"
    domains = ["example.gov.uk"]                       # whose e-mail addresses this issuer may speak for
    claim = "groups"                                   # the claim that says what somebody does
    person_url = "https://cases.example.gov.uk/people/{reference}"

    [E06000005.roles]
    "Care Market finance" = "council_finance"
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, current_app
from sqlalchemy import select

from marketplace.accounts.domain import ROLES_OF_KIND, OrganisationKind, Role
from marketplace.accounts.models import Council
from marketplace.database import db
from marketplace.kernel.errors import SettingsError

_NAMES = {"issuer", "client_id", "client_secret", "domains", "claim", "person_url", "roles"}


@dataclass(frozen=True)
class CouncilLogin:
    """One council's issuer, what it may say of its staff, and where its own record of a person is."""

    gss_code: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    domains: frozenset[str]
    claim: str
    roles: Mapping[str, Role]
    person_url: str | None = None

    def roles_of(self, claims: Mapping[str, Any]) -> frozenset[Role]:
        """The roles that the claims give: a claim of several values, or of one."""
        said = claims.get(self.claim)
        values = said if isinstance(said, list) else [said]
        return frozenset(self.roles[value] for value in values if isinstance(value, str) and value in self.roles)

    def speaks_for(self, email: str) -> bool:
        """Whether an e-mail address is of one of the council's own domains."""
        return email.rpartition("@")[2].lower() in self.domains

    def person_address(self, reference: str) -> str | None:
        """Where the council's case system shows the person of a reference."""
        return self.person_url.replace("{reference}", quote(reference, safe="")) if self.person_url else None


@dataclass(frozen=True)
class LoginChoice:
    """A council whose staff can sign in through it, for a page."""

    gss_code: str
    council_name: str


def join(app: Flask, path: Path | None) -> None:
    """Read the operator's file. Raises SettingsError."""
    app.extensions["council_logins"] = {login.gss_code: login for login in read(path)} if path else {}


def find(gss_code: str | None) -> CouncilLogin | None:
    logins: dict[str, CouncilLogin] = current_app.extensions["council_logins"]
    return logins.get(gss_code or "")


def find_by_issuer(issuer: str) -> CouncilLogin | None:
    logins: dict[str, CouncilLogin] = current_app.extensions["council_logins"]
    return next((login for login in logins.values() if login.issuer == issuer), None)


def find_by_council(council_id: int) -> CouncilLogin | None:
    if not current_app.extensions["council_logins"]:
        return None
    return find(db.session.scalar(select(Council.gss_code).where(Council.id == council_id)))


def list_choices() -> list[LoginChoice]:
    """Every council whose staff can sign in through it, by name. No query where there is none."""
    logins: dict[str, CouncilLogin] = current_app.extensions["council_logins"]
    if not logins:
        return []
    rows = db.session.execute(
        select(Council.gss_code, Council.short_name).where(Council.gss_code.in_(logins)).order_by(Council.short_name)
    )
    return [LoginChoice(*row) for row in rows]


def read(path: Path) -> tuple[CouncilLogin, ...]:
    """The councils of a file. Raises SettingsError, which names what to mend."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"COUNCIL_LOGINS names {path}, which cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"COUNCIL_LOGINS: {path} is not TOML: {error}.") from None
    return tuple(_login(gss_code, table) for gss_code, table in tables.items())


def _login(gss_code: str, table: Any) -> CouncilLogin:
    def refuse(words: str) -> SettingsError:
        return SettingsError(f"COUNCIL_LOGINS, [{gss_code}]: {words}.")

    if not isinstance(table, dict):
        raise refuse("is no table")
    if unknown := sorted(set(table) - _NAMES):
        raise refuse(f"“{unknown[0]}” is not known")
    for name in ("issuer", "client_id", "client_secret", "claim"):
        if not isinstance(table.get(name), str) or not table[name].strip():
            raise refuse(f"set {name} to a text")
    for name in ("issuer", "person_url"):
        if name in table and not _is_safe(str(table[name])):
            raise refuse(f"{name} must begin with https://")
    if "person_url" in table and "{reference}" not in table["person_url"]:
        raise refuse("person_url must have {reference} where the council's reference goes")
    domains = table.get("domains")
    if not isinstance(domains, list) or not domains or not all(isinstance(each, str) and each for each in domains):
        raise refuse("set domains to a list of the council's own e-mail domains")
    roles = table.get("roles")
    known = ROLES_OF_KIND[OrganisationKind.COUNCIL]
    if not isinstance(roles, dict) or not roles:
        raise refuse(f"add the table [{gss_code}.roles]")
    for said in roles.values():
        if said not in known:
            raise refuse(f"“{said}” is no role of a council: use {', '.join(sorted(known))}")
    return CouncilLogin(
        gss_code=gss_code,
        issuer=table["issuer"].strip(),
        client_id=table["client_id"].strip(),
        client_secret=table["client_secret"].strip(),
        domains=frozenset(each.strip().lower() for each in domains),
        claim=table["claim"].strip(),
        roles={name: Role(role) for name, role in roles.items()},
        person_url=table.get("person_url"),
    )


def _is_safe(address: str) -> bool:
    """Over TLS, or on this very machine, as when it is tried out."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"))
    )
