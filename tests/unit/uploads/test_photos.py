"""A photo forgets where it was taken, and stays the right way up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.uploads.content import MediaType
from marketplace.uploads.photos import without_jpeg_notes, without_notes, without_png_notes
from tests.pictures import PDF, exif, jpeg, png, segment


@pytest.mark.parametrize("order", ["little", "big"])
def test_a_photo_forgets_its_place_and_camera_and_stays_the_right_way_up(order: str) -> None:
    profile = segment(0xE2, b"ICC_PROFILE\0\x01\x01 colours")
    notes = (
        exif(6, order),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0 at home"),
        segment(0xE2, b"MPF\0 a second photo"),
        segment(0xED, b"Photoshop 3.0\0 Darlington"),
        segment(0xFE, b"taken at home"),
    )
    taken = jpeg(*notes, profile)
    clean = without_jpeg_notes(taken + b"<script>after the end</script>")
    for secret in (b"Camera of Margaret", b"at home", b"Darlington", b"a second photo", b"script"):
        assert secret not in clean
    assert profile in clean
    upright = without_jpeg_notes(clean)
    assert upright == clean
    assert clean.count(b"Exif") == 1
    assert clean.replace(clean[2:38], b"", 1) == jpeg(profile)
    assert without_jpeg_notes(jpeg(exif(1, order))) == jpeg()


def test_notes_between_the_scans_of_a_photo_go_as_well() -> None:
    second = segment(0xFE, b"hidden") + segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x01\xff\x00"
    assert b"hidden" not in without_jpeg_notes(jpeg(scan=b"\x12" + second))


def test_a_picture_forgets_its_texts_and_what_follows_its_end() -> None:
    taken = png((b"gAMA", b"\0\0\xb1\x8f"), (b"tEXt", b"Author\0Margaret"), (b"eXIf", b"II*\0"), (b"iTXt", b"x"))
    assert without_png_notes(taken + b"<script>") == png((b"gAMA", b"\0\0\xb1\x8f"))


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (png()[:-4], MediaType.PNG),
        (png()[:20], MediaType.PNG),
        (jpeg()[:-2], MediaType.JPEG),
        (jpeg()[:10], MediaType.JPEG),
        (b"\xff\xd8\xff\xe0\xff\xff", MediaType.JPEG),
    ],
)
def test_a_picture_that_was_cut_off_is_no_picture(data: bytes, media_type: MediaType) -> None:
    with pytest.raises(ValueError, match="cut off"):
        without_notes(data, media_type)
    assert without_notes(PDF, MediaType.PDF) == PDF


@given(
    st.binary(max_size=200), st.sampled_from([(b"\xff\xd8\xff", MediaType.JPEG), (b"\x89PNG\r\n\x1a\n", MediaType.PNG)])
)
def test_any_bytes_after_a_good_beginning_are_cleaned_or_no_picture(
    data: bytes, begin: tuple[bytes, MediaType]
) -> None:
    try:
        clean = without_notes(begin[0] + data, begin[1])
    except ValueError:
        return
    assert without_notes(clean, begin[1]) == clean
