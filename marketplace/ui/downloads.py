"""Files as the answer to a request: theirs to keep, and never kept by anything on the way."""

from collections.abc import Iterable

from flask import Response

from marketplace.kernel.spreadsheets import BYTE_ORDER_MARK

CSV = "text/csv; charset=utf-8"


def file_to_keep(content: str | bytes | Iterable[bytes], content_type: str, name: str) -> Response:
    """A file that the browser saves under `name`, which is ours and plain ASCII."""
    return Response(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def csv_file(text: str, name: str) -> Response:
    """A CSV text in UTF-8 that spreadsheets recognise."""
    return file_to_keep(BYTE_ORDER_MARK + text, CSV, name)
