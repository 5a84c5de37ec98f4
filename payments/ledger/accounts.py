"""The chart of accounts. Plus is a debit, minus a credit; every amount is whole pence.

| code                       | what its balance says                                                      | rests at |
|---|---|---|
| `stripe:clearing`          | the operator's own balance at Stripe (available and on its way)            | plus  |
| `stripe:unexplained`       | what moved at Stripe for no order of ours: for the desk to explain         | 0     |
| `operator:levy`            | the levy earned, less what was given back                                  | minus |
| `operator:processing_fees` | what Stripe kept for taking cards                                          | plus  |
| `operator:dispute_fees`    | what Stripe kept for disputes                                              | plus  |
| `operator:dispute_reserve` | what banks hold back while a payment is disputed; then nobody bears it yet | 0     |
| `operator:bank`            | what reached the operator's bank: payouts, and its line of each settlement | plus  |
| `operator:fees`            | registration fees invoiced to councils, without VAT                        | minus |
| `operator:vat`             | VAT on those fees, owed to HMRC                                            | minus |
| `person:<id>:card`         | plus: the person's card still owes; minus: the person is still owed        | 0     |
| `provider:<id>:payable`    | minus: the provider is still owed; plus: the provider owes                 | 0     |
| `provider:<id>:stripe`     | the provider's balance in its own account at Stripe, as our record has it  | plus  |
| `provider:<id>:received`   | the other side of that record: what came through this marketplace          | minus |
| `provider:<id>:bank`       | what Stripe paid out from there to the provider's bank                     | plus  |
| `council:<id>:owed`        | plus: the council has still to pay; minus: it is owed a credit             | 0     |
| `council:<id>:fees`        | what the council has still to pay of its registration fee                  | 0     |
| `isf:<organisation>:owed`  | the same for the holder of individual service funds                        | 0     |

The marketplace holds no client money: accounts that rest at 0 are at 0 as soon as everything that is on its way has
arrived. `provider:<id>:stripe` and `:received` are a record beside the operator's own books (money of the provider,
in the provider's account); they sum to zero with `:bank`.
"""

import re

STRIPE_CLEARING = "stripe:clearing"
STRIPE_UNEXPLAINED = "stripe:unexplained"
OPERATOR_LEVY = "operator:levy"
OPERATOR_PROCESSING_FEES = "operator:processing_fees"
OPERATOR_DISPUTE_FEES = "operator:dispute_fees"
OPERATOR_DISPUTE_RESERVE = "operator:dispute_reserve"
OPERATOR_BANK = "operator:bank"
OPERATOR_FEES = "operator:fees"
OPERATOR_VAT = "operator:vat"

FIXED = frozenset(
    {
        STRIPE_CLEARING,
        STRIPE_UNEXPLAINED,
        OPERATOR_LEVY,
        OPERATOR_PROCESSING_FEES,
        OPERATOR_DISPUTE_FEES,
        OPERATOR_DISPUTE_RESERVE,
        OPERATOR_BANK,
        OPERATOR_FEES,
        OPERATOR_VAT,
    }
)
_OF_SOMEBODY = re.compile(
    r"^(?:person:\d+:card|provider:(?P<provider>\d+):(?:payable|stripe|received|bank)"
    r"|council:(?P<council>\d+):(?:owed|fees)|isf:(?P<isf>\d+):owed)$"
)


def person_card(person_id: int) -> str:
    """What a person's card paid or is owed back."""
    return f"person:{person_id}:card"


def provider_payable(organisation_id: int) -> str:
    """What the operator owes a provider."""
    return f"provider:{organisation_id}:payable"


def provider_stripe(organisation_id: int) -> str:
    """What stands in a provider's account at Stripe."""
    return f"provider:{organisation_id}:stripe"


def provider_received(organisation_id: int) -> str:
    """The other side of a provider's account at Stripe: what came through this marketplace."""
    return f"provider:{organisation_id}:received"


def provider_bank(organisation_id: int) -> str:
    """What Stripe paid out to a provider's bank."""
    return f"provider:{organisation_id}:bank"


def council_owed(council_id: int) -> str:
    """What a council owes for orders from the budgets that it manages."""
    return f"council:{council_id}:owed"


def council_fees(council_id: int) -> str:
    """What a council owes the operator for its own fee."""
    return f"council:{council_id}:fees"


def isf_owed(organisation_id: int) -> str:
    """What the holder of individual service funds owes for orders from them."""
    return f"isf:{organisation_id}:owed"


def owner_of(code: str) -> tuple[int | None, int | None]:
    """The organisation and the council whose account this is. Raises ValueError for a code outside the chart."""
    if code in FIXED:
        return None, None
    found = _OF_SOMEBODY.match(code)
    if found is None:
        raise ValueError(f"{code} is no account of the chart")
    organisation = found["provider"] or found["isf"]
    return (int(organisation) if organisation else None), (int(found["council"]) if found["council"] else None)
