"""What a provider is paid in a settlement run, and the account that it gave for it."""

from datetime import timedelta

from marketplace.database import db
from marketplace.kernel import clock
from payments.domain import Payee
from payments.models import BankDetails, SettlementLine, SettlementPayment


def paid_in_run(run_id: int, funding_id: int, organisation_id: int, user_id: int) -> dict[str, int | str]:
    """£54.00 of one order, less its levy."""
    pence = {"gross_pence": 5_400, "levy_pence": 135}
    payment = SettlementPayment(
        run_id=run_id, payee=Payee.PROVIDER, organisation_id=organisation_id, line_count=1, pence=5_265, **pence
    )
    details = BankDetails(
        organisation_id=organisation_id,
        account_name="Their Care",
        sort_code="102030",
        account_number="12345678",
        given_by_user_id=user_id,
        given_at=clock.now(),
        usable_from=clock.now() + timedelta(days=3),
    )
    line = SettlementLine(
        run_id=run_id, order_funding_id=funding_id, organisation_id=organisation_id, net_pence=5_265, **pence
    )
    db.session.add_all((payment, details, line))
    db.session.flush()
    return {"payment_id": payment.id, "details_id": details.id}
