"""Small whole pictures and PDFs for tests, put together by hand."""

import struct
import zlib


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*extra: tuple[bytes, bytes]) -> bytes:
    """One grey dot, with more chunks before its pixels."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
        + b"".join(_chunk(*each) for each in extra)
        + _chunk(b"IDAT", zlib.compress(b"\x00\x80"))
        + _chunk(b"IEND", b"")
    )


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def exif(orientation: int, order: str = "little", camera: bytes = b"Camera of Margaret\0") -> bytes:
    """Notes of a photo: which way up it is, and the camera."""
    mark = "<" if order == "little" else ">"
    tiff = struct.pack(mark + "2sHI", b"II" if order == "little" else b"MM", 42, 8)
    tiff += struct.pack(mark + "H", 2)
    tiff += struct.pack(mark + "HHII", 0x010F, 2, len(camera), 38)
    tiff += struct.pack(mark + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return segment(0xE1, b"Exif\0\0" + tiff + struct.pack(mark + "I", 0) + camera)


def jpeg(*notes: bytes, scan: bytes = b"\x12\x34\xff\x00\x56\xff\xd0\x78") -> bytes:
    """The frame of a photo: its markers in order, with notes after the first and pixels that no eye has seen."""
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
        + b"".join(notes)
        + segment(0xDB, bytes(65))
        + segment(0xC0, b"\x08\0\x01\0\x01\x01\x01\x11\0")
        + segment(0xDA, b"\x01\x01\0\0\x3f\0")
        + scan
        + b"\xff\xd9"
    )


PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
