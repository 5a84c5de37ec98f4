"""What people of the demo wrote after they had bought, and what providers answered. Only of invented providers."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import resources

from catalogue.queries.listings import Offer
from marketplace.accounts.domain import Actor
from marketplace.demo.diary import Diary
from marketplace.kernel import clock
from ratings import services
from ratings.domain import Byline
from ratings.services import NewReview


@dataclass(frozen=True)
class _Text:
    stars: int
    words: str
    reply: str | None


class Reviews:
    """Hands out the packaged texts, none twice."""

    def __init__(self) -> None:
        text = resources.files("marketplace.demo").joinpath("data/reviews.psv").read_text(encoding="utf-8")
        self._left: dict[tuple[str, int], list[_Text]] = defaultdict(list)
        for row in csv.DictReader(text.splitlines(), delimiter="|", quoting=csv.QUOTE_NONE):
            stars = int(row["stars"])
            self._left[row["category"], stars].append(_Text(stars, row["words"], row["reply"] or None))
        self._written = 0

    def write(self, diary: Diary, buyer: Actor, provider: Actor, order_id: int, offer: Offer, stars: int) -> None:
        """A review of an order that was agreed to, if there are words left for it; the provider may answer later."""
        texts = self._left[offer.category_slug, stars] or self._left["any", stars]
        if not texts:
            return
        text = texts.pop(0)
        self._written += 1
        by = Byline.FIRST_NAME if self._written % 3 else Byline.RESIDENT
        review_id = services.write(buyer, order_id, NewReview(offer.listing_id, text.stars, text.words, by))
        if text.reply is not None:
            diary.at(clock.now() + timedelta(days=2, hours=3), partial(services.reply, provider, review_id, text.reply))
