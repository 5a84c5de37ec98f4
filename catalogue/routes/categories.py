"""All kinds of help, and one kind."""

from flask import render_template, url_for

from catalogue.queries.categories import CategoryView, categories_by_slug, count_by_category, list_categories
from catalogue.queries.search import SearchQuery, search
from catalogue.routes import blueprint
from catalogue.routes.cards import draw_results
from catalogue.routes.home import near
from marketplace.accounts.access import ANYONE, allow
from marketplace.kernel.errors import NotFound
from marketplace.ui.filters import plural

SHOWN = 10


@blueprint.get("/categories")
@allow(ANYONE)
def categories() -> str:
    """Both levels, each with the number of listings."""
    return render_template("catalogue/categories.html", tree=list_categories(), counts=count_by_category())


@blueprint.get("/categories/<slug>")
@allow(ANYONE)
def category(slug: str) -> str:
    """One kind of help: its parts, and the first of what there is near the reader's last search."""
    tree = list_categories()
    known = categories_by_slug(tree)
    chosen = known.get(slug)
    if chosen is None:
        raise NotFound()
    counts = count_by_category()
    place = near()
    page = search(SearchQuery(category=slug, postcode=place))
    return render_template(
        "catalogue/category.html",
        category=chosen,
        parent=known.get(chosen.parent_slug or ""),
        tiles=[_tile(child, counts.get(child.slug, 0)) for child in chosen.children],
        count=counts.get(slug, 0),
        near=place,
        page=page,
        cards=draw_results(page.results[:SHOWN]),
    )


def _tile(category: CategoryView, count: int) -> dict[str, str]:
    return {
        "href": url_for("catalogue.category", slug=category.slug),
        "text": category.name,
        "icon": category.icon,
        "note": f"{category.description}. {plural(count, 'listing')}" if count else category.description,
    }
