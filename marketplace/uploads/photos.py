"""A photo without its notes: where, when and with what it was taken, and whatever else rides along. Pure.

Its colours stay as they are meant, and so does which way is up. A PDF is kept as it came: its notes and scripts can
hide in packed streams, and a file that was half cleaned would promise too much.
"""

import re

from marketplace.uploads.content import MediaType


def without_notes(content: bytes, media_type: MediaType) -> bytes:
    """The file as it is kept. Raises ValueError for a picture that is not whole."""
    match media_type:
        case MediaType.JPEG:
            return without_jpeg_notes(content)
        case MediaType.PNG:
            return without_png_notes(content)
        case MediaType.PDF:
            return content


# JPEG: ITU T.81 annex B. A marker is 0xFF and a byte; most carry a length and that many bytes of their own.
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN, _END = 0xDA, 0xD9
_APP0, _APP1, _APP15, _COMMENT = 0xE0, 0xE1, 0xEF, 0xFE
_KEPT_APPS = frozenset({_APP0, 0xE2, 0xEE})  # JFIF, colour profile, how Adobe's colours are meant
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def without_jpeg_notes(data: bytes) -> bytes:
    """The photo without its notes (where, when and with what it was taken), up to its end, and the same way up.

    Raises ValueError for what is no whole JPEG.
    """
    out, at, turned = [data[:2]], 2, 1
    while True:
        if at + 4 > len(data) and data[at : at + 2] != b"\xff\xd9":
            raise ValueError("cut off")
        if data[at] != 0xFF:
            raise ValueError("no marker")
        marker = data[at + 1]
        if marker == 0xFF:  # a filling byte
            at += 1
            continue
        if marker == _END:
            out.append(b"\xff\xd9")
            break
        if marker in _ALONE:
            out.append(data[at : at + 2])
            at += 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if end > len(data) or end < at + 4:
            raise ValueError("cut off")
        segment = data[at:end]
        if marker == _APP1 and segment[4:10] == b"Exif\0\0":
            turned = _orientation(segment[10:]) or turned
        is_note = marker == _COMMENT or (_APP0 <= marker <= _APP15 and marker not in _KEPT_APPS)
        if not is_note and not (marker == 0xE2 and not segment.startswith(b"ICC_PROFILE\0", 4)):
            out.append(segment)
        at = end
        if marker == _SCAN:
            following = _NEXT_MARKER.search(data, at)
            if following is None:
                raise ValueError("cut off")
            out.append(data[at : following.start()])
            at = following.start()
    if turned != 1:
        out.insert(1, _only_orientation(turned))
    return b"".join(out)


def _orientation(tiff: bytes) -> int | None:
    """Which way up a photo is, 1 to 8, from its notes; None where they do not say."""
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(tiff[:4])
    if order is None:
        return None

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], "little" if order == "little" else "big")

    first = number(4, 4)
    for entry in range(first + 2, first + 2 + 12 * min(number(first, 2), 100), 12):
        if number(entry, 2) == 0x0112:
            value = number(entry + 8, 2)
            return value if 1 <= value <= 8 else None
    return None


def _only_orientation(value: int) -> bytes:
    """A segment of notes that says nothing but which way up the photo is."""
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01" + value.to_bytes(2) + b"\x00\x00"
    tiff = b"MM\x00*\x00\x00\x00\x08\x00\x01" + entry + b"\x00\x00\x00\x00"
    body = b"Exif\x00\x00" + tiff
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body


# PNG: chunks of length, name, data and check, until IEND. Names with a small first letter may be left out.
_PNG_NOTES = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"})


def without_png_notes(data: bytes) -> bytes:
    """The picture without its texts and notes, up to its end. Raises ValueError for what is no whole PNG."""
    out, at = [data[:8]], 8
    while True:
        end = at + 12 + int.from_bytes(data[at : at + 4])
        kind = data[at + 4 : at + 8]
        if end > len(data) or (at == 8) != (kind == b"IHDR"):
            raise ValueError("cut off")
        if kind not in _PNG_NOTES:
            out.append(data[at:end])
        if kind == b"IEND":
            return b"".join(out)
        at = end
