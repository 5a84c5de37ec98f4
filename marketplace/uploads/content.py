"""What may be handed in: told by a file's bytes, never by its name or by what the browser says of it. Pure."""

from enum import StrEnum

from marketplace.kernel.errors import DomainError

LARGEST = 9 * 1024 * 1024
"""In bytes: a photo of a new telephone. A whole request may have 10 MB, see `create_app`."""
LONGEST_NAME = 120
ACCEPTED = "PDF, JPEG or PNG, up to 9 MB"
PHOTOS = "We take the place and the camera out of a photo. A PDF stays as it is."
ACCEPT = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"
"""For the box that takes a file: a telephone that keeps photos in another form then sends a JPEG."""


class MediaType(StrEnum):
    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


ENDINGS = {MediaType.PDF: ".pdf", MediaType.JPEG: ".jpg", MediaType.PNG: ".png"}
_PNG = b"\x89PNG\r\n\x1a\n"


def media_type_of(content: bytes) -> MediaType | None:
    """The type by how the bytes begin and end; None for anything else, and for a file that was cut short."""
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return MediaType.PDF
    if (
        content.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in content[-65536:]
    ):  # telephones write more behind the picture
        return MediaType.JPEG
    if content.startswith(_PNG) and content[12:16] == b"IHDR" and content[-8:-4] == b"IEND":
        return MediaType.PNG
    return None


def check(content: bytes, *, field: str = "file") -> MediaType:
    """The type of a file that may be kept. Raises DomainError on `field` with what to do instead."""
    if not content:
        raise DomainError("This file is empty. Choose another one", field=field)
    if len(content) > LARGEST:
        raise DomainError("This file is larger than 9 MB. Choose a smaller one", field=field)
    media_type = media_type_of(content)
    if media_type is None:
        raise DomainError("This is no whole PDF, JPEG or PNG file. Choose one of those", field=field)
    return media_type


def tidy_name(name: str, media_type: MediaType) -> str:
    """A name to show and to save under: no folders, no odd letters, and the ending that the content has."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = stem.rsplit(".", 1)[0] if "." in stem else stem
    stem = " ".join("".join(c if c.isalnum() or c in " -_.,()" else " " for c in stem).split()).strip(". ")
    ending = ENDINGS[media_type]
    return f"{(stem or 'file')[: LONGEST_NAME - len(ending)].strip('. ')}{ending}"
