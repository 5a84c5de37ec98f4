"""Tables of baskets, orders, payments, the ledger and settlement."""

from payments.models.baskets import Basket, BasketLine, BasketPress, Checkout
from payments.models.disputes import Dispute, DisputeEvidence
from payments.models.explanations import Explanation
from payments.models.exports import SpendingExport, SpendingExportLine
from payments.models.fees import CouncilFee, FeeCreditNote, FeeInstalment, FeeInvoice
from payments.models.ledger import LedgerAccount, LedgerEntry, LedgerMonth, LedgerMonthBalance, LedgerPosting
from payments.models.levies import (
    LevyDocument,
    LevyDocumentLine,
    LevyIssuer,
    LevyIssuerConfirmed,
    LevyMonth,
    PaperNumber,
)
from payments.models.orders import Approval, Order, OrderFunding, OrderHistory, OrderLine, TopUp
from payments.models.settlement import (
    BankDetails,
    LevyRate,
    SettlementLine,
    SettlementPayment,
    SettlementRun,
    SettlementSettings,
)
from payments.models.stripe import Refund, RefundLine, StripeAccount, StripeCustomer, StripeEvent, StripePayment

__all__ = [
    "Approval",
    "BankDetails",
    "Basket",
    "BasketLine",
    "BasketPress",
    "Checkout",
    "CouncilFee",
    "Dispute",
    "DisputeEvidence",
    "Explanation",
    "FeeCreditNote",
    "FeeInstalment",
    "FeeInvoice",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerMonth",
    "LedgerMonthBalance",
    "LedgerPosting",
    "LevyDocument",
    "LevyDocumentLine",
    "LevyIssuer",
    "LevyIssuerConfirmed",
    "LevyMonth",
    "LevyRate",
    "Order",
    "OrderFunding",
    "OrderHistory",
    "OrderLine",
    "PaperNumber",
    "Refund",
    "RefundLine",
    "SettlementLine",
    "SettlementPayment",
    "SettlementRun",
    "SettlementSettings",
    "SpendingExport",
    "SpendingExportLine",
    "StripeAccount",
    "StripeCustomer",
    "StripeEvent",
    "StripePayment",
    "TopUp",
]
