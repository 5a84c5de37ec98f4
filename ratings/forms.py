"""Forms of reviews and of answers to them."""

from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from ratings.domain import LONGEST_WORDS, STAR_WORDS, Byline
from ratings.services import NewReview


class ReviewForm(BaseForm):
    """Stars and words for one listing of an order. `listing` has the order's listings as choices."""

    listing = fields.RadioField("What are you writing about", validators=[fields.Required("Choose one")])
    stars = fields.RadioField(
        "How was it",
        choices=[(str(stars), f"{stars} out of 5: {words}") for stars, words in STAR_WORDS.items()],
        validators=[fields.Required("Choose from 1 to 5 stars")],
    )
    words = fields.TextAreaField(
        "What would you tell somebody who is thinking of it",
        hint="Leave out names of people and anything about health: everybody can read this.",
        longest=LONGEST_WORDS,
        counted=True,
        rows=6,
        validators=[fields.Required("Say in a few words how it was")],
    )
    byline = fields.RadioField("How should we call you", validators=[fields.Required("Choose how to be called")])
    submit = fields.SubmitField("Publish this review")

    def to_command(self) -> NewReview:
        return NewReview(
            listing_id=int(self.listing.data),
            stars=int(self.stars.data),
            words=self.words.data,
            byline=Byline(self.byline.data),
        )


class ReplyForm(BaseForm):
    """The provider's one answer."""

    words = fields.TextAreaField(
        "Your answer",
        hint="You can answer once. Do not say who the person is or what support they have.",
        longest=LONGEST_WORDS,
        counted=True,
        validators=[fields.Required("Write your answer")],
    )
    submit = fields.SubmitField("Publish my answer")
