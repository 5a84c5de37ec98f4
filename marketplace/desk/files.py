"""CSV files of the desk: the levy of a month by order."""

from collections.abc import Mapping, Sequence

from marketplace.kernel.money import plain_pounds
from marketplace.kernel.spreadsheets import csv_of, harmless
from payments.queries.levy_report import MonthReport
from payments.words import RAIL_NAMES

MONTH = (
    "month",
    "order",
    "provider",
    "council",
    "funding",
    "sold",
    "net_of_refunds",
    "levy",
    "processor_cost",
    "left",
    "made_a_loss",
    "levy_at_other_rate",
)


def levy_month_csv(report: MonthReport, councils: Mapping[int | None, str]) -> str:
    """A month by order, with the sums as the last row; the last column is empty unless another rate was asked for.

    An order that a budget and a card pay has a row for each; whether it made a loss is said of both together.
    """
    at_a_loss = {order.order_id for order in report.losses}
    month = f"{report.month:%Y-%m}"
    rows: list[Sequence[object]] = [
        (
            month,
            part.reference,
            harmless(part.provider_name),
            councils[part.council_id],
            RAIL_NAMES[part.rail],
            plain_pounds(part.sold_pence),
            plain_pounds(part.gross_pence),
            plain_pounds(part.levy_pence),
            plain_pounds(part.cost_pence),
            plain_pounds(part.left_pence),
            "yes" if part.order_id in at_a_loss else "no",
            "" if part.other_rate_pence is None else plain_pounds(part.other_rate_pence),
        )
        for part in report.parts
    ]
    if report.loose_cost_pence:
        loose = report.loose_cost_pence
        rows.append((month, "of no order", "", "", "", "", "", "", plain_pounds(loose), plain_pounds(-loose), "", ""))
    asked = any(part.other_rate_pence is not None for part in report.parts)
    rows.append(
        (
            month,
            "sum",
            "",
            "",
            "",
            plain_pounds(report.sold_pence),
            plain_pounds(sum(part.gross_pence for part in report.parts)),
            plain_pounds(report.levy_pence),
            plain_pounds(report.cost_pence),
            plain_pounds(report.left_pence),
            "",
            plain_pounds(report.other_rate_pence) if asked else "",
        )
    )
    return csv_of(MONTH, rows)
