"""Two records of one person become one: an officer of council finance prepares it, a second one agrees.

Whatever points at the merged record follows to the kept one: found in the tables themselves, so that none is forgotten.
Facts that the database never lets change stay as they are; the merged record stays as another name of the kept one, and
whoever reads facts of a person follows it (`queries.merged`).
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, select, update
from sqlalchemy.exc import IntegrityError

from budgets.models import Person, PersonMerge
from budgets.services.payees import bring_answers
from budgets.services.reviews import give_way
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import Base, db, send_once, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound

CHECKOUTS = "checkouts"
STAYS = frozenset(
    {
        "audit_rows",
        "budget_entries",
        "ledger_entries",
        "payee_declarations",
        "people",
        "person_merges",
        "plan_versions",  # the plan as each record had it, under its own numbers
        "planned_together",  # that a person was there on a day; whoever plans with them now begins again
        # What nobody finished is not taken over: its prices and pots were looked at for the other record.
        "baskets",
        CHECKOUTS,
        "stripe_customers",  # cards belong to the customer of the record whose checkout they were given in
    }
)
"""Tables whose rows keep the record that they name."""
DETAILS = ("date_of_birth", "email", "phone", "address", "postcode", "notes_for_providers")
FILLED, NAMES, ACCOUNT = "filled", "names", "account"
"""What else a merge writes down beside the rows of each table: details that were empty, earlier names, the account."""


def prepare(actor: Actor, council_id: int, kept_reference: str, merged_reference: str, reason: str) -> int:
    """Ask a colleague to merge the second record into the first; answers the id of the merge.

    Raises NotFound for all but the council's finance, DomainError on the field that has to change.
    """
    require_finance(actor, council_id)
    if not reason.strip():
        raise DomainError("Say how you know that both are the same person", field="reason")
    with transaction():
        kept = _record_of(council_id, kept_reference, "kept")
        merged = _record_of(council_id, merged_reference, "merged")
        kept, merged = _lock_records(kept.id, merged.id)
        _check(kept, merged)
        waiting = select(PersonMerge.id).where(
            PersonMerge.decided_at.is_(None), PersonMerge.merged_person_id == merged.id
        )
        if db.session.scalar(waiting) is not None:
            raise DomainError("This record waits to be merged already.", field="merged")
        row = PersonMerge(
            council_id=council_id,
            kept_person_id=kept.id,
            merged_person_id=merged.id,
            reason=reason.strip(),
            prepared_by_user_id=actor.user_id,
            prepared_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        note("person.prepare_merge", row, actor)
        return row.id


def decide(actor: Actor, merge_id: int, *, agree: bool) -> None:
    """A second officer agrees, and the records are one; or sends it back. Again changes nothing.

    Raises NotFound, and NotAllowed for whoever prepared it (who may take it back), for one that was decided the other
    way, and where both records have something of which a person can have one alone.
    """
    with transaction():
        row = db.session.execute(
            select(PersonMerge)
            .where(PersonMerge.id == merge_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if row is None:
            raise NotFound
        require_finance(actor, row.council_id)
        if row.decided_at is not None:
            if row.agreed is agree:
                return
            raise NotAllowed("This was decided already.")
        if agree and row.prepared_by_user_id == actor.user_id:
            raise NotAllowed("You prepared this, so a second person of the finance team has to agree to it.")
        if agree:
            row.moved = _merge(row.kept_person_id, row.merged_person_id)
        row.decided_by_user_id, row.decided_at, row.agreed = actor.user_id, clock.now(), agree
        db.session.flush()
        note("person.merge" if agree else "person.send_merge_back", row, actor)


def person_columns(*also: str) -> Iterator[tuple[Table, Column[Any]]]:
    """Every column of every table that names a person, but for those that stay; of these, those named here too."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            names_one = any(key.target_fullname == "people.id" for key in column.foreign_keys)
            if names_one and (table.name not in STAYS or table.name in also):
                yield table, column


def _key(table: Table, column: Column[Any]) -> Column[Any]:
    return table.c.id if "id" in table.c else column


def _merge(kept_id: int, merged_id: int) -> dict[str, Any]:
    """Everything follows; answers which rows did, by table."""
    kept, merged = lock(kept_id, merged_id)
    _check(kept, merged)
    moved: dict[str, Any] = {}
    give_way(kept_id, merged_id)
    bring_answers(kept_id, merged_id)
    for table, column in person_columns():
        key = _key(table, column)
        ids = [value for (value,) in send_once(select(key).where(column == merged_id).order_by(key))]
        if not ids:
            continue
        try:
            with db.session.begin_nested():
                send_once(update(table).where(column == merged_id).values({column.name: kept_id}))
        except IntegrityError:
            raise NotAllowed(
                f"Both records have something of which a person has one alone ({table.name.replace('_', ' ')}). End it "
                "on the record that goes, then agree again."
            ) from None
        moved[table.name] = ids
    if merged.user_id is not None:
        moved[ACCOUNT] = [merged.user_id]
        user_id, merged.user_id = merged.user_id, None
        db.session.flush()
        kept.user_id = user_id
    merged.merged_into_person_id = kept_id
    moved[FILLED] = [name for name in DETAILS if getattr(kept, name) is None and getattr(merged, name) is not None]
    for name in moved[FILLED]:
        setattr(kept, name, getattr(merged, name))
    db.session.flush()
    before = Person.merged_into_person_id == merged_id
    moved[NAMES] = list(db.session.scalars(select(Person.id).where(before).order_by(Person.id)))
    db.session.execute(update(Person).where(before).values(merged_into_person_id=kept_id))
    return moved


def lock(kept_id: int, merged_id: int) -> tuple[Person, Person]:
    """Both records, after every row that names one of them.

    Everybody else takes locks in this order, too: they lock what they act upon, and the record is named by what they
    then write. Checkouts come before all else, as for whoever buys: an order placed meanwhile would stay behind.
    """
    naming = reversed([*person_columns(CHECKOUTS)])
    for table, column in sorted(naming, key=lambda each: each[0].name != CHECKOUTS):
        key = _key(table, column)
        send_once(select(key).where(column.in_((kept_id, merged_id))).order_by(key).with_for_update())
    return _lock_records(kept_id, merged_id)


def _lock_records(kept_id: int, merged_id: int) -> tuple[Person, Person]:
    rows = db.session.scalars(
        select(Person)
        .where(Person.id.in_((kept_id, merged_id)))
        .order_by(Person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {row.id: row for row in rows}
    return found[kept_id], found[merged_id]


def _check(kept: Person, merged: Person) -> None:
    if kept.id == merged.id:
        raise DomainError("Both references are of the same record.", field="merged")
    for field, person in (("kept", kept), ("merged", merged)):
        if person.merged_into_person_id is not None:
            raise DomainError("This record was merged into another one already. Use that one.", field=field)
    if kept.user_id is not None and merged.user_id is not None:
        raise DomainError(
            "Both records have an account that signs in. Close one of the accounts first.", field="merged"
        )


def _record_of(council_id: int, reference: str, field: str) -> Person:
    found = db.session.scalar(
        select(Person).where(Person.council_id == council_id, Person.council_reference == " ".join(reference.split()))
    )
    if found is None:
        raise DomainError("There is nobody with this reference. Check it.", field=field)
    return found


def require_finance(actor: Actor, council_id: int) -> None:
    """Raise NotFound for whoever does not work in finance of the council."""
    if council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound


def note(action: str, row: PersonMerge, actor: Actor, reason: str | None = None) -> None:
    """Write down what was done to a merge."""
    record(
        action,
        "person_merge",
        row.id,
        actor_user_id=actor.user_id,
        person_id=row.kept_person_id,
        council_id=row.council_id,
        reason=reason or row.reason,
        merged_person_id=row.merged_person_id,
    )
