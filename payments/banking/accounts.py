"""A bank account in the United Kingdom: read it from what was typed, show it, hide it. No modulus is checked."""

import re
import unicodedata
from dataclasses import dataclass, field

from marketplace.kernel.errors import DomainError

LONGEST_NAME = 70
BACS_NAME = 18
"""Characters of a name or a reference that a BACS record carries."""
_NOT_ALLOWED = re.compile(r"[^A-Z0-9.&/ -]")
_SPELT = str.maketrans({"Æ": "AE", "Ø": "O", "Œ": "OE", "Þ": "TH", "Ð": "D", "Ł": "L", "’": None, "'": None, "–": "-"})


@dataclass(frozen=True)
class BankAccount:
    """Whose account, and where. Its numbers never show when it is printed or logged."""

    name: str
    sort_code: str = field(repr=False)
    number: str = field(repr=False)

    @property
    def masked(self) -> str:
        """What others may see: `account ending 678`."""
        return f"account ending {self.number[-3:]}"

    @property
    def shown(self) -> str:
        """For its owner and for who pays it: `12-34-56, 12345678`."""
        return f"{self.sort_code[:2]}-{self.sort_code[2:4]}-{self.sort_code[4:]}, {self.number}"


def bank_account(name: str, sort_code: str, number: str) -> BankAccount:
    """An account from what was typed. Raises DomainError on the field at fault, without repeating a number."""
    name = " ".join(name.split())
    if not name or not bacs_text(name):
        raise DomainError("Enter the name on the account", field="account_name")
    if len(name) > LONGEST_NAME:
        raise DomainError(f"Enter a name of at most {LONGEST_NAME} letters", field="account_name")
    return BankAccount(name, clean_sort_code(sort_code), clean_number(number))


def clean_sort_code(text: str) -> str:
    """Six digits of `12-34-56`. Raises DomainError on the field `sort_code`."""
    digits = re.sub(r"[\s\-–]", "", text)
    if not re.fullmatch(r"[0-9]{6}", digits) or digits == "000000":
        raise DomainError("Enter the 6 digits of the sort code, like 12-34-56", field="sort_code")
    return digits


def clean_number(text: str) -> str:
    """Eight digits. Raises DomainError on the field `account_number`."""
    digits = re.sub(r"\s", "", text)
    if not re.fullmatch(r"[0-9]{8}", digits) or digits == "00000000":
        raise DomainError(
            "Enter the 8 digits of the account number, with zeros in front of a shorter one", field="account_number"
        )
    return digits


def bacs_text(text: str, width: int | None = None) -> str:
    """`text` in the letters that BACS takes: capitals, figures, `.`, `&`, `/`, `-` and spaces; cut to `width`."""
    plain = unicodedata.normalize("NFKD", text.upper().translate(_SPELT))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = " ".join(_NOT_ALLOWED.sub(" ", plain).split())
    return words if width is None else words[:width].rstrip()
