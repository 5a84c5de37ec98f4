"""Forms as the official library encodes them, and reading them with types."""

from urllib.parse import urlencode

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode

from marketplace.stripe_sandbox.errors import ApiError
from marketplace.stripe_sandbox.params import Params, decode_form

WORDS = st.text(min_size=1, max_size=12)
NAMES = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
TREES = st.dictionaries(
    NAMES,
    st.recursive(
        WORDS, lambda inner: st.dictionaries(NAMES, inner, min_size=1) | st.lists(inner, min_size=1), max_leaves=8
    ),
    max_size=5,
)


@given(TREES)
def test_what_the_library_encodes_is_decoded_again(tree: dict[str, object]) -> None:
    assert decode_form(urlencode(list(_api_encode(tree)))) == tree


def test_brackets_without_a_number_make_a_list_too() -> None:
    assert decode_form("expand[]=a&expand[]=b.c") == {"expand": ["a", "b.c"]}
    assert decode_form("expand%5B%5D=a") == {"expand": ["a"]}


def test_lists_longer_than_ten_keep_their_order() -> None:
    text = urlencode([(f"a[{place}]", str(place)) for place in reversed(range(12))])
    assert decode_form(text)["a"] == [str(place) for place in range(12)]


@pytest.mark.parametrize("text", ["a=1&a[b]=2", "a[b]=2&a=1", "[a]=1", "a[b=1", "a" + "[b]" * 9 + "=1"])
def test_forms_that_contradict_themselves_are_refused(text: str) -> None:
    with pytest.raises(ApiError) as error:
        decode_form(text)
    assert error.value.status == 400


def test_empty_text_means_not_set() -> None:
    params = Params({"a": "", "m": ""})
    assert (params.text("a"), params.integer("a"), params.boolean("a"), params.texts("a")) == (None, None, False, [])
    assert params.given("a") and not params.given("b")
    with pytest.raises(ApiError) as error:
        params.required("a")
    assert (error.value.code, error.value.param) == ("parameter_missing", "a")


@pytest.mark.parametrize("value", ["1.5", "x", "1e3", "٣", "-1", "9" * 16, " 1"])
def test_only_whole_numbers_are_numbers(value: str) -> None:
    with pytest.raises(ApiError) as error:
        Params({"amount": value}).integer("amount")
    assert error.value.code == "parameter_invalid_integer"


def test_nested_errors_name_the_whole_path() -> None:
    params = Params({"line_items": [{"price_data": {"unit_amount": "x"}}]})
    with pytest.raises(ApiError) as error:
        params.children("line_items")[0].child("price_data").integer("unit_amount")
    assert error.value.param == "line_items[0][price_data][unit_amount]"


@pytest.mark.parametrize(
    ("values", "before", "after"),
    [
        ({"metadata": {"a": "1"}}, {"b": "2"}, {"a": "1", "b": "2"}),
        ({"metadata": {"b": ""}}, {"b": "2"}, {}),
        ({"metadata": ""}, {"b": "2"}, {}),
        ({}, {"b": "2"}, {"b": "2"}),
        ({"metadata": ["x", "y"]}, {}, {"0": "x", "1": "y"}),
    ],
)
def test_metadata_is_merged(values: dict[str, object], before: dict[str, str], after: dict[str, str]) -> None:
    assert Params(values).metadata(before) == after


@pytest.mark.parametrize(
    "sent", [{"k" * 41: "v"}, {"k": "v" * 501}, {str(number): "v" for number in range(51)}, {"k": {"deep": "v"}}]
)
def test_metadata_outside_stripes_limits_is_refused(sent: dict[str, object]) -> None:
    with pytest.raises(ApiError):
        Params({"metadata": sent}).metadata()


def test_unknown_parameters_are_refused_by_name() -> None:
    with pytest.raises(ApiError) as error:
        Params({"amount": "1", "colour": "red"}).allow({"amount"})
    assert (error.value.code, error.value.param) == ("parameter_unknown", "colour")


def test_version_is_the_library_s_own() -> None:
    from marketplace.stripe_sandbox.settings import API_VERSION

    assert stripe.api_version == API_VERSION
