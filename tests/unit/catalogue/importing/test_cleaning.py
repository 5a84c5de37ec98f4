from datetime import date

import pytest

from catalogue.importing.cleaning import (
    clean_lines,
    clean_text,
    is_mobile,
    mend_telephone,
    na,
    shortened,
    split_values,
    tidy_address,
    tidy_date,
    tidy_postcode,
    tidy_website,
)


@pytest.mark.parametrize(
    "text", ["", " ", "\u00a0", "NA", "n/a", "N/A", "Not known", "not known.", "none", "-", "Not relevant", None]
)
def test_cells_that_say_nothing_are_none(text: str | None) -> None:
    assert na(text) is None


def test_words_that_only_look_like_nothing_are_kept() -> None:
    assert na("Nahal House") == "Nahal House"
    assert na("Unknown Warrior Club") == "Unknown Warrior Club"


def test_html_and_invisible_characters_are_cleaned() -> None:
    assert (
        clean_lines("<p>Tea &amp; talk</p><p>Every\u00a0 day<br>and&nbsp;night</p>")
        == "Tea & talk\nEvery day\nand night"
    )
    assert clean_text("One\u200b two\ufeff\r\n\r\n three\u2028four") == "One two three four"
    assert clean_text("<script>alert(1)</script>Ash<style>p{}</style>") == "Ash"
    assert clean_text("&lt;img src=x onerror=alert(1)&gt;Ash") == "Ash"
    assert clean_text("Under 3 < 4 hours") == "Under 3 < 4 hours"
    assert clean_lines("One\n.\nTwo") == "One\nTwo"
    assert clean_text("Cafe\u0301") == "Café"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1617486414", "0161 748 6414"),  # its leading 0 lost
        ("01617492570", "0161 749 2570"),
        ("0161 832 3736", "0161 832 3736"),
        ("1706843777", "01706 843777"),
        ("01204 385 848", "01204 385848"),
        ("01204 62150", "01204 62150"),  # some numbers there have five digits
        ("3300583240", "0330 058 3240"),
        ("0845 123 2329", "0845 123 2329"),
        ("02079460000", "020 7946 0000"),
        ("7700900123", "07700 900123"),
        ("O1706 369 777", "01706 369777"),
        ("+44 (0)161 748 6414", "0161 748 6414"),
        ("0161 273 3977 (during opening hours)", "0161 273 3977"),
        ("0161 748 6414 ext. 12", "0161 748 6414 extension 12"),
        ("116 123", "116 123"),
        ("0800 1111", "0800 1111"),
    ],
)
def test_telephone_numbers_are_mended_and_grouped(written: str, shown: str) -> None:
    assert mend_telephone(written) == (shown, None)
    assert mend_telephone(shown) == (shown, None)
    assert len(shown) <= 30


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("1617777e3", "its last digits are lost"),
        ("1.617E+09", "its last digits are lost"),
        ("161688", "too short"),
        ("120462150", "too short"),
        ("161335989", "too short"),
        ("0461 496 0000", "not a British number"),
        ("16174864141", "not a British number"),
        ("ask at the desk", "not one number"),
    ],
)
def test_telephone_numbers_that_cannot_be_right_are_left_out_and_that_said(written: str, why: str) -> None:
    number, note = mend_telephone(written)

    assert number is None
    assert note is not None
    assert why in note


def test_of_several_numbers_the_first_that_can_be_rung_is_taken_and_that_said() -> None:
    number, note = mend_telephone("1617777e3 or 0161 496 0000 / 0161 496 0001")

    assert number == "0161 496 0000"
    assert note is not None
    assert "first of several" in note
    assert mend_telephone("01325 / 496000") == ("01325 496000", None)


def test_no_number_is_no_remark() -> None:
    assert mend_telephone("NA") == (None, None)


def test_mobiles_are_told_from_other_numbers() -> None:
    assert is_mobile("07700 900123")
    assert not is_mobile("0161 496 0000")
    assert not is_mobile(None)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("http://www.moodswings.org.uk/", "http://www.moodswings.org.uk/"),
        ("https://lgbt.foundation/", "https://lgbt.foundation/"),
        ("www.stockport.gov.uk/libraries", "http://www.stockport.gov.uk/libraries"),
        ("www.hopeisthekey.org.uk \u00a0", "http://www.hopeisthekey.org.uk"),
        (
            "http://www.coverdaleandnewbank.com\n/community-projects",
            "http://www.coverdaleandnewbank.com/community-projects",
        ),
        (
            "https://example.org/page?id=Ld2fXVy&channel=2_5",
            "https://example.org/page?id=Ld2fXVy&channel=2_5",
        ),
    ],
)
def test_web_addresses_are_as_given_with_http_where_it_lacked(written: str, shown: str) -> None:
    assert tidy_website(written) == (shown, None)


@pytest.mark.parametrize(
    "written",
    [
        "javascript:alert(1)", "JavaScript://example.org/%0aalert(1)", "data:text/html,x", "ftp://example.org",
        "https://user:word@example.org", "http://localhost/", "http://192.168.0.1/", "info@example.org",
        "//example.org", 'http://example.org/"onclick="x', "http://exam ple", "http://example.org:99999/", "Facebook",
        "http://" + "a" * 600 + ".org",
    ],
)  # fmt: skip
def test_web_addresses_that_cannot_be_used_are_left_out_and_that_said(written: str) -> None:
    website, note = tidy_website(written)

    assert website is None
    assert note is not None


def test_of_several_web_addresses_the_first_is_taken_and_that_said() -> None:
    website, note = tidy_website("http://one.example.org/  http://two.example.org/b")

    assert website == "http://one.example.org/"
    assert note is not None
    assert "first of several" in note
    assert tidy_website("not known") == (None, None)


def test_postcodes_are_printed_or_left_out_with_a_note() -> None:
    assert tidy_postcode("wa141hf") == ("WA14 1HF", None)
    assert tidy_postcode("WA154 1HF") == (None, "postcode “WA154 1HF” is not usable")
    assert tidy_postcode("NA") == (None, None)


@pytest.mark.parametrize(
    "written",
    ["2020-04-14", "14/Apr/2020 - 00:00", "14/04/2020 - 00:00", "14 April 2020", "14/04/2020", "2020-04-14T00:00:00Z"],
)
def test_days_are_read_in_every_form_that_was_seen(written: str) -> None:
    assert tidy_date(written) == date(2020, 4, 14)


def test_no_day_is_none() -> None:
    assert tidy_date("NA") is tidy_date("soon") is tidy_date("31/02/2020") is None


def test_addresses_and_lists_are_tidied() -> None:
    assert tidy_address("1 Oakfield,Sale") == "1 Oakfield, Sale"
    assert (
        tidy_address("Burnage Community Centre\nBurnage Lane, , Manchester,")
        == "Burnage Community Centre, Burnage Lane, Manchester"
    )
    assert split_values("Nursing homes|Residential homes| |Nursing homes") == ("Nursing homes", "Residential homes")
    assert split_values("NA") == ()


def test_long_texts_are_cut_at_a_word() -> None:
    assert shortened("one two three", 13) == "one two three"
    assert shortened("one two three", 10) == "one two…"
