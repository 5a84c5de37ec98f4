import pytest

from catalogue.importing.people import (
    has_personal_title,
    is_private_person,
    may_be_private_person,
    organisation_name,
    publishable_email,
    without_persons_in_address,
    without_private_emails,
)


@pytest.mark.parametrize(
    "name",
    [
        "Mr & Mrs J Smith", "Mrs A Jones", "Mr Alan Example & Mrs Beth Anne Example", "Susan Ann Brown", "J. P. Shah",
        "Dr K Rai", "Miss Jane Doe t/a Doe Care", "R Patel and S Patel", "Margaret O'Neill", "Mr. John Smith-Jones",
    ],
)  # fmt: skip
def test_names_of_private_persons_are_known(name: str) -> None:
    assert is_private_person(name)
    assert may_be_private_person(name)
    assert organisation_name(name) == (None, "name of the provider left out: it is a private person's")


@pytest.mark.parametrize(
    "name",
    [
        "Future Directions CIC", "J.E.M. Care Limited", "Trafford Council", "Bickham House Trustees", "SignHealth",
        "Dr French Memorial Home Limited", "Sisters Of St Joseph Of The Apparition CIO", "Lady of the Vale Care Home",
        "Tania Brown Limited", "Philip Parkinson Homecare Ltd", "Kay Care Services", "Hughes and Daughters Care Ltd",
        "Percy Hedley Foundation", "Saint John of God Hospitaller Services", "A1 Pharmacy", "Methodist Homes",
    ],
)  # fmt: skip
def test_organisations_are_not_taken_for_persons(name: str) -> None:
    assert not may_be_private_person(name)
    assert organisation_name(name) == (name, None)


def test_a_name_that_may_be_a_person_s_is_left_out_in_doubt() -> None:
    assert not is_private_person("Zebulon Quillfeather")
    assert may_be_private_person("Zebulon Quillfeather")
    assert organisation_name("Zebulon Quillfeather")[0] is None
    assert organisation_name("NA") == (None, None)


def test_titles_are_told_from_words_that_begin_like_them() -> None:
    assert has_personal_title("Mrs K Example t/a The Elms")
    assert not has_personal_title("Drayton House")
    assert not has_personal_title("Missionary Sisters")
    assert not has_personal_title("Mr Pickles Care Limited")


def test_persons_are_taken_out_of_addresses() -> None:
    assert without_persons_in_address("c/o Mrs J Smith, 1 High Street, Bury") == "1 High Street, Bury"
    assert without_persons_in_address("c/o Elm House, 1 High Street") == "Elm House, 1 High Street"
    assert without_persons_in_address("1 Rose Lane, Bury") == "1 Rose Lane, Bury"


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("info@example.org", ""),
        ("admin@example.org", ""),
        ("enquiries@example.org", ""),
        ("blackrod.library@bolton.gov.uk", "Blackrod Library"),
        ("hazelgrove.library@stockport.gov.uk", "Hazel Grove Library"),
        ("Salford.referrals@example.org", "Mustard Tree"),
        ("bolton.citadel@example.org", "Salvation Army Bolton Citadel"),
        ("rochdale@example.org", "Salvation Army Rochdale"),
        ("thewellspring@example.com", "The Wellspring"),
        ("ncl@example.gov.uk", "North City Library Rochdale Road"),
        ("northenden.sscc@example.gov.uk", "Northenden Sure Start Children's Centre"),
        ("secretary_stuc@example.co.uk", "Unemployed Centre"),
    ],
)
def test_addresses_of_an_office_are_published(address: str, known: str) -> None:
    assert publishable_email(address, known=known) == (address, None)


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("jane.doe@example.org", "Example House"),
        ("jdoe@example.org", "Example House"),
        ("andrew@bury.example.org", "Trussell Trust Bury"),
        ("janedoe1962@example.com", "Trussell Trust Bury"),
        ("j.bolton@example.org", "Bolton Citadel"),
        ("alan.hyde@example.org", "Hyde Fellowship"),
        ("sunil.bury@example.org", "Bury Fellowship"),
        ("zebulon.quillfeather@example.org", "Example House"),
        ("ismail@example.org", ""),  # ends in "mail"
        ("d.churchill@example.org", ""),  # begins with "church"
        ("jane.library@example.org", ""),
        ("x@example.org", ""),
    ],
)
def test_addresses_that_may_be_somebody_s_own_are_left_out_and_not_repeated(address: str, known: str) -> None:
    published, note = publishable_email(address, known=known)

    assert published is None
    assert note == "e-mail left out: it may be somebody's own"


@pytest.mark.parametrize(
    "text", ["not an address", "tim...tim@example.org", "info@example.org, jane@example.org", "info@x"]
)
def test_what_is_not_one_whole_address_is_left_out(text: str) -> None:
    assert publishable_email(text, known="")[0] is None
    assert publishable_email("NA", known="") == (None, None)


def test_private_addresses_are_taken_out_of_texts() -> None:
    text, note = without_private_emails("Write to jane.doe@example.org or info@example.org.", known="")

    assert text == "Write to or info@example.org."
    assert note is not None
    assert without_private_emails("No address.", known="") == ("No address.", None)
