"""Forms of providers: who they are, and a listing one question at a time."""

import re
from typing import Any

from wtforms import Field, ValidationError
from wtforms.validators import Optional

from catalogue.domain import AreaKind, ListingKind, ListingState, Unit, VatCategory
from catalogue.queries.own import OwnListing, OwnProvider
from catalogue.services.listings import LEAST_PRICE_PENCE, MOST_PRICE_PENCE, Area, Price, Terms, What, Words
from catalogue.services.providers import ProviderProfile
from catalogue.words import RAILS_FOR_PROVIDERS, UNITS, VAT_FOR_PROVIDERS, sentence, whole_miles
from marketplace.accounts.services.organisations import OrganisationDetails
from marketplace.kernel.places import MILE_METRES
from marketplace.kernel.rails import Rail
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

_CQC_LOCATION = re.compile(r"(?=.*[0-9])[A-Za-z0-9-]{3,20}")


class ProfileForm(BaseForm):
    """Who a provider is, and what it declares."""

    name = fields.TextField("Name of your business or group", validators=[fields.Required("Enter the name")])
    about = fields.TextAreaField(
        "Who you are and what you do",
        hint="A few sentences, as you would say it to a neighbour.",
        validators=[fields.Required("Say in a few words who you are and what you do")],
    )
    is_micro_enterprise = fields.CheckboxField("I work alone or with up to four others (a micro-enterprise)")
    postcode = fields.PostcodeField("Your postcode", validators=[fields.Required("Enter a postcode, like DL3 7TX")])
    address = fields.TextField(
        "Address people may see (optional)", hint="Leave it empty if you work from home.", validators=[Optional()]
    )
    phone = fields.TelephoneField("Telephone number people may call (optional)", validators=[Optional()])
    email = fields.EmailField("Email address people may write to (optional)", validators=[Optional()])
    website = fields.WebField("Website (optional)", validators=[Optional()])
    vat_registered = fields.CheckboxField("We are registered for VAT")
    cqc_location_id = fields.TextField(
        "CQC location number (optional)",
        hint="Like 1-466088203, if the regulator has one for you. Cooking, gardening or company need none.",
        validators=[Optional()],
    )
    dbs_declared = fields.CheckboxField("Everybody who visits people has a DBS check: I declare this")
    insurance_ends_on = fields.UkDateField("Public liability insurance ends on (optional)", validators=[Optional()])
    submit = fields.SubmitField("Save")

    def validate_cqc_location_id(self, field: Field) -> None:
        if field.data and not _CQC_LOCATION.fullmatch(field.data.strip()):
            raise ValidationError("Enter the CQC location number, like 1-466088203, or leave the box empty")

    @staticmethod
    def values_of(own: OwnProvider) -> dict[str, Any]:
        """What the form shows first of a provider that is known."""
        organisation = own.organisation
        return {
            "name": organisation.name,
            "about": own.about,
            "is_micro_enterprise": own.is_micro_enterprise,
            "postcode": organisation.postcode,
            "address": organisation.address,
            "phone": organisation.phone,
            "email": organisation.email,
            "website": organisation.website,
            "vat_registered": own.vat_registered,
            "cqc_location_id": own.cqc_location_id,
            "dbs_declared": own.dbs_declared_on is not None,
            "insurance_ends_on": own.insurance_ends_on,
        }

    def to_command(self) -> ProviderProfile:
        return ProviderProfile(
            OrganisationDetails(
                name=self.name.data.strip(),
                email=self.email.data or None,
                phone=self.phone.data or None,
                website=self.website.data or None,
                address=self.address.data or None,
                postcode=self.postcode.data,
            ),
            about=self.about.data,
            is_micro_enterprise=self.is_micro_enterprise.data,
            vat_registered=self.vat_registered.data,
            cqc_location_id=(self.cqc_location_id.data or "").strip() or None,
            dbs_declared=self.dbs_declared.data,
            insurance_ends_on=self.insurance_ends_on.data,
        )


class ClaimForm(BaseForm):
    """Why an unclaimed provider is somebody's."""

    position = fields.TextField(
        "What you do there", validators=[fields.Required("Say what you do there, like “registered manager”")]
    )
    evidence = fields.TextAreaField(
        "How we can check it",
        hint="A work email address, a number on your website, your CQC location number.",
        validators=[fields.Required("Say how we can check it")],
    )
    submit = fields.SubmitField("Send my claim")


class WhatForm(BaseForm):
    title = fields.TextField(
        "What is it called",
        longest=120,
        hint="Short and plain, like “Gardening by the hour”.",
        validators=[fields.Required("Give it a short name, like “Gardening by the hour”")],
    )
    category = fields.SelectField("What kind of help is it", validators=[fields.Required("Choose the kind of help")])
    kind = fields.RadioField(
        "Is it a service or a thing",
        choices=[
            (ListingKind.SERVICE.value, "A service: somebody does something"),
            (ListingKind.PRODUCT.value, "A thing: people get it to use or to keep"),
        ],
        default=ListingKind.SERVICE.value,
    )
    submit = fields.SubmitField("Save and go on")

    @staticmethod
    def values_of(own: OwnListing) -> dict[str, Any]:
        return {"title": own.title, "category": own.category_slug, "kind": own.kind.value}

    def to_command(self) -> What:
        return What(self.title.data, self.category.data, ListingKind(self.kind.data))


class WordsForm(BaseForm):
    summary = fields.TextField(
        "In one sentence", longest=300, validators=[fields.Required("Say what it is in one sentence")]
    )
    description = fields.TextAreaField(
        "What people get", validators=[fields.Required("Say more about what people get")], longest=4000
    )
    included = fields.TextAreaField("What is included in the price (optional)", validators=[Optional()])
    who_for = fields.TextAreaField("Who it is for (optional)", validators=[Optional()])
    submit = fields.SubmitField("Save and go on")

    @staticmethod
    def values_of(own: OwnListing) -> dict[str, Any]:
        return {
            "summary": own.summary,
            "description": own.description,
            "included": own.included,
            "who_for": own.who_for,
        }

    def to_command(self) -> Words:
        return Words(self.summary.data, self.description.data, self.included.data, self.who_for.data)


class PriceForm(BaseForm):
    how = fields.RadioField(
        "How do people pay",
        choices=[("price", "A price"), ("free", "It is free"), ("ask", "They ask you for a price first")],
        default="price",
    )
    price = fields.PoundsField(
        "Price in pounds",
        hint="All that people pay: the levy of 2.5% comes out of it, never on top.",
        least_pence=LEAST_PRICE_PENCE,
        most_pence=MOST_PRICE_PENCE,
        validators=[Optional()],
    )
    unit = fields.SelectField(
        "For what", choices=[(unit.value, sentence(words.per.removeprefix("for "))) for unit, words in UNITS.items()]
    )
    min_quantity = fields.WholeNumberField("Smallest order", least=1, most=10_000, default=1)
    max_quantity = fields.WholeNumberField("Largest order at once", least=1, most=10_000, default=200)
    vat_category = fields.SelectField(
        "VAT", choices=[(category.value, words) for category, words in VAT_FOR_PROVIDERS.items()], default="outside"
    )
    submit = fields.SubmitField("Save and go on")

    @staticmethod
    def values_of(own: OwnListing) -> dict[str, Any]:
        how = "free" if own.price_pence == 0 else "price"
        if own.price_pence is None and own.state is not ListingState.DRAFT:  # a draft has no price before it is asked
            how = "ask"
        return {
            "how": how,
            "price": own.price_pence or None,
            "unit": own.unit.value,
            "min_quantity": own.min_quantity,
            "max_quantity": own.max_quantity,
            "vat_category": own.vat_category.value,
        }

    def validate(self, extra_validators: Any = None) -> bool:
        """A price needs pounds, and pounds a price: what was typed is never left out unsaid."""
        valid = bool(super().validate(extra_validators))
        if self.price.errors:
            return valid
        if self.how.data == "price" and self.price.data is None:
            self.price.errors = ["Enter a price in pounds, like 12.50"]
        elif self.how.data != "price" and self.price.data is not None:
            self.price.errors = ["Choose “A price” to ask for this, or leave the box empty"]
        return valid and not self.price.errors

    def to_command(self) -> Price:
        pence = {"free": 0, "ask": None}.get(self.how.data, self.price.data)
        return Price(
            Unit(self.unit.data),
            pence,
            self.min_quantity.data or 1,
            self.max_quantity.data or 200,
            VatCategory(self.vat_category.data),
        )


class AreaForm(BaseForm):
    area = fields.RadioField(
        "Where do you offer it",
        choices=[
            (AreaKind.RADIUS.value, "I travel to people, some miles around a postcode"),
            (AreaKind.AT_PLACE.value, "People come to me, at one place"),
            (AreaKind.COUNCILS.value, "In some council areas"),
            (AreaKind.ENGLAND.value, "All over England"),
        ],
        default=AreaKind.RADIUS.value,
    )
    postcode = fields.PostcodeField("Postcode that you start from, or of the place", validators=[Optional()])
    miles = fields.MilesField("How many miles you travel", validators=[Optional()])
    address = fields.TextField("Address of the place", validators=[Optional()])
    councils = fields.CheckboxesField("In which council areas", validators=[Optional()])
    submit = fields.SubmitField("Save and go on")

    @staticmethod
    def values_of(own: OwnListing) -> dict[str, Any]:
        return {
            "area": own.area_kind.value,
            "postcode": own.postcode,
            "miles": whole_miles(own.radius_metres) if own.radius_metres else None,
            "address": own.address,
            "councils": list(own.council_gss),
        }

    def to_command(self) -> Area:
        miles = self.miles.data
        return Area(
            AreaKind(self.area.data),
            self.postcode.data or None,
            round(miles * MILE_METRES) if miles else None,
            tuple(self.councils.data or ()),
            self.address.data or None,
        )


class TermsForm(BaseForm):
    availability = fields.TextAreaField(
        "When", hint="Like “Monday to Friday, 9am to 5pm”.", validators=[fields.Required("Say when you offer it")]
    )
    rails = fields.CheckboxesField(
        "Which ways of paying do you take",
        hint="Cards need an account at Stripe. You open it under “Money and the levy”, before or after this.",
        choices=[(rail.value, words) for rail, words in RAILS_FOR_PROVIDERS.items()],
        validators=[Optional()],
    )
    phone = fields.TelephoneField("Telephone number for this, if it is another one", validators=[Optional()])
    email = fields.EmailField("Email address for this, if it is another one", validators=[Optional()])
    website = fields.WebField("Web page about this (optional)", validators=[Optional()])
    submit = fields.SubmitField("Save and go on")

    @staticmethod
    def values_of(own: OwnListing) -> dict[str, Any]:
        return {
            "availability": own.availability,
            "rails": [rail.value for rail in own.rails],
            "phone": own.phone,
            "email": own.email,
            "website": own.website,
        }

    def to_command(self) -> Terms:
        return Terms(
            self.availability.data,
            frozenset(Rail(value) for value in self.rails.data or ()),
            self.phone.data or None,
            self.email.data or None,
            self.website.data or None,
        )


STEPS: dict[str, tuple[str, type[BaseForm]]] = {
    "what": ("What it is", WhatForm),
    "words": ("In your words", WordsForm),
    "price": ("Price", PriceForm),
    "area": ("Where", AreaForm),
    "terms": ("When and how to pay", TermsForm),
}
"""The questions of the listing editor, in their order: address, heading, form."""
