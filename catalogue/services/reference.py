"""The categories that every installation begins with."""

import csv
from importlib import resources

from sqlalchemy import select

from catalogue.models import Category
from marketplace.database import db, transaction


def ensure_categories() -> None:
    """Two levels of categories from the packaged table; a category that is there already keeps its id."""
    text = resources.files("catalogue").joinpath("data/categories.csv").read_text(encoding="utf-8")
    with transaction():
        ids = dict(db.session.execute(select(Category.slug, Category.id)).all())
        for position, row in enumerate(csv.DictReader(text.splitlines())):
            parent_id = ids[row["parent"]] if row["parent"] else None
            category = db.session.get(Category, ids[row["slug"]]) if row["slug"] in ids else None
            if category is None:
                category = Category(slug=row["slug"])
                db.session.add(category)
            category.parent_id = parent_id
            category.name, category.description = row["name"], row["description"]
            category.icon, category.position = row["icon"], position
            db.session.flush()
            ids[row["slug"]] = category.id
