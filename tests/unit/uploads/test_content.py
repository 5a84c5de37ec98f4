"""What may be handed in is told by its bytes."""

import pytest

from marketplace.kernel.errors import DomainError
from marketplace.uploads.content import LARGEST, MediaType, check, media_type_of, tidy_name
from tests.pictures import PDF, jpeg, png

JPEG, PNG = jpeg(), png()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (PDF, MediaType.PDF),
        (JPEG, MediaType.JPEG),
        (JPEG + b"what a telephone writes behind", MediaType.JPEG),
        (PNG, MediaType.PNG),
        (PDF.removesuffix(b"%%EOF\n"), None),
        (JPEG.removesuffix(b"\xff\xd9"), None),
        (PNG[:-12], None),
        (b"<html><script>alert(1)</script>%PDF-1.7 %%EOF", None),
        (b"MZ\x90\x00", None),
        (b"GIF89a" + JPEG, None),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, found: MediaType | None) -> None:
    assert media_type_of(content) is found


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty. Choose another one"),
        (PDF.replace(b"endobj", b"x" * LARGEST), "This file is larger than 9 MB. Choose a smaller one"),
        (b"hello", "This is no whole PDF, JPEG or PNG file. Choose one of those"),
    ],
)
def test_a_file_that_may_not_be_kept_is_refused_beside_its_field(content: bytes, words: str) -> None:
    with pytest.raises(DomainError) as refused:
        check(content, field="receipt")
    assert (refused.value.message, refused.value.field) == (words, "receipt")


@pytest.mark.parametrize(
    ("name", "tidied"),
    [
        ("receipt.pdf", "receipt.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\scans\\Order of 3 March.PDF", "Order of 3 March.pdf"),
        ('a"b\r\nX-Header: 1.html', "a b X-Header 1.pdf"),
        ("", "file.pdf"),
        (".htaccess", "file.pdf"),
        ("é" * 300 + ".pdf", "é" * 116 + ".pdf"),
    ],
)
def test_a_name_keeps_its_words_and_loses_its_tricks(name: str, tidied: str) -> None:
    assert tidy_name(name, MediaType.PDF) == tidied
