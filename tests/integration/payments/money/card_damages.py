"""Damages of what Stripe told of cards, and of work that was promised, with what is named for each."""

_SHIFT = (
    "UPDATE ledger_postings SET pence = pence + CASE account_id WHEN {fees} THEN 7 ELSE -7 END "
    "WHERE entry_id = {charge} AND account_id IN ({fees}, {card})"
)
# What somebody did to the tables, and what is said of it: names in braces are those of `card_world`.
CARD_DAMAGES: list[tuple[list[str], str]] = [
    (
        ["UPDATE stripe_payments SET fee_pence = 134 WHERE order_id = {given_id}"],
        "order {given} bears a levy of £1.35, its card was to leave us £1.34",
    ),
    ([_SHIFT], "order {given}: its card paid £0.07 more than was sold and not given back"),
    (
        ["UPDATE stripe_payments SET processing_fee_pence = 102 WHERE order_id = {given_id}"],
        "order {given}: Stripe kept £1.02 of its charge, the ledger has £1.01",
    ),
    (
        ["UPDATE stripe_payments SET processing_fee_pence = NULL WHERE order_id = {given_id}"],
        "order {given}: Stripe kept £0.00 of its charge, the ledger has £1.01",
    ),
    (
        ["UPDATE disputes SET pence = 5300 WHERE order_id = {disputed_id}"],
        "dispute {dispute_number} of order {disputed} is £53.00 and needs_response, Stripe told £54.00",
    ),
    (
        ["UPDATE disputes SET status = 'under_review' WHERE order_id = {disputed_id}"],
        "dispute {dispute_number} of order {disputed} is £54.00 and under_review, Stripe told",
    ),
    (
        ["UPDATE disputes SET status = 'won' WHERE order_id = {disputed_id}"],
        "of order {disputed} is £54.00 and won, Stripe told",
    ),
    (
        ["UPDATE disputes SET stripe_id = 'du_9' WHERE order_id = {disputed_id}"],
        "dispute du_9 of order {disputed} is £54.00 and needs_response",
    ),
    (
        ["DELETE FROM disputes WHERE stripe_id = '{dispute_number}'"],
        "dispute {dispute_number}, of which Stripe told, is gone",
    ),
    (
        ["DELETE FROM order_history WHERE cause = 'dispute-ended:{ended_number}'"],
        "dispute {ended_number} of order {lost} is lost, its history says otherwise",
    ),
    (
        ["UPDATE refunds SET stripe_refund_id = 're_other' WHERE id = {first}"],
        "refund {first} of order {given} is re_other at Stripe, the audit record has {first_number}",
    ),
    (
        [
            "UPDATE refunds SET stripe_refund_id = NULL WHERE id = {first}",
            "UPDATE refunds SET stripe_refund_id = '{first_number}' WHERE id = {second}",
            "UPDATE refunds SET stripe_refund_id = '{second_number}' WHERE id = {first}",
        ],
        "refund {first} of order {given} is {second_number} at Stripe, the audit record has {first_number}",
    ),
    (
        ["UPDATE refunds SET stripe_fee_refund_id = NULL WHERE id = {second}"],
        "refund {second} of order {given} is nothing at Stripe, the audit record has fr_",
    ),
    (
        ["UPDATE refunds SET stripe_refund_id = 're_other' WHERE id = {owed_refund}"],
        "refund {owed_refund} of order {given} is re_other at Stripe, the audit record has nothing",
    ),
    (
        ["DELETE FROM outbox_rows WHERE topic = 'payments.capture' AND key = 'capture:{accepted_id}'"],
        "order {accepted}: its money is to be taken from the card, and no work is promised that does it",
    ),
    (
        ["DELETE FROM outbox_rows WHERE topic = 'payments.release'"],
        "order {cancelled}: its money is to be let go or given back, and no work is promised that does it",
    ),
    (
        ["DELETE FROM outbox_rows WHERE topic = 'payments.charge'"],
        "order {due}: its money is to be charged to the card, and no work is promised that does it",
    ),
    (
        ["DELETE FROM outbox_rows WHERE topic = 'payments.renew'"],
        "order {ran_out}: its money is to be set aside again, and no work is promised that does it",
    ),
    (
        ["DELETE FROM outbox_rows WHERE key = 'refund:{owed_refund}'"],
        "refund {owed_refund} of order {given}: £3.00 is to be given back, and no work is promised that does it",
    ),
    (
        ["DELETE FROM outbox_rows WHERE topic = 'payments.evidence'"],
        "dispute {dispute_number} of order {disputed}: what was handed in is to reach the bank, and no work",
    ),
    (["DELETE FROM outbox_rows WHERE key = 'email:{letter}'"], "letter {letter} was not sent, and no work"),
]
