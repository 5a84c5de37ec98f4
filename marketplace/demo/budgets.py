"""Personal budgets of the demo, set up by council finance as it sets up real ones."""

from datetime import date, timedelta

from budgets.commands import AgreeAmount, PotRules, SetUpBudget
from budgets.domain import Every
from budgets.queries.pots import get_pot_choice, list_pot_choices
from budgets.services import allocations, finance, pots
from marketplace.database import transaction
from marketplace.demo.folk import DARLINGTON, DURHAM, Folk, first_part, reference_of
from marketplace.demo.people import FUND_HOLDER, Life, lives
from marketplace.kernel.rails import Rail

FINANCE = {DARLINGTON: "farah", DURHAM: "gilbert"}


def set_up(folk: Folk, begins: date, today: date, tomasz_pence: int) -> None:
    """A budget with one pot for a year for everybody who has one. `tomasz_pence`: what Tomasz has for the year."""
    tomasz = Life("Tomasz Brightwell", None, True, Rail.DIRECT_PAYMENT, "Support", tomasz_pence, (), 64)
    albert = Life("Albert Oakenfold", None, False, Rail.DIRECT_PAYMENT, "Support", 2_600_00, (), 120)
    with transaction():
        for number, life in enumerate((tomasz, albert, *lives()), start=1):
            folk.pots[life.name] = _budget(folk, life, number, begins, today)
        _more_for_albert(folk)


def _more_for_albert(folk: Folk) -> None:
    """Albert has money for breaks too: a pot of its own with a regular amount and a contribution."""
    actor = folk.actor(FINANCE[DARLINGTON])
    support = get_pot_choice(folk.pots["Albert Oakenfold"])
    rules = PotRules("Breaks", ("respite", "carers-support"), rolls_over=True)
    pot_id = pots.add_pot(actor, support.budget_id, rules)
    allocations.agree_amount(
        actor,
        AgreeAmount(
            pot_id,
            Every.FOUR_WEEKS,
            120_00,
            support.starts_on,
            support.ends_on,
            "Agreed with the support plan",
            contribution_pence=20_00,
            each_april=False,
        ),
    )


def _budget(folk: Folk, life: Life, number: int, begins: date, today: date) -> int:
    ends = begins.replace(year=begins.year + 1) - timedelta(days=1)
    user = "tomasz" if life.name.startswith("Tomasz ") else first_part(life.name)
    finance.set_up_budget(
        folk.actor(FINANCE[life.council]),
        SetUpBudget(
            council_id=folk.councils[life.council],
            person_reference=reference_of(life.name),
            person_name=life.name,
            postcode=None,
            reference=f"PB-{begins.year}-{number:03d}",
            rail=life.rail,
            pot=life.pot,
            starts_on=begins,
            ends_on=ends,
            amount_pence=life.pence,
            review_on=today + timedelta(days=life.review_in_days),
            account_email=f"{user}@demo.example" if life.signs_in else None,
            isf_holder=FUND_HOLDER if life.rail is Rail.ISF else None,
        ),
    )
    (choice,) = list_pot_choices(folk.people[life.name], begins)
    return choice.pot_period_id
