"""Private persons in published files: their names and e-mail addresses are kept off the site.

Published does not mean meant for a marketplace. When in doubt an e-mail address or the name of a provider is left out:
nobody is harmed by a missing address, and the place's own name, telephone and website remain.
"""

import re

from catalogue.importing.cleaning import Cleaned, na
from catalogue.importing.first_names import FIRST_NAMES, word_set

_TITLE = re.compile(
    r"\b(mr|mrs|ms|miss|mx|messrs|dr|doctor|prof|professor|rev|revd|reverend)\b\.?(?=[\s&,]|$)", re.IGNORECASE
)

# An organisation in law, whoever it is named after: "Dr French Memorial Home Limited".
_LEGAL_FORM = re.compile(
    r"\b(limited|ltd|llp|lp|plc|cic|c\.i\.c|cio|inc|company|charity|charities|trust|trustees|foundation|council|society|"
    r"association|federation|institute|hospice|memorial|church|nhs|congregation|consortium|co-operative|cooperative)\b",
    re.IGNORECASE,
)

# Words that stand in names of organisations and not in names of people.
_ORGANISATION_WORDS = word_set(
    """ability able academy action active adult adults advice agencies agency aid alliance almshouse almshouses and
    apartments assistance associates autism bank barn borough business cafe care cared carers caring centre centres
    child children choice choices city clinic close club college community companions company concepts consultancy
    consultants co-operative cottage council county court day dementia department direct disability district
    domiciliary elderly enterprise enterprises estate estates extra family farm fellowship first food foodbank for
    forum friends gardens good grange group grove hall health healthcare help helping holdings home homecare homes
    hospital house houses housing independence independent international kitchen learning legacy library life living
    local lodge london management manor medical mental mind mission national new north northern nurse nurses nursing of
    options outreach pantry park partners partnership pathways people personal pharmacy place practice priory
    professionals project projects property quality recruitment recovery rehabilitation relief residence residential
    resource resources respite rest retirement road road's royal school scheme senior services service sheltered social
    solutions south southern specialist staffing street supported support supporting surgery team the therapy together
    training trading uk unit united village villa voluntary ward welfare wellbeing west women works young youth bakery
    baking builders cafe catering cleaners cleaning cooking crafts decorating diy driving fitness foot gardener
    gardeners gardening hairdressing handyman joinery laundry maintenance massage meals mobility pets plumbing removals
    taxis training transport travel yoga
    """
)

_NAME_WORD = re.compile(r"[A-Z][a-zA-Z'’\-]*\.?")


def is_private_person(name: str) -> bool:
    """Whether a name is surely or very likely a person's: "Mrs A Jones", "Mr & Mrs Smith", "Susan Ann Brown", "J. P.
    Shah".
    """
    if _LEGAL_FORM.search(name):
        return False
    if _TITLE.search(name):
        return True
    words = _person_words(name)
    if words is None:
        return False
    if all(len(word.rstrip(".")) < 3 for word in words):
        return False
    return any(word.rstrip(".").casefold() in FIRST_NAMES or len(word.rstrip(".")) == 1 for word in words[:-1])


def has_personal_title(name: str) -> bool:
    """Whether a name carries a person's title and is not an organisation's: "Mrs A Jones t/a The Elms"."""
    return _TITLE.search(name) is not None and not _LEGAL_FORM.search(name)


def may_be_private_person(name: str) -> bool:
    """Whether nothing in a name says that it is an organisation's: also true of rare names."""
    return is_private_person(name) or (not _LEGAL_FORM.search(name) and _person_words(name) is not None)


def _person_words(name: str) -> list[str] | None:
    """The words of a name when they are two to six and each could be part of a person's name; None otherwise."""
    words = [word for word in re.split(r"[\s,&/]+", name) if word.casefold() not in ("", "and", "t/a", "ta")]
    if not 2 <= len(words) <= 6:
        return None
    if any(word.casefold().rstrip(".") in _ORGANISATION_WORDS or not _NAME_WORD.fullmatch(word) for word in words):
        return None
    return words


def organisation_name(text: str | None) -> Cleaned:
    """The name of the organisation that runs a place, or None with a note when it is, or may be, a private person."""
    name = na(text)
    if name is None:
        return None, None
    if is_private_person(name):
        return None, "name of the provider left out: it is a private person's"
    if may_be_private_person(name):
        return None, "name of the provider left out: it may be a private person's"
    return name, None


def without_persons_in_address(address: str) -> str:
    """An address without parts such as "c/o Mrs J Smith"."""
    parts = (re.sub(r"^\s*c/o\s+", "", part, flags=re.IGNORECASE).strip() for part in address.split(","))
    return ", ".join(part for part in parts if part and not (_TITLE.match(part) and is_private_person(part)))


# --- e-mail ---------------------------------------------------------------------------------------------------------

# Bounded, so that a cell of a hundred thousand letters takes no longer than it should.
EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+'\-]{0,63}@(?:[A-Za-z0-9][A-Za-z0-9\-]{0,62}\.){1,6}[A-Za-z]{2,24}")

# Names of an office when they stand alone between dots, hyphens and digits.
_ROLE_WORDS = word_set(
    """accounts adm admin administration admissions advice appointments bookings branch care careers church club
    complaints connect contact contacts contactus council customerservices donations email enquiries enquiry events
    family feedback finance food foodbank friends fundraising general hello help helpdesk helpline home hub info
    information inquiries kitchen lending lib library libraries mail mailbox main manager media members membership
    office online pantry post pr programme project projects reception receptionist referral referrals registrar sales
    secretary service services shop staff support team trust volunteer volunteering volunteers wecare welcome
    """
)
# No surname ends, begins or is made with these.
_ROLE_ENDS = ("food", "info", "admin", "help", "club", "project", "office", "support", "hub", "care", "team")
_ROLE_PARTS = (
    "library", "libraries", "centre", "foodbank", "referral", "enquir", "community", "reception", "volunteer",
)  # fmt: skip
_LONGEST_EMAIL = 254


def publishable_email(text: str | None, *, known: str) -> Cleaned:
    """An e-mail address of an office and not of somebody; others are left out, with a note that does not repeat them.

    Published are addresses of a role (info@, library@, referrals@) and of the place itself, whose words stand in
    `known` (its name and address): rochdale@ for the Salvation Army in Rochdale. Not first.last@, not andrew@, and not
    what nobody can tell.
    """
    address = na(text)
    if address is None:
        return None, None
    if not EMAIL.fullmatch(address) or ".." in address or len(address) > _LONGEST_EMAIL:
        return None, "e-mail left out: it is not one whole address"
    local = address.split("@")[0].casefold()
    if _is_office(local, known):
        return address, None
    return None, "e-mail left out: it may be somebody's own"


def without_private_emails(text: str, *, known: str) -> Cleaned:
    """A text without the e-mail addresses in it that may be somebody's own."""
    kept = EMAIL.sub(lambda found: found[0] if publishable_email(found[0], known=known)[0] else "", text)
    if kept == text:
        return text, None
    return re.sub(r"[ \t]{2,}", " ", kept).strip(), "e-mail in the text left out: it may be somebody's own"


def _is_office(local: str, known: str) -> bool:
    words = re.findall(r"[a-z0-9]+", known.casefold().replace("'", "").replace("’", ""))
    run_together = "".join(words)
    tokens = [token for token in re.split(r"[^a-z]+", local) if token]
    strangers = [
        token
        for token in tokens
        if token not in words
        and token not in _ROLE_WORDS
        and not _has_role(token)
        and not (len(token) >= 5 and token in run_together)
    ]
    if any(_is_first_name(token) for token in strangers):
        return False
    if not strangers:
        return any(len(token) > 1 for token in tokens)
    if any(part in token for token in tokens for part in _ROLE_PARTS):
        return all(len(token) > 1 for token in strangers)
    compact = re.sub(r"[^a-z0-9]+", "", local)
    if len(compact) >= 3 and compact == "".join(word[0] for word in words)[: len(compact)]:
        return True  # the place's initials: ncl@ for North City Library
    # A word of the place or of an office with short forms beside it: crm.manchester@, northenden.sscc@. But an
    # initial, or anything longer, may be a person's name.
    return len(strangers) < len(tokens) and all(1 < len(token) <= 4 for token in strangers)


def _has_role(token: str) -> bool:
    return token.endswith(_ROLE_ENDS) or any(part in token for part in _ROLE_PARTS)


def _is_first_name(token: str) -> bool:
    """A first name, also with a surname run on to it: "janetdoe", "simonbaker"."""
    return token in FIRST_NAMES or (len(token) >= 8 and any(token.startswith(name) for name in _LONGER_FIRST_NAMES))


_LONGER_FIRST_NAMES = tuple(sorted(name for name in FIRST_NAMES if len(name) >= 4))
