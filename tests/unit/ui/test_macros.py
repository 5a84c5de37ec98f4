import re

from tests.unit.ui.conftest import Render


def imported(names: str) -> str:
    return '{% from "ui/macros.html" import ' + names + " %}"


CARD = {
    "href": "/listing/7",
    "name": "Help at home <mornings>",
    "provider": "Dales Home Care",
    "category": "home-care",
    "distance_metres": 1930,
    "rating": 4.6,
    "review_count": 12,
    "funding": ["Council budget", "Card"],
    "badges": [{"text": f"Badge {number}"} for number in range(5)],
    "price_pence": 2150,
    "price_unit": "an hour",
}


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def test_a_card_says_all_that_is_needed_to_choose(render: Render) -> None:
    html = render(imported("listing_cards") + "{{ listing_cards([card]) }}", card=CARD)
    said = words(html)
    for part in (
        "Dales Home Care",
        "£21.50 an hour",
        "1.2 miles away",
        "4.6 out of 5, from 12 reviews",
        "Council budget, Card",
    ):
        assert part in said
    assert "Help at home &lt;mornings&gt;" in html
    assert "Badge 2" in said and "Badge 3" not in said
    assert html.count("<a ") == 1


def test_a_card_with_almost_nothing_has_no_hole(render: Render) -> None:
    bare = {"href": "/listing/8", "name": "Lunch club", "provider": "St Mark’s", "price_pence": 0}
    html = render(imported("listing_cards") + "{{ listing_cards([card]) }}", card=bare)
    assert "Free" in words(html) and "No reviews yet" in words(html)
    assert "/assets/ui/patterns/other.svg" in html
    assert "None" not in html and "Undefined" not in html


def test_a_photograph_takes_the_place_of_the_pattern(render: Render) -> None:
    html = render(
        imported("listing_cards") + "{{ listing_cards([card]) }}", card={**CARD, "image_href": "/uploads/1.jpg"}
    )
    assert 'src="/uploads/1.jpg"' in html and "patterns/" not in html


def test_a_price_is_never_a_bare_number(render: Render) -> None:
    source = imported("price") + "{{ price(pence, unit, from=from) }}"
    assert words(render(source, pence=2150, unit="an hour", **{"from": False})) == "£21.50 an hour"
    assert words(render(source, pence=2150, unit="an hour", **{"from": True})) == "from £21.50 an hour"
    assert words(render(source, pence=0, unit="", **{"from": False})) == "Free"
    assert words(render(source, pence=None, unit="", **{"from": False})) == "Ask for a price"


def test_stars_always_come_with_words(render: Render) -> None:
    source = imported("stars") + "{{ stars(rating, count) }}"
    assert words(render(source, rating=4.6, count=1)) == "4.6 out of 5, from 1 review"
    assert 'aria-hidden="true"' in render(source, rating=4.6, count=1)
    assert words(render(source, rating=None, count=0)) == "No reviews yet"


def test_the_timeline_says_in_words_where_the_order_is(render: Render) -> None:
    steps = [
        {"title": "Asked", "state": "done"},
        {"title": "Waiting for Dales Home Care to say yes", "state": "now"},
        {"title": "Paid"},
    ]
    html = render(imported("timeline") + "{{ timeline(steps) }}", steps=steps)
    assert words(html) == "Done: Asked Now: Waiting for Dales Home Care to say yes Later: Paid"
    assert html.count('aria-current="step"') == 1


def test_pages_keep_the_question_and_mark_the_present_one(render: Render) -> None:
    html = render(imported("pagination") + "{{ pagination(3, 12) }}")
    assert 'href="/search?q=bath&amp;funding=card&amp;funding=dp&amp;page=4" rel="next"' in html
    assert html.count('aria-current="page"') == 1
    assert render(imported("pagination") + "{{ pagination(1, 1) }}").strip() == ""


def test_narrowing_the_list_starts_again_at_page_one(render: Render) -> None:
    assert (
        render("{{ url_with(category='meals') }}")
        == "/search?q=bath&amp;funding=card&amp;funding=dp&amp;category=meals"
    )
    assert render("{{ url_with(funding=None) }}") == "/search?q=bath"
    assert render("{{ url_with(q='a b&c', funding=['x', 'y']) }}") == "/search?q=a+b%26c&amp;funding=x&amp;funding=y"
    assert render("{{ url_with(print=1) }}") == "/search?q=bath&amp;funding=card&amp;funding=dp&amp;page=3&amp;print=1"


def test_facets_show_counts_and_what_is_chosen(render: Render) -> None:
    groups = [
        {"title": "How you pay", "options": [{"text": "Card", "count": 1204, "href": "/search", "chosen": True}]},
        {"title": "Nothing here", "options": []},
    ]
    html = render(imported("facets") + "{{ facets(groups) }}", groups=groups)
    assert "1,204" in words(html) and 'aria-current="true"' in html
    assert "Nothing here" not in html


def test_a_tag_says_that_it_removes(render: Render) -> None:
    source = imported("chosen_tags") + "{{ chosen_tags(tags) }}"
    assert words(render(source, tags=[{"text": "bath", "remove_href": "/search"}])) == "Remove bath"
    assert render(source, tags=[]).strip() == ""


def test_a_money_table_shows_every_amount_in_full_with_its_total(render: Render) -> None:
    rows = [{"text": "3 hours at £18.00", "pence": 5400}, {"text": "Travel", "pence": 0, "note": "Included"}]
    html = render(imported("money_table") + "{{ money_table('What it costs', rows, 'To pay', 5400) }}", rows=rows)
    assert words(html) == "What it costs What Amount 3 hours at £18.00 £54.00 Travel Included £0.00 To pay £54.00"
    assert '<th scope="row"' in html and "<tfoot>" in html


def test_a_table_shows_money_numbers_dates_links_and_gaps(render: Render) -> None:
    source = imported("data_table") + "{{ data_table('Spent', columns, rows, total) }}"
    columns = [{"text": "What"}, {"text": "Orders", "kind": "number"}, {"text": "Amount", "kind": "money"}]
    rows = [[{"text": "Respite", "href": "/r"}, 1204, 123450], ["Meals <b>", 0, None]]
    html = render(source, columns=columns, rows=rows, total=["All", 1204, 123450])
    assert words(html) == "Spent What Orders Amount Respite 1,204 £1,234.50 Meals &lt;b&gt; 0 – All 1,204 £1,234.50"
    assert 'tabindex="0"' in html and 'aria-label="Spent"' in html


def test_the_balance_uses_the_four_money_words(render: Render) -> None:
    html = render(imported("balance") + "{{ balance('Respite', 500000, 123450, 45000, 331550, 'Until 4 April') }}")
    assert words(html) == (
        "Respite £5,000.00 yours for the year. Until 4 April Spent £1,234.50 Kept aside £450.00 Left now £3,315.50"
    )


def test_a_pot_that_was_cut_shows_what_is_missing(render: Render) -> None:
    html = render(imported("balance_small") + "{{ balance_small(100, 20000, -5000) }}")
    assert words(html) == "−£50.00 left now"


def test_a_button_that_changes_something_is_a_post_with_its_token(render: Render) -> None:
    html = render(imported("button_form") + "{{ button_form('/orders/7/confirm', 'It was done', {'key': 'a\"b'}) }}")
    assert 'method="post"' in html and 'name="csrf_token"' in html and 'value="a&#34;b"' in html


def test_an_empty_state_can_say_what_to_do(render: Render) -> None:
    source = (
        imported("empty_state") + "{% call empty_state('Nothing waits for you') %}<a href='/x'>See all</a>{% endcall %}"
    )
    assert words(render(source)) == "Nothing waits for you See all"
    assert words(render(imported("empty_state") + "{{ empty_state('No orders yet') }}")) == "No orders yet"


def test_an_icon_is_silent_unless_it_has_a_label(render: Render) -> None:
    assert 'aria-hidden="true"' in render(imported("icon") + "{{ icon('tick') }}")
    labelled = render(imported("icon") + "{{ icon('tick', label='Checked') }}")
    assert 'role="img" aria-label="Checked"' in labelled and "aria-hidden" not in labelled
    assert (
        render("{{ category_icon('meals') }} {{ category_icon('../secret') }} {{ category_icon(None) }}")
        == "meals other other"
    )
