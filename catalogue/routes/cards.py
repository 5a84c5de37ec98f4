"""Cards as the templates draw them: addresses, badges and short words added to what was read."""

from typing import Any

from flask import url_for

from catalogue.domain import AreaKind, ProviderState
from catalogue.queries.cards import Card
from catalogue.queries.search import Result
from catalogue.words import SHORT_RAILS, sentence
from marketplace.kernel.rails import Rail
from marketplace.ui.navigation import about_same_person

Drawn = dict[str, Any]
_CQC_KINDS = {"outstanding": "good", "good": "good", "requires improvement": "warn", "inadequate": "stop"}


def draw_results(results: tuple[Result, ...] | list[Result]) -> list[Drawn]:
    return [draw(result.card, result.distance_metres) for result in results]


def draw_cards(cards: tuple[Card, ...] | list[Card]) -> list[Drawn]:
    return [draw(card) for card in cards]


def draw(card: Card, distance_metres: float | None = None) -> Drawn:
    """What `listing_card` takes."""
    about: dict[str, Any] = about_same_person()
    return {
        "id": card.id,
        "href": url_for("catalogue.listing", listing_id=card.id, **about),
        "name": card.title,
        "provider": card.provider_name,
        "category": card.category_icon,
        "summary": card.summary,
        "distance_metres": distance_metres,
        "area": card.area,
        "comes_to_you": card.area_kind is AreaKind.RADIUS,
        "rating": card.rating,
        "review_count": card.rating_count,
        "funding": funding_words(card.rails) if card.price_pence != 0 else [],
        "badges": badges(card),
        "price_pence": card.price_pence,
        "price_unit": "" if card.price_pence == 0 else card.unit_words.per,
    }


def funding_words(rails: frozenset[Rail]) -> list[str]:
    """The ways of paying in short words, the first with a capital letter; empty when nothing is paid here."""
    words = [SHORT_RAILS[rail] for rail in Rail if rail in rails]
    return [sentence(words[0]), *words[1:]] if words else []


def badges(card: Card) -> list[Drawn]:
    """At most three things to know at a glance, what was checked by others first."""
    found: list[Drawn] = []
    if card.cqc_rating:
        found.append(
            {
                "text": f"CQC: {card.cqc_rating}",
                "icon": "shield",
                "kind": _CQC_KINDS.get(card.cqc_rating.lower(), "plain"),
            }
        )
    if card.is_access_point:
        found.append({"text": "Ask for help here", "icon": "information", "kind": ""})
    if card.provider_state is ProviderState.UNCLAIMED:
        found.append({"text": "From open data", "icon": None, "kind": "plain"})
    if card.is_micro_enterprise:
        found.append({"text": "Very small local business", "icon": "person", "kind": "plain"})
    if card.dbs_declared_on:
        found.append({"text": "DBS check declared", "icon": None, "kind": "plain"})
    return found[:3]
