"""One search over everybody of a caseload, and the list of the day: within the actor's mandates, nothing beyond."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from budgets.models import Person
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.planning.models import NoteAudience
from marketplace.planning.queries.searching import FoundAll, search_caseload
from marketplace.planning.services.person_notes import write_note
from payments.domain import OrderState
from payments.queries.orders import get_order
from tests.browser import sign_in, text_of
from tests.integration.planning.counting import queries_of
from tests.integration.planning.town_of_many import Many
from tests.integration.planning.world import A


def kinds(found: FoundAll) -> tuple[int, int, int, int]:
    return len(found.people), len(found.orders), len(found.outcomes), len(found.notes)


def search(town: Many, text: str) -> tuple[int, int, int, int]:
    db.session.rollback()
    return kinds(search_caseload(town.manager, text))


def test_names_references_orders_providers_outcomes_and_notes_are_found_for_the_own_people_alone(
    client: FlaskClient, app: Flask
) -> None:
    town, other = Many("Ann Able", "Bob Brown"), Many("Ann Other")
    order_id = town.order("Ann Able")
    other.order("Ann Other")
    with transaction():
        db.session.execute(
            update(Person).where(Person.id == town.people["Bob Brown"]).values(council_reference="DARL-77")
        )
    for one, name in ((town, "Ann Able"), (other, "Ann Other")):
        write_note(one.manager, one.people[name], "Allergic to 100% of nuts", NoteAudience.COLLEAGUES)
    reference = get_order(order_id).reference
    assert search(town, "ann") == (1, 0, 0, 0)
    assert search(town, "darl-77") == (1, 0, 0, 0)
    assert search(town, reference.lower()) == (0, 1, 0, 0)
    assert search(town, "home help") == (0, 1, 0, 0)
    assert search(town, "dales") == (0, 1, 0, 0)
    assert search(town, "outcome") == (0, 0, 2, 0)
    assert search(town, "100%") == (0, 0, 0, 1)
    assert search(town, "1%0") == (0, 0, 0, 0)
    assert search(town, "a") == search(town, "") == (0, 0, 0, 0)
    sign_in(client, town.manager_id)
    page = text_of(client.get("/caseload/search?q=dales"))
    assert reference in page
    assert "Nothing was found" in text_of(client.get("/caseload/search?q=%00zz%25_"))


def test_what_a_mandate_does_not_allow_is_not_found(app: Flask) -> None:
    town = Many()
    for name, actions in (("Ann Plan", [A.READ_PLAN]), ("Bob Money", [A.READ_BUDGET]), ("Cid Review", [A.REVIEW])):
        town.people[name] = town.person(name, actions=actions)
        town.order(name)
    town.people["Dot Ended"] = town.person("Dot Ended", ended=True)
    town.order("Dot Ended")
    found = search_caseload(town.manager, "help at home")
    assert [order.person_name for order in found.orders] == ["Bob Money"]
    found = search_caseload(town.manager, "outcome 0")
    assert [found.names[outcome.person_id] for outcome in found.outcomes] == ["Ann Plan"]
    assert [one.name for one in search_caseload(town.manager, "PB-").people] == ["Bob Money"]


def test_the_day_is_listed_by_what_there_is_to_do(client: FlaskClient, app: Flask) -> None:
    town = Many("Ann Done", "Bob Nothing")
    town.order("Ann Done", state=OrderState.DONE, days_ago=1)
    town.people["Cid Soon"] = town.person("Cid Soon", ends_on=clock.today() + timedelta(days=3))
    town.people["Dot Later"] = town.person("Dot Later", ends_on=clock.today() + timedelta(days=20))
    sign_in(client, town.manager_id)
    page = text_of(client.get("/caseload/today"))
    assert "Orders to confirm (1) Ann Done 1 order" in page
    assert "Authority ending (1) Cid Soon" in page
    assert "Bob Nothing" not in page
    assert "Dot Later" not in page


def test_searching_and_the_day_take_as_many_queries_for_many_as_for_few(client: FlaskClient, app: Flask) -> None:
    counts = []
    for size in (2, 9):
        town = Many(*(f"Person {number}" for number in range(size)))
        for name in town.people:
            town.order(name, state=OrderState.DONE)
        sign_in(client, town.manager_id)
        counts.append((queries_of(client, "/caseload/search?q=person"), queries_of(client, "/caseload/today")))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 14
