import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from wtforms.validators import Optional

from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from marketplace.ui.refusals import flash_refusal
from tests.unit.ui.conftest import Render


class Form(BaseForm):
    name = fields.TextField(
        "Your name", hint="As on letters", longest=20, validators=[fields.Required("Enter your name")]
    )
    amount = fields.PoundsField("How much")
    who = fields.RadioField(
        "Who is it for",
        choices=[("me", "Me"), ("other", "Somebody I help")],
        validators=[fields.Required("Choose who")],
    )
    days = fields.CheckboxesField(
        "Which days", choices=[("mon", "Monday"), ("tue", "Tuesday")], validators=[Optional()]
    )
    sort = fields.SelectField("Sort by", choices=[("near", "Nearest"), ("price", "Price")], default="near")
    about = fields.TextAreaField("About it", counted=True, longest=50)
    agree = fields.CheckboxField("I have read this")
    submit = fields.SubmitField("Ask them to accept")


def sent(**answers: object) -> Form:
    form = Form(formdata=MultiDict(answers), meta={"csrf": False})
    form.validate()
    return form


@pytest.fixture(autouse=True)
def _request(render: Render) -> None:
    """Forms need a request around them."""


def test_the_summary_links_each_error_to_its_box_in_the_order_of_the_page() -> None:
    assert sent(amount="x").errors_for_summary() == [
        {"text": "Enter your name", "href": "#name"},
        {"text": "Enter an amount in pounds, like 12.50", "href": "#amount"},
        {"text": "Choose who", "href": "#who"},
    ]


def test_every_link_of_the_summary_leads_to_something_on_the_page() -> None:
    form = sent(amount="x", days="never", sort="never", about="y" * 51)
    page = "".join(str(field()) for field in form)
    lines = form.errors_for_summary()
    assert len(lines) == 6
    for line in lines:
        assert f'id="{str(line["href"])[1:]}"' in page


def test_what_is_not_there_is_a_page_of_its_own_and_no_words_on_a_form() -> None:
    form = sent()
    before = form.errors_for_summary()
    with pytest.raises(NotFound):
        form.refuse(NotFound("That is not yours", field="name"))
    with pytest.raises(NotFound):
        flash_refusal(NotFound("That is not yours"))
    assert form.errors_for_summary() == before and "_flashes" not in session
    flash_refusal(DomainError("It has ended"))
    assert session["_flashes"] == [("error", "It has ended")]


def test_a_refusal_returns_to_the_field_it_names() -> None:
    form = sent(name="Joan", amount="5", who="me")
    form.refuse(DomainError("Enter £10.00 or more", field="amount"))
    assert form.amount.errors == ["Enter £10.00 or more"]
    assert form.errors_for_summary() == [{"text": "Enter £10.00 or more", "href": "#amount"}]


@pytest.mark.parametrize("field", [None, "nothing_of_that_name"])
def test_a_refusal_without_a_field_stands_on_top(field: str | None) -> None:
    form = sent(name="Joan", who="me")
    assert form.errors == {}
    form.refuse(DomainError("Margaret’s money has £31.50 left.", field=field))
    assert form.errors_for_summary() == [{"text": "Margaret’s money has £31.50 left.", "href": None}]
    assert form.errors


def test_a_choice_that_was_not_offered_is_refused_in_plain_words() -> None:
    form = sent(name="Joan", who="me", sort="never", days="never")
    assert form.sort.errors == ["Choose one of the answers"]
    assert form.days.errors == ["Choose from the answers"]


def test_text_is_stripped_and_bounded() -> None:
    assert sent(name="  Joan  ").name.data == "Joan"
    assert sent(name="x" * 21).name.errors == ["Use 20 characters or fewer"]
    assert sent(name="Joan\x00").name.errors == ["Take out the characters that cannot be read"]
    assert sent(name="   ").name.errors == ["Enter your name"]


def test_what_nobody_sees_is_left_out_and_is_no_answer() -> None:
    form = sent(name="\u202eMargaret\u200b\x07 ", who="me", about="one\r\ntwo\tthree", amount="\u202a12.50\u202c")
    assert form.name.data == "Margaret" and form.amount.data == 1250 and form.about.data == "one\ntwo\tthree"
    assert sent(name=" \u200b\ufeff", who="me").name.errors == ["Enter your name"]


def test_a_box_has_its_label_hint_and_error_and_leaves_required_to_us() -> None:
    html = str(sent().name())
    assert 'for="name"' in html and "As on letters" in html
    assert 'aria-describedby="name-hint name-error"' in html
    assert "required" not in html


def test_a_field_without_a_hint_has_no_empty_hint() -> None:
    for field in sent():
        if field.name != "name":
            assert 'class="govuk-hint"' not in str(field())


def test_drawing_a_field_twice_changes_nothing() -> None:
    form = sent(name="Joan")
    assert str(form.amount()) == str(form.amount())
    assert str(form.amount(params={"prefix": {"text": "€"}})) != str(form.amount())
    assert "€" not in str(form.amount())


def test_hints_of_single_answers_are_there_each_time_the_page_is_drawn() -> None:
    class Choice(BaseForm):
        who = fields.RadioField(
            "Who", choices={"me": "Me", "other": "Other"}, govuk={"items": [{"hint": {"text": "You pay yourself"}}]}
        )

    form = Choice(meta={"csrf": False})
    first = str(form.who())
    assert "You pay yourself" in first
    assert str(form.who()) == first == str(Choice(meta={"csrf": False}).who())


def test_drawing_a_field_runs_no_context_processor(ui_app: Flask) -> None:
    calls = []

    @ui_app.context_processor
    def expensive() -> dict[str, object]:
        calls.append(1)
        return {}

    "".join(str(field()) for field in sent())
    assert calls == []


def test_what_was_typed_is_escaped() -> None:
    html = "".join(str(field()) for field in sent(name="<script>x", amount='"><b>', about="</textarea><b>"))
    assert "<script>" not in html and "<b>" not in html


def test_a_form_without_a_command_says_so() -> None:
    with pytest.raises(NotImplementedError, match="Form has no command"):
        sent().to_command()


def test_a_form_sent_without_its_token_changes_nothing_and_says_so(ui_client: FlaskClient) -> None:
    response = ui_client.post("/page-settings", data={"print_size": "large"})
    assert response.status_code == 400
    assert "This page was open for too long" in response.text
    with ui_client.session_transaction() as session:
        assert "large_print" not in session


class Web(BaseForm):
    website = fields.WebField("Website", validators=[Optional()])


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("www.noras-lunches.co.uk", "https://www.noras-lunches.co.uk"),
        (" HTTP://example.org/a?b=1#c ", "HTTP://example.org/a?b=1#c"),
        ("facebook.com/nora.cooks", "https://facebook.com/nora.cooks"),
        ("", None),
    ],
)
def test_a_web_address_becomes_one_that_a_link_can_lead_to(typed: str, address: str | None) -> None:
    form = Web(formdata=MultiDict({"website": typed}), meta={"csrf": False})
    assert form.validate() and form.website.data == address


@pytest.mark.parametrize(
    "typed",
    ["my facebook page", "nora", "javascript:alert(1)", "https://", "nora@example.org", "12.50", "x.org/" + "x" * 500],
)
def test_what_is_no_web_address_is_said_beside_its_box(typed: str) -> None:
    form = Web(formdata=MultiDict({"website": typed}), meta={"csrf": False})
    assert not form.validate() and form.website.errors == ["Enter a web address, like www.example.org"]
    assert f'value="{typed.strip()}"' in str(form.website())
