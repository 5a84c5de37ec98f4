"""What each event is booked as. One function per event; amounts in pence; plus is a debit, minus a credit.

Two kinds of entry meet on the accounts that rest at 0. *Accruals* (`sale`, `refund`) say who owes whom because of an
order, and have a cause of ours. *Movements* say what moved at Stripe, one entry for each balance transaction of
Stripe, and have its id as cause. The example in each table is £54.00 at 2.5%, with £1.01 kept by Stripe.
"""

from datetime import datetime

from payments.ledger.accounts import (
    OPERATOR_BANK,
    OPERATOR_DISPUTE_FEES,
    OPERATOR_DISPUTE_RESERVE,
    OPERATOR_FEES,
    OPERATOR_LEVY,
    OPERATOR_PROCESSING_FEES,
    OPERATOR_VAT,
    STRIPE_CLEARING,
    STRIPE_UNEXPLAINED,
    council_fees,
    person_card,
    provider_bank,
    provider_payable,
    provider_received,
    provider_stripe,
)
from payments.ledger.entries import EXPLAINED, Entry, Posting, Subject


def sale(
    funding_id: int,
    payer_code: str,
    organisation_id: int,
    gross_pence: int,
    levy_pence: int,
    occurred_at: datetime,
    subject: Subject,
) -> Entry:
    """A funding part has become due: the payer owes the gross, the provider is owed the net, the levy is earned.

    | account                     |  debit | credit |
    |-----------------------------|-------:|-------:|
    | person:7:card (or council:3:owed, isf:9:owed) | 54.00 | |
    | provider:12:payable         |        |  52.65 |
    | operator:levy               |        |   1.35 |
    """
    return Entry(
        f"sale:{funding_id}",
        "sale",
        (
            Posting(payer_code, gross_pence),
            Posting(provider_payable(organisation_id), levy_pence - gross_pence),
            Posting(OPERATOR_LEVY, -levy_pence),
        ),
        occurred_at,
        subject,
    )


def refund(
    refund_id: int,
    payer_code: str,
    organisation_id: int,
    pence: int,
    levy_back_pence: int,
    occurred_at: datetime,
    subject: Subject,
    reason: str,
) -> Entry:
    """A part of a sale is given back: the payer is owed it, the provider bears it less the levy, which is given back.

    | account                     |  debit | credit |
    |-----------------------------|-------:|-------:|
    | person:7:card (or council:3:owed, isf:9:owed) | | 54.00 |
    | provider:12:payable         |  52.65 |        |
    | operator:levy               |   1.35 |        |

    A refund that fails at the bank is reversed: the provider is owed again, and so is the levy.
    """
    return Entry(
        f"refund:{refund_id}",
        "refund",
        (
            Posting(payer_code, -pence),
            Posting(provider_payable(organisation_id), pence - levy_back_pence),
            Posting(OPERATOR_LEVY, levy_back_pence),
        ),
        occurred_at,
        subject,
        reason,
    )


def dispute_lost(
    refund_id: int,
    organisation_id: int,
    pence: int,
    levy_back_pence: int,
    occurred_at: datetime,
    subject: Subject,
    reason: str,
) -> Entry:
    """A bank decided for the payer: what it took from the reserve is borne by the provider, less the levy given back.

    | account                     |  debit | credit |
    |-----------------------------|-------:|-------:|
    | operator:dispute_reserve    |        |  54.00 |
    | provider:12:payable         |  52.65 |        |
    | operator:levy               |   1.35 |        |

    The provider's part is recovered by taking its transfer back; what stays in the reserve is a loss of the operator.
    """
    return refund(
        refund_id, OPERATOR_DISPUTE_RESERVE, organisation_id, pence, levy_back_pence, occurred_at, subject, reason
    )


def settlement(
    run_id: int,
    payer_code: str,
    net_by_provider: dict[int, int],
    levy_pence: int,
    occurred_at: datetime,
    subject: Subject,
) -> Entry:
    """A council (or holder of funds) pays a run: each provider its net, the operator its one line.

    | account                     |  debit | credit |
    |-----------------------------|-------:|-------:|
    | council:3:owed              |        | 108.00 |
    | provider:12:payable         |  52.65 |        |
    | provider:14:payable         |  52.65 |        |
    | operator:bank               |   2.70 |        |
    """
    gross = sum(net_by_provider.values()) + levy_pence
    return Entry(
        f"settlement:{run_id}",
        "settlement",
        (
            Posting(payer_code, -gross),
            *(Posting(provider_payable(organisation_id), net) for organisation_id, net in net_by_provider.items()),
            Posting(OPERATOR_BANK, levy_pence),
        ),
        occurred_at,
        subject,
    )


def returned(
    payment_id: int,
    payer_code: str,
    organisation_id: int,
    pence: int,
    occurred_at: datetime,
    subject: Subject,
    reason: str,
) -> Entry:
    """A bank returned what a run paid a provider: the payer owes it again, the provider is owed it again.

    | account             |  debit | credit |
    |---------------------|-------:|-------:|
    | council:3:owed      |  52.65 |        |
    | provider:12:payable |        |  52.65 |
    """
    return Entry(
        f"returned:{payment_id}",
        "settlement_returned",
        (Posting(payer_code, pence), Posting(provider_payable(organisation_id), -pence)),
        occurred_at,
        subject,
        reason,
    )


def fee_invoice(
    invoice_id: int, council_id: int, net_pence: int, vat_pence: int, occurred_at: datetime, subject: Subject
) -> Entry:
    """An instalment of a council's registration fee is invoiced: £10,000.00 and VAT at 20%.

    | account        |     debit |    credit |
    |----------------|----------:|----------:|
    | council:3:fees | 12,000.00 |           |
    | operator:fees  |           | 10,000.00 |
    | operator:vat   |           |  2,000.00 |
    """
    return Entry(
        f"fee_invoice:{invoice_id}",
        "fee_invoice",
        (
            Posting(council_fees(council_id), net_pence + vat_pence),
            Posting(OPERATOR_FEES, -net_pence),
            Posting(OPERATOR_VAT, -vat_pence),
        ),
        occurred_at,
        subject,
    )


def fee_paid(invoice_id: int, time: int, council_id: int, pence: int, occurred_at: datetime, subject: Subject) -> Entry:
    """A council paid an invoice of its registration fee into the operator's bank; again when `time` is above 1.

    | account        |     debit |    credit |
    |----------------|----------:|----------:|
    | operator:bank  | 12,000.00 |           |
    | council:3:fees |           | 12,000.00 |
    """
    return Entry(
        f"fee_paid:{invoice_id}:{time}",
        "fee_paid",
        (Posting(OPERATOR_BANK, pence), Posting(council_fees(council_id), -pence)),
        occurred_at,
        subject,
    )


def movement(
    transaction_id: str,
    kind: str,
    pence: int,
    fee_pence: int,
    occurred_at: datetime,
    subject: Subject,
    *,
    organisation_id: int | None = None,
) -> Entry:
    """One balance transaction of the operator's account at Stripe. `kind` is Stripe's type; `pence` carries its sign.

    | Stripe's type            | pence | stripe:clearing | against                                                  |
    |--------------------------|------:|----------------:|----------------------------------------------------------|
    | `charge`                 | +5400 | +5400 − 101     | person:7:card −5400, operator:processing_fees +101       |
    | `transfer`               | −5400 | −5400           | provider:12:payable +5400 (record: stripe +, received −) |
    | `application_fee`        |  +135 | +135            | provider:12:payable −135 (record: stripe −, received +)  |
    | `refund`                 | −5400 | −5400           | person:7:card +5400                                      |
    | `transfer_refund`        | +5400 | +5400           | provider:12:payable −5400 (record likewise)              |
    | `application_fee_refund` |  −135 | −135            | provider:12:payable +135 (record likewise)               |
    | `refund_failure`         | +5400 | +5400           | person:7:card −5400                                      |
    | `adjustment` (a dispute) | −5400 | −5400 − 2000    | operator:dispute_reserve +5400, dispute_fees +2000       |
    | `payout` of the operator |   −34 | −34             | operator:bank +34                                        |
    | anything else            |     … | …               | stripe:unexplained                                       |

    So after a capture: person and provider are at 0, `stripe:clearing` has 0.34 = levy 1.35 − fee 1.01. What a dispute
    takes lies in the reserve until it is decided: a won one comes back from Stripe, of a lost one see `dispute_lost`.
    """
    cause = f"stripe:{transaction_id}"
    net = Posting(STRIPE_CLEARING, pence - fee_pence)
    person = person_card(subject.person_id) if subject.person_id is not None else STRIPE_UNEXPLAINED
    reserve = OPERATOR_DISPUTE_RESERVE if subject.person_id is not None else STRIPE_UNEXPLAINED
    sides: tuple[Posting, ...]
    if kind in ("charge", "refund", "refund_failure"):
        sides = (net, Posting(person, -pence), Posting(OPERATOR_PROCESSING_FEES, fee_pence))
    elif kind == "adjustment":
        sides = (net, Posting(reserve, -pence), Posting(OPERATOR_DISPUTE_FEES, fee_pence))
    elif kind in ("transfer", "transfer_refund", "application_fee", "application_fee_refund") and organisation_id:
        sides = (
            Posting(STRIPE_CLEARING, pence),
            Posting(provider_payable(organisation_id), -pence),
            Posting(provider_stripe(organisation_id), -pence),
            Posting(provider_received(organisation_id), pence),
        )
    elif kind in ("payout", "payout_failure", "payout_cancel"):
        sides = (net, Posting(OPERATOR_BANK, -pence), Posting(OPERATOR_PROCESSING_FEES, fee_pence))
    else:
        sides = (net, Posting(STRIPE_UNEXPLAINED, fee_pence - pence))
    return Entry(cause, f"stripe_{kind}"[:30], sides, occurred_at, subject)


def explained(entry_id: int, code: str, pence: int, occurred_at: datetime, subject: Subject, reason: str) -> Entry:
    """Two people agree what a movement was that no order explains: it leaves what is not explained for its account.

    | account            |  debit | credit |
    |--------------------|-------:|-------:|
    | stripe:unexplained |  50.00 |        |
    | operator:bank      |        |  50.00 |
    """
    return Entry(
        f"explained:{entry_id}",
        EXPLAINED,
        (Posting(STRIPE_UNEXPLAINED, -pence), Posting(code, pence)),
        occurred_at,
        subject,
        reason,
    )


def provider_payout(transaction_id: str, organisation_id: int, pence: int, occurred_at: datetime) -> Entry:
    """Stripe paid out from a provider's own account to its bank (`pence` minus), or the bank sent it back (plus).

    | account            |  debit | credit |
    |--------------------|-------:|-------:|
    | provider:12:stripe |        |  52.65 |
    | provider:12:bank   |  52.65 |        |
    """
    return Entry(
        f"stripe:{transaction_id}",
        "provider_payout",
        (Posting(provider_stripe(organisation_id), pence), Posting(provider_bank(organisation_id), -pence)),
        occurred_at,
    )
