"""Files, such as the papers of a dispute: the sandbox keeps what a file is called, how long it is and its digest."""

from typing import Any

from ..context import Context, endpoint
from ..errors import missing, not_valid
from ..http import FILE
from ..ids import new_id
from ..params import Params
from ..rendering import page

Json = dict[str, Any]

PURPOSES = (
    "account_requirement",
    "additional_verification",
    "business_icon",
    "business_logo",
    "customer_signature",
    "dispute_evidence",
    "identity_document",
    "tax_document_user_upload",
)
# By how the file begins: the official library calls every file `application/octet-stream`.
KINDS = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}
LARGEST_EVIDENCE = 5_000_000


@endpoint("POST", "files", f"purpose {FILE} file_link_data")
def create(ctx: Context, params: Params) -> Json:
    """A file, sent as `multipart/form-data`; evidence is a PDF, JPEG or PNG of up to 5 MB."""
    purpose = params.required("purpose", choices=PURPOSES)
    if not isinstance(params.values.get(FILE), dict):
        raise missing(FILE)
    sent = params.child(FILE).values
    begins = bytes.fromhex(sent["begins"])
    kind = next((kind for start, kind in KINDS.items() if begins.startswith(start)), None)
    if purpose == "dispute_evidence" and kind is None:
        raise not_valid("Invalid file type. Dispute evidence must be a PDF, JPEG or PNG.", FILE)
    if purpose == "dispute_evidence" and sent["size"] > LARGEST_EVIDENCE:
        raise not_valid("The file is too large: dispute evidence has up to 5 MB.", FILE)
    if not sent["size"]:
        raise not_valid("The file is empty.", FILE)
    file_id = new_id("file")
    return ctx.create(
        {
            "id": file_id,
            "object": "file",
            "created": ctx.now,
            "expires_at": None,
            "filename": sent["filename"],
            "links": {"object": "list", "data": [], "has_more": False, "url": f"/v1/file_links?file={file_id}"},
            "purpose": purpose,
            "size": sent["size"],
            "title": None,
            "type": kind,
            "url": f"{ctx.base_url}/v1/files/{file_id}/contents",
            "_digest": sent["digest"],
        }
    )


@endpoint("GET", "files/<file_id>")
def retrieve(ctx: Context, params: Params, file_id: str) -> Json:
    """One file's facts."""
    return ctx.get("file", file_id)


@endpoint("GET", "files", "purpose", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Files, newest first."""
    return page(ctx, params, "file", "/v1/files", {"purpose": params.text("purpose")})
