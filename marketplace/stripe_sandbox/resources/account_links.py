"""Account links: the address of the hosted onboarding page, good for one visit within minutes."""

from typing import Any

from ..context import Context, endpoint
from ..errors import missing
from ..ids import random_text
from ..params import Params
from ..settings import PLATFORM_ACCOUNT

Json = dict[str, Any]

VALID_SECONDS = 300


@endpoint("POST", "account_links", "account type return_url refresh_url collect collection_options")
def create(ctx: Context, params: Params) -> Json:
    """A link for one account; `refresh_url` is where a stale link leads."""
    account = params.required("account")
    ctx.get("account", account, "account")
    kind = params.required("type", choices=("account_onboarding", "account_update"))
    for name in ("return_url", "refresh_url"):
        if params.text(name) is None:
            raise missing(name)
    link = ctx.create(
        {
            "id": f"link_{random_text(40)}",
            "object": "account_link_page",
            "created": ctx.now,
            "account": account,
            "type": kind,
            "return_url": params.required("return_url"),
            "refresh_url": params.required("refresh_url"),
            "expires_at": ctx.now + VALID_SECONDS,
            "used": False,
        },
        PLATFORM_ACCOUNT,
    )
    return {
        "object": "account_link",
        "created": link["created"],
        "expires_at": link["expires_at"],
        "url": f"{ctx.base_url}/onboarding/{link['id']}",
    }
