"""What somebody might have to pay for care themselves. Pure; all amounts are pence, and a week is the unit of time.

Care Act 2014, sections 14 and 17; Care and Support (Charging and Assessment of Resources) Regulations 2014 (SI
2014/2672): capital above the upper limit means the full cost (regulation 12); between the limits each £250 or part of
it counts as £1 of income a week (regulation 25); income may not fall below the minimum income guarantee at home (7) or
the personal expenses allowance in a care home (6). The home is counted in a care home alone, and not while a partner,
an older or disabled relative or a child lives there, nor for the first 12 weeks (Schedule 2).
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from marketplace.kernel.figures import Figure, FigureKey, Figures

WEEKS_WITHOUT_HOME = 12
"""For so long after moving into a care home for good, one's own home is left out (Schedule 2, paragraph 2)."""
LONGEST_WEEKS = 60 * 52
"""Beyond so many weeks "more than 60 years" says enough."""


class Setting(StrEnum):
    HOME = "home"
    CARE_HOME = "care_home"


class AgeGroup(StrEnum):
    FROM_18 = "18"
    FROM_25 = "25"
    PENSION = "pension"


class OwnHome(StrEnum):
    """Whether there is a home of one's own, and who would go on living there."""

    NONE = "none"
    SHARED = "shared"  # with a partner, a relative of 60 or over or who is disabled, or a child below 18 of one's own
    EMPTY = "empty"  # nobody of these lives there


@dataclass(frozen=True)
class Means:
    """What somebody has: savings with half of what they share, and income and costs for each week."""

    age: AgeGroup
    has_partner: bool = False
    savings_pence: int = 0
    income_pence: int = 0
    housing_pence: int = 0
    disability_pence: int = 0
    disability_premium: bool = False
    enhanced_premium: bool = False
    own_home: OwnHome = OwnHome.NONE
    home_worth_pence: int = 0
    home_owed_pence: int = 0


class What(StrEnum):
    """What a line of the working is."""

    INCOME = "income"
    TARIFF = "tariff"
    HOUSING = "housing"
    DISABILITY = "disability"
    GUARANTEE = "guarantee"
    PREMIUM = "premium"
    ENHANCED_PREMIUM = "enhanced_premium"
    PERSONAL = "personal"


@dataclass(frozen=True)
class Line:
    """One step of the working: what is added to income counted (positive) or left to the person (negative)."""

    what: What
    pence: int
    figure: FigureKey | None = None


@dataclass(frozen=True)
class Lasting:
    """How long savings would pay for care before they are down to the upper limit.

    `weeks` is None when they never are at this rate (`draw_pence` is 0), or because the home that is counted is worth
    more than the limit by itself (`is_home`).
    """

    draw_pence: int
    weeks: int | None
    is_home: bool = False

    def ends_on(self, today: date) -> date | None:
        return None if self.weeks is None or self.weeks > LONGEST_WEEKS else today + timedelta(weeks=self.weeks)


@dataclass(frozen=True)
class Estimate:
    """What the person and the council might pay for a week, and how that arises.

    `kept_pence` is what income may not fall below. `lines` add up to what is left for care, which may be negative.
    `lasting` is there for those above the upper limit. `at_first` is the estimate of the first 12 weeks in a care home,
    where leaving the home out changes the answer. `missing` are guarantees of which no figure is known.
    """

    setting: Setting
    cost_pence: int
    capital_pence: int
    home_pence: int
    pays_all: bool
    tariff_pence: int
    kept_pence: int
    lines: tuple[Line, ...]
    person_pence: int
    figures: tuple[Figure, ...]
    lasting: Lasting | None = None
    at_first: "Estimate | None" = None
    missing: tuple[What, ...] = field(default=())

    @property
    def council_pence(self) -> int:
        return self.cost_pence - self.person_pence

    @property
    def for_care_pence(self) -> int:
        """What the working leaves for care, before it is held between nothing and the cost."""
        return sum(line.pence for line in self.lines)


def tariff_income(capital_pence: int, figures: Figures) -> int:
    """£1 a week for each £250 or part of it above the lower limit; nothing at or below it.

    Asked for capital up to the upper limit alone: above it the full cost is due and no tariff is counted.
    """
    above = capital_pence - figures[FigureKey.LOWER_LIMIT].pence
    if above <= 0:
        return 0
    step = figures[FigureKey.TARIFF_STEP].pence
    return -(-above // step) * figures[FigureKey.TARIFF_INCOME].pence


def home_value(means: Means) -> int:
    """What a home is worth as capital: less a tenth for the cost of selling, less what is owed on it; never below 0."""
    return max(0, means.home_worth_pence - means.home_worth_pence // 10 - means.home_owed_pence)


def estimate(means: Means, setting: Setting, cost_pence: int, figures: Figures) -> Estimate:
    """What somebody with these means might pay of care that costs so much a week."""
    counted = home_value(means) if setting is Setting.CARE_HOME and means.own_home is OwnHome.EMPTY else 0
    later = _estimate(means, setting, cost_pence, figures, counted)
    if not counted:
        return later
    at_first = _estimate(means, setting, cost_pence, figures, 0)
    # The 12 weeks are for those whose other capital is within the limit; others pay for all of it from the start.
    return (
        later if at_first.pays_all or at_first.person_pence == later.person_pence else replace(later, at_first=at_first)
    )


def _estimate(means: Means, setting: Setting, cost_pence: int, figures: Figures, home_pence: int) -> Estimate:
    capital = means.savings_pence + home_pence
    upper = figures[FigureKey.UPPER_LIMIT].pence
    pays_all = capital > upper
    tariff = 0 if pays_all else tariff_income(capital, figures)
    left, missing = _left_to_live_on(means, setting, figures)
    lines = [Line(What.INCOME, means.income_pence)]
    used = [FigureKey.LOWER_LIMIT, FigureKey.UPPER_LIMIT]
    if tariff:
        lines.append(Line(What.TARIFF, tariff, FigureKey.TARIFF_INCOME))
        used += [FigureKey.TARIFF_STEP, FigureKey.TARIFF_INCOME]
    lines += left
    used += [line.figure for line in left if line.figure is not None]
    for_care = min(cost_pence, max(0, sum(line.pence for line in lines)))
    return Estimate(
        setting=setting,
        cost_pence=cost_pence,
        capital_pence=capital,
        home_pence=home_pence,
        pays_all=pays_all,
        tariff_pence=tariff,
        kept_pence=-sum(line.pence for line in left if line.figure is not None),
        lines=tuple(lines),
        person_pence=cost_pence if pays_all else for_care,
        figures=tuple(figures[key] for key in dict.fromkeys(used)),
        lasting=_lasting(means.savings_pence, capital - upper, cost_pence - for_care) if pays_all else None,
        missing=missing,
    )


def _left_to_live_on(means: Means, setting: Setting, figures: Figures) -> tuple[list[Line], tuple[What, ...]]:
    """What the person keeps of their income, as negative lines; and what they may keep too, but no figure is known."""

    def keep(what: What, key: FigureKey) -> Line:
        return Line(what, -figures[key].pence, key)

    if setting is Setting.CARE_HOME:
        return [keep(What.PERSONAL, FigureKey.PERSONAL_EXPENSES)], ()
    lines = [keep(What.GUARANTEE, guarantee_key(means))]
    missing: list[What] = []
    if means.age is not AgeGroup.PENSION:  # the premiums are for those below pension age
        for wanted, what, key in (
            (means.disability_premium, What.PREMIUM, FigureKey.DISABILITY_PREMIUM),
            (means.enhanced_premium, What.ENHANCED_PREMIUM, FigureKey.ENHANCED_DISABILITY_PREMIUM),
        ):
            if wanted and means.has_partner:
                missing.append(what)
            elif wanted:
                lines.append(keep(what, key))
    if means.housing_pence:
        lines.append(Line(What.HOUSING, -means.housing_pence))
    if means.disability_pence:
        lines.append(Line(What.DISABILITY, -means.disability_pence))
    return lines, tuple(missing)


def guarantee_key(means: Means) -> FigureKey:
    """Which minimum income guarantee is theirs."""
    if means.has_partner:
        is_pension = means.age is AgeGroup.PENSION
        return FigureKey.GUARANTEE_COUPLE_PENSION if is_pension else FigureKey.GUARANTEE_COUPLE
    return {
        AgeGroup.FROM_18: FigureKey.GUARANTEE_18,
        AgeGroup.FROM_25: FigureKey.GUARANTEE_25,
        AgeGroup.PENSION: FigureKey.GUARANTEE_PENSION,
    }[means.age]


def _lasting(savings_pence: int, above_pence: int, draw_pence: int) -> Lasting:
    """Weeks until `above_pence` of the savings are spent, so much each week; the week in which they are is the last."""
    if draw_pence <= 0:
        return Lasting(0, None)
    if above_pence > savings_pence:
        return Lasting(draw_pence, None, is_home=True)
    return Lasting(draw_pence, -(-above_pence // draw_pence))
