"""The councils that are responsible for adult social care in England."""

from sqlalchemy import insert, select, update

from marketplace import places_data
from marketplace.accounts.models import Council
from marketplace.database import db, transaction


def ensure_councils() -> None:
    """A row for each of the 153 councils, by the GSS code under which it answers for adult social care."""
    with transaction():
        known = dict(db.session.execute(select(Council.gss_code, Council.name)).all())
        new = []
        for council in places_data.list_asc_councils():
            if council.gss not in known:
                new.append({"gss_code": council.gss, "name": council.official_name, "short_name": council.name})
            elif known[council.gss] != council.official_name:
                db.session.execute(
                    update(Council).where(Council.gss_code == council.gss).values(name=council.official_name)
                )
        if new:
            db.session.execute(insert(Council), new)
