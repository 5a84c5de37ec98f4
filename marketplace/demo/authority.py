"""Who may act for whom in the demo: recorded by one officer of the council, confirmed by a second."""

from datetime import date, timedelta

from budgets.domain import ConsentHow, LegalBasis, MandateAction
from budgets.services import consents, mandates
from budgets.services.mandates import Authority
from marketplace.database import transaction
from marketplace.demo.folk import DARLINGTON, DURHAM, Folk, first_part
from marketplace.demo.people import lives, self_funders
from marketplace.kernel import clock

BROKERS_LIMIT_PENCE, MONTH_LIMIT_PENCE = 200_00, 1_500_00
_A = MandateAction
BROKERS_MAY = frozenset({_A.READ_BUDGET, _A.READ_PLAN, _A.ORDER, _A.CONFIRM, _A.REVIEW, _A.APPROVE})
OFFICERS_MAY = frozenset({_A.READ_BUDGET, _A.READ_PLAN, _A.WRITE_PLAN, _A.ORDER, _A.CONFIRM, _A.APPROVE})
FAMILY_MAY = frozenset(_A) - {_A.APPROVE}
OFFICERS = {DARLINGTON: ("sadie", "hamish"), DURHAM: ("bede", "elvet")}
"""Who writes an authority down, and who confirms it."""
NOT_SHARING = 2
"""So many of those who pay with their own money keep it to themselves."""


def give(folk: Folk, begins: date, today: date) -> None:
    """Every mandate, and the consents of those who let the council count their purchases."""
    with transaction():
        for life in lives():
            if life.helper is None:
                continue
            is_officer = life.helper == "sadie"
            staff = {"priya": ("priya", "owen"), "bryony": ("bryony", "owen"), "sadie": ("sadie",)}[life.helper]
            record(
                folk,
                Authority(
                    person_id=folk.people[life.name],
                    staff_emails=tuple(f"{user}@demo.example" for user in staff),
                    actions=OFFICERS_MAY if is_officer else BROKERS_MAY,
                    starts_on=begins,
                    ends_on=today + timedelta(days=life.mandate_ends_in_days),
                    order_limit_pence=500_00 if is_officer else BROKERS_LIMIT_PENCE,
                    month_limit_pence=MONTH_LIMIT_PENCE,
                    for_organisation=True,
                ),
                LegalBasis.COUNCIL_OFFICER if is_officer else LegalBasis.AGREEMENT,
                "Case allocated in the team meeting" if is_officer else "Signed agreement seen, with the date on it",
                OFFICERS[life.council],
            )
        record(
            folk,
            Authority(
                person_id=folk.people["Albert Oakenfold"],
                staff_emails=("grace@demo.example",),
                actions=FAMILY_MAY,
                starts_on=begins,
                ends_on=today + timedelta(days=400),
                order_limit_pence=400_00,
                month_limit_pence=MONTH_LIMIT_PENCE,
            ),
            LegalBasis.NOMINATED,
            "Nomination form signed by Albert, seen at home",
        )
        for name in ("Edith Fairweather", *self_funders()[NOT_SHARING:]):
            user = "edith" if name.startswith("Edith ") else first_part(name)
            consents.share_purchases(folk.actor(user), folk.people[name], on=True)


def record(
    folk: Folk,
    authority: Authority,
    basis: LegalBasis,
    evidence: str,
    officers: tuple[str, str] = OFFICERS[DARLINGTON],
) -> None:
    """One officer writes it down, and another one confirms it."""
    first, second = (folk.actor(user) for user in officers)
    mandate_id = mandates.record_by_officer(
        first,
        authority,
        basis=basis,
        how=ConsentHow.ON_PAPER,
        evidence=evidence,
        given_on=min(authority.starts_on, clock.today()),
        read_by=first.name,
    )
    mandates.confirm(second, mandate_id)
