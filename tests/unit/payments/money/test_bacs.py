"""A BACS file to the byte, read back by a parser that knows only the standard; accounts, letters and working days."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.errors import DomainError
from payments.banking.accounts import BankAccount, bacs_text, bank_account
from payments.banking.bacs import Credit, Submission, bacs_file
from payments.banking.working_days import bank_holidays, is_working_day, next_working_day
from tests.bacs import ALLOWED, parse

FILE = Submission(
    service_user_number="654321",
    user_name="Darlington Council",
    account=BankAccount("Darlington Borough Council", "100001", "20000002"),
    serial=17,
    made_on=date(2026, 11, 20),
    processing_on=date(2026, 11, 23),
    credits=(
        Credit(BankAccount("Fern & Furrow", "112233", "01234567"), 5_265, "SR-K7QM-4TXR"),
        Credit(BankAccount("Zoë’s Kitchen (Café) Ltd", "445566", "76543210"), 1_234_567_890, "SR-K7QM-4TXR"),
        Credit(BankAccount("The Operator", "778899", "00000001"), 135, "SR-K7QM-4TXR"),
    ),
)

GOLDEN = (
    "VOL1000017                               654321                                1",
    "HDR1A654321S  165432100001700010001       26324 26327 000000                    ",
    "HDR2F0200000100                                   00                            ",
    "UHL1 26327999999    000000001 DAILY  001                                        ",
    "1122330123456709910000120000002    00000005265DARLINGTON COUNCILSR-K7QM-4TXR      FERN & FURROW     ",
    "4455667654321009910000120000002    01234567890DARLINGTON COUNCILSR-K7QM-4TXR      ZOES KITCHEN CAFE ",
    "7788990000000109910000120000002    00000000135DARLINGTON COUNCILSR-K7QM-4TXR      THE OPERATOR      ",
    "1000012000000201710000120000002    01234573290DARLINGTON COUNCILCONTRA            DARLINGTON BOROUGH",
    "EOF1A654321S  165432100001700010001       26324 26327 000000                    ",
    "EOF2F0200000100                                   00                            ",
    "UTL10001234573290000123457329000000010000003                                    ",
)


def test_the_file_is_the_golden_one_byte_by_byte() -> None:
    assert bacs_file(FILE).encode("ascii") == "".join(line + "\r\n" for line in GOLDEN).encode("ascii")
    assert bacs_file(FILE) == bacs_file(FILE)


def test_the_file_says_what_it_was_told_when_another_reads_it() -> None:
    parsed = parse(bacs_file(FILE))
    assert (parsed.service_user_number, parsed.made_on, parsed.processing_on) == (
        "654321",
        date(2026, 11, 20),
        date(2026, 11, 23),
    )
    assert [(row.to_sort_code, row.to_account, row.pence) for row in parsed.credits] == [
        ("112233", "01234567", 5_265),
        ("445566", "76543210", 1_234_567_890),
        ("778899", "00000001", 135),
    ]
    assert parsed.contra.pence == FILE.pence


@pytest.mark.parametrize(("old", "new"), [("05265", "05266"), ("0000003  ", "0000004  "), ("01710", "09910")])
def test_the_parser_of_these_tests_refuses_a_file_that_does_not_add_up(old: str, new: str) -> None:
    text = bacs_file(FILE)
    assert old in text
    with pytest.raises(AssertionError):
        parse(text.replace(old, new, 1))


DIGITS = st.text("0123456789", min_size=8, max_size=8)


@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=40), DIGITS, st.integers(1, 10**9)),
        min_size=1,
        max_size=20,
    )
)
def test_any_names_and_amounts_make_a_file_that_adds_up(payees: list[tuple[str, str, int]]) -> None:
    credits = tuple(Credit(BankAccount(name, "112233", number), pence, name) for name, number, pence in payees)
    parsed = parse(bacs_file(replace(FILE, credits=credits)))
    assert [(row.to_account, row.pence) for row in parsed.credits] == [(number, pence) for _, number, pence in payees]


@pytest.mark.parametrize(
    "credits",
    [(), (Credit(FILE.account, 0, "A"),), (Credit(FILE.account, -1, "A"),), (Credit(FILE.account, 10**11, "A"),)],
)
def test_what_no_file_can_carry_is_refused(credits: tuple[Credit, ...]) -> None:
    with pytest.raises(ValueError, match="BACS"):
        bacs_file(replace(FILE, credits=credits))


@pytest.mark.parametrize("serial", [0, 1_000_000])
def test_a_serial_number_has_six_figures(serial: int) -> None:
    with pytest.raises(ValueError, match="six figures"):
        bacs_file(replace(FILE, serial=serial))


@given(st.text())
def test_every_letter_is_one_that_bacs_takes(text: str) -> None:
    assert set(bacs_text(text, 18)) <= ALLOWED
    assert len(bacs_text(text, 18)) <= 18


def test_an_account_is_read_as_people_write_it() -> None:
    account = bank_account("  Fern   and Furrow ", " 12-34 56", "0123 4567")
    assert account == BankAccount("Fern and Furrow", "123456", "01234567")
    assert account.shown == "12-34-56, 01234567"
    assert account.masked == "account ending 567"


def test_an_accounts_numbers_never_show_when_it_is_printed() -> None:
    text = f"{BankAccount('Fern', '123456', '01234567')!r}"
    assert "Fern" in text
    assert "123456" not in text
    assert "01234567" not in text


@pytest.mark.parametrize(
    ("name", "sort_code", "number", "field"),
    [
        ("", "123456", "12345678", "account_name"),
        ("!?", "123456", "12345678", "account_name"),
        ("A" * 71, "123456", "12345678", "account_name"),
        ("Fern", "12345", "12345678", "sort_code"),
        ("Fern", "1234567", "12345678", "sort_code"),
        ("Fern", "12345a", "12345678", "sort_code"),
        ("Fern", "١٢٣٤٥٦", "12345678", "sort_code"),
        ("Fern", "000000", "12345678", "sort_code"),
        ("Fern", "123456", "1234567", "account_number"),
        ("Fern", "123456", "123456789", "account_number"),
        ("Fern", "123456", "1234567x", "account_number"),
        ("Fern", "123456", "00000000", "account_number"),
    ],
)
def test_what_is_no_account_is_refused_on_its_field_without_repeating_it(
    name: str, sort_code: str, number: str, field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        bank_account(name, sort_code, number)
    assert refused.value.field == field
    assert number not in refused.value.message


def test_banks_rest_on_weekends_and_bank_holidays() -> None:
    assert sorted(bank_holidays(2026)) == [
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 4),
        date(2026, 5, 25),
        date(2026, 8, 31),
        date(2026, 12, 25),
        date(2026, 12, 28),
    ]
    assert {date(2027, 12, 27), date(2027, 12, 28)} <= bank_holidays(2027)
    assert {date(2022, 1, 3), date(2022, 12, 26), date(2022, 12, 27)} <= bank_holidays(2022)
    assert next_working_day(date(2026, 4, 2)) == date(2026, 4, 7)
    assert next_working_day(date(2026, 12, 24)) == date(2026, 12, 29)
    assert next_working_day(date(2026, 11, 20)) == date(2026, 11, 23)
    assert not is_working_day(date(2026, 11, 22))
