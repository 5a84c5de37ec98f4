"""Read the categories: two levels, in the order of the packaged table."""

from dataclasses import dataclass, field

from sqlalchemy import func, select

from catalogue.domain import ListingState
from catalogue.models import Category, Listing, Provider
from catalogue.visibility import PUBLIC_PROVIDERS
from marketplace.database import db, read_once


@dataclass(frozen=True)
class CategoryView:
    """A category. `parent_slug` is None on the first level, where `children` are those beneath it."""

    id: int
    slug: str
    name: str
    description: str
    icon: str
    parent_slug: str | None
    children: tuple["CategoryView", ...] = field(default=(), repr=False)

    @property
    def slugs(self) -> tuple[str, ...]:
        """Its own slug and those beneath it: what a search for the category means."""
        return (self.slug, *(child.slug for child in self.children))


@read_once
def list_categories() -> list[CategoryView]:
    """Categories of the first level with their children, by position. One query."""
    rows = db.session.execute(
        select(
            Category.id, Category.slug, Category.name, Category.description, Category.icon, Category.parent_id
        ).order_by(Category.position, Category.id)
    ).all()
    slugs = {row.id: row.slug for row in rows}
    children: dict[int, list[CategoryView]] = {}
    for row in rows:
        if row.parent_id is not None:
            view = CategoryView(row.id, row.slug, row.name, row.description, row.icon, slugs[row.parent_id])
            children.setdefault(row.parent_id, []).append(view)
    return [
        CategoryView(row.id, row.slug, row.name, row.description, row.icon, None, tuple(children.get(row.id, ())))
        for row in rows
        if row.parent_id is None
    ]


def categories_by_slug(tree: list[CategoryView] | None = None) -> dict[str, CategoryView]:
    """Every category of both levels by slug."""
    found: dict[str, CategoryView] = {}
    for category in tree if tree is not None else list_categories():
        found[category.slug] = category
        found.update({child.slug: child for child in category.children})
    return found


def count_by_category() -> dict[str, int]:
    """How many listings everybody can see in each category; a category of the first level counts those beneath it."""
    rows = db.session.execute(
        select(Category.slug, Category.parent_id, func.count(Listing.id))
        .join(Listing, Listing.category_id == Category.id)
        .join(Provider, Provider.organisation_id == Listing.organisation_id)
        .where(Listing.state == ListingState.PUBLISHED, Provider.state.in_(PUBLIC_PROVIDERS))
        .group_by(Category.slug, Category.parent_id)
        .order_by(Category.slug)
    ).all()
    slugs = {category.id: category.slug for category in list_categories()}
    counts: dict[str, int] = {}
    for slug, parent_id, count in rows:
        counts[slug] = counts.get(slug, 0) + count
        if parent_id is not None:
            parent = slugs[parent_id]
            counts[parent] = counts.get(parent, 0) + count
    return counts


def category_choices() -> list[tuple[str, str]]:
    """Categories that a listing can have, for a list to choose from: slug and "Help at home: Gardening"."""
    return [(child.slug, f"{parent.name}: {child.name}") for parent in list_categories() for child in parent.children]
