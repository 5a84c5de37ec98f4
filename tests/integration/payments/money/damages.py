"""Damages of money, budgets and the record, by the statements that do them, with what is named for each."""

CUT_OFF = [
    "DELETE FROM audit_rows WHERE id = {last_audit}",
    "DELETE FROM audit_links WHERE audit_row_id = {last_audit}",
]
EXCHANGED = [
    "UPDATE ledger_postings SET account_id = CASE account_id WHEN {payable} THEN {person} ELSE {payable} END "
    "WHERE entry_id IN ({entry}, {transfer}) AND account_id IN ({payable}, {person})",
]
"""The accounts of two postings are exchanged: each entry still sums to 0, and every balance is as it was."""
# By invariant: what somebody did to the tables, and what `verify` says of it. Names in braces are those of `World`.
DAMAGES: dict[str, list[tuple[list[str], str]]] = {
    "I1": [
        (["UPDATE ledger_postings SET pence = pence + 1 WHERE id = {posting}"], "entry {sale} ({sale_cause}) sums to"),
        (["DELETE FROM ledger_postings WHERE id = {posting}"], "entry {sale} ({sale_cause}) sums to"),
        (["DELETE FROM ledger_postings WHERE entry_id = {sale}"], "entry {sale} ({sale_cause}) has no postings"),
        (["DELETE FROM ledger_entries WHERE id = {sale}"], "posting {posting} stands without its entry {sale}"),
    ],
    "I2": [
        (["UPDATE pot_periods SET held_pence = held_pence + 5 WHERE id = {pot}"], "pot period {pot} says held"),
        (["UPDATE budget_entries SET pence = pence - 1 WHERE id = {hold}"], "pot period {pot} says held"),
        (["DELETE FROM budget_entries WHERE id = {hold}"], "pot period {pot} says held"),
        (
            ["UPDATE budget_entries SET order_id = 987654 WHERE id = {hold}"],
            "pot period {pot} for order 987654, which",
        ),
        (
            ["DELETE FROM orders WHERE id = {waiting_id}"],
            "pot period {pot} for order {waiting_id}, which",
        ),
        (
            [
                "DELETE FROM budget_entries WHERE id = {hold}",
                "UPDATE pot_periods SET held_pence = held_pence - 5400 WHERE id = {pot}",
            ],
            "order {waiting} costs its budget £54.00, the budget book has £0.00 kept aside",
        ),
    ],
    "I3": [
        (
            [
                "UPDATE ledger_postings SET pence = pence + 1 WHERE id = {posting}",
                "UPDATE ledger_postings SET pence = pence - 1 WHERE entry_id = {sale} AND account_id = {payable}",
            ],
            "order {council} was sold for £54.00, {sale_cause} has £54.01",
        ),
        (
            [
                "DELETE FROM ledger_postings WHERE entry_id = {sale}",
                "DELETE FROM ledger_entries WHERE id = {sale}",
            ],
            "order {council} is called paid and is no sale in the ledger",
        ),
        (
            [
                "INSERT INTO ledger_postings (entry_id, account_id, pence) "
                "SELECT 5, account_id, pence FROM ledger_postings WHERE entry_id = {sale}",
                "INSERT INTO ledger_entries (id, cause, kind, booked_on, occurred_at, recorded_at, order_id, "
                "person_id, council_id) SELECT 5, 'sale:again', kind, booked_on, occurred_at, recorded_at, order_id, "
                "person_id, council_id FROM ledger_entries WHERE id = {sale}",
            ],
            "entry sale:again is the sale of no order",
        ),
        (
            [
                "INSERT INTO order_history (order_id, machine, from_state, to_state, action, cause, at) "
                "SELECT order_id, machine, from_state, to_state, action, 'again', at FROM order_history "
                "WHERE order_id = {council_id} AND action = 'capture'",
            ],
            "order {council_id} was captured 2 times",
        ),
        (["UPDATE orders SET payment_state = 'paid' WHERE id = {waiting_id}"], "order {waiting} is called paid"),
        (["UPDATE council_fees SET pence = pence + 1"], "fee {fee} is £30,000.01, its instalments come to £30,000.00"),
        (["DELETE FROM fee_instalments WHERE id = {open_part}"], "its instalments come to £20,000.00"),
        (
            ["UPDATE fee_invoices SET serial = 3 WHERE id = {owed_invoice}"],
            "RF-000002 has serial 3 and is number 2 of fee:invoice",
        ),
        (
            ["DELETE FROM fee_invoices WHERE id = {paid_invoice}"],
            "RF-000002 has serial 2 and is number 1 of fee:invoice",
        ),
        (["DELETE FROM fee_invoices WHERE id = {owed_invoice}"], "fee:invoice: 1 invoices, the counter says 2"),
        (
            ["UPDATE paper_numbers SET last = 3 WHERE series = 'fee:invoice'"],
            "fee:invoice: 2 invoices, the counter says 3",
        ),
        (
            ["UPDATE fee_invoices SET vat_pence = 1 WHERE id = {owed_invoice}"],
            "RF-000002 is £10,000.00 and £0.01 of VAT, by its instalment",
        ),
        (
            ["UPDATE fee_invoices SET vat_pence = 200000, vat_rate_bp = 2000 WHERE id = {owed_invoice}"],
            "RF-000002 is £10,000.00 and £2,000.00 of VAT, the ledger has £10,000.00 and £0.00",
        ),
        (
            ["UPDATE ledger_entries SET cause = 'fee_invoice:77' WHERE cause = 'fee_invoice:{owed_invoice}'"],
            "RF-000002 is £10,000.00 and £0.00 of VAT, the ledger has £0.00",
        ),
        (
            [
                "UPDATE fee_instalments SET paid_on = due_on, paid_reference = 'X', times_paid = 1 "
                "WHERE id = {owed_part}",
            ],
            "RF-000002 is called paid and is not in the ledger",
        ),
        (
            ["UPDATE fee_instalments SET times_paid = 1 WHERE id = {paid_part}"],
            "RF-000001 is called paid and is not in the ledger",
        ),
        (
            ["UPDATE fee_instalments SET paid_on = NULL, paid_reference = NULL WHERE id = {paid_part}"],
            "RF-000001 is paid in the ledger and not called paid",
        ),
        (
            ["UPDATE ledger_postings SET pence = 2 * pence WHERE entry_id = {fee_paid}"],
            "RF-000001 comes to £10,000.00, the ledger has £20,000.00 as paid",
        ),
        (
            ["UPDATE fee_instalments SET paid_on = due_on, paid_reference = 'X' WHERE id = {open_part}"],
            "instalment {open_part} is called paid and was not invoiced",
        ),
        (
            ["UPDATE ledger_entries SET reverses_id = NULL WHERE reverses_id = {fee_paid_first}"],
            "entry fee_paid:{paid_invoice}:1 is of no invoice or payment that stands",
        ),
        (
            [
                "DELETE FROM ledger_postings WHERE entry_id = {explained}",
                "DELETE FROM ledger_entries WHERE id = {explained}",
            ],
            "explanation {explanation} was agreed to and is not in the ledger",
        ),
        (
            ["UPDATE explanations SET pence = pence - 100"],
            "explanation {explanation} is of −£6.00, its movement is −£5.00",
        ),
        (
            ["UPDATE explanations SET code = 'operator:processing_fees'"],
            "is −£5.00 to operator:processing_fees, the ledger has £0.00 there",
        ),
        (
            ["UPDATE explanations SET decided_by_user_id = NULL"],
            "explanation {explanation} was agreed to by nobody else",
        ),
        (
            ["UPDATE explanations SET agreed = NULL, decided_at = NULL"],
            "entry explained:{movement} explains what no two people agreed on",
        ),
        (
            ["UPDATE ledger_entries SET reverses_id = {movement} WHERE id = {sale}"],
            "explanation {explanation} stands, and what it explains was reversed",
        ),
        (
            ["UPDATE ledger_postings SET account_id = {other} WHERE id = {posting}"],
            "entry {sale_cause} has a posting on council:",
        ),
        (
            ["UPDATE ledger_postings SET account_id = {levy} WHERE entry_id = {settlement} AND account_id = {payable}"],
            "settlement:{run_id} has £52.65 on operator:levy, its run says £0.00",
        ),
        (
            ["UPDATE ledger_postings SET pence = -pence WHERE entry_id = {fee_paid_back}"],
            "is not the opposite of what it reverses",
        ),
        (
            [
                "UPDATE settlement_lines SET gross_pence = gross_pence + 1, net_pence = net_pence + 1",
                "UPDATE settlement_runs SET gross_pence = gross_pence + 1",
            ],
            "run {run} says £54.01, its payments come to £54.00",
        ),
        (
            [
                "UPDATE settlement_lines SET levy_pence = levy_pence - 1, net_pence = net_pence + 1",
                "UPDATE settlement_runs SET levy_pence = levy_pence - 1",
            ],
            "of run {run} is £52.65, its lines come to £52.66",
        ),
        (["UPDATE settlement_lines SET refund_id = {refund}"], "order {council} has −£10.00 with −£0.25 for it"),
        (
            ["UPDATE order_funding SET settlement_run_id = NULL WHERE order_id = {council_id}"],
            "of run {run}: order {council} does not name that run for it",
        ),
        (
            ["UPDATE order_funding SET settlement_run_id = {run_id} WHERE order_id = {waiting_id}"],
            "order {waiting} is said to be in run {run}, which has no line of it",
        ),
        (
            ["UPDATE refunds SET settlement_run_id = {run_id} WHERE id = {refund}"],
            "refund {refund} of order {council} is said to be in a run, which has no line of it",
        ),
        (
            ["UPDATE refunds SET state = 'done' WHERE id = {refund}"],
            "refund {refund} of order {council} is done, and no run took it off what it paid",
        ),
        (
            ["UPDATE refunds SET state = 'waiting' WHERE id = {refund}"],
            "refund:{refund} of order {council} waits for a second person and is in the ledger",
        ),
        (
            ["UPDATE refunds SET state = 'refused' WHERE id = {refund}"],
            "refund:{refund} of order {council} came back and is not reversed",
        ),
        (
            ["UPDATE settlement_runs SET sent_by_user_id = NULL"],
            "run {run} was sent by nobody else than prepared it",
        ),
        (
            ["UPDATE fee_invoices SET number = 'RF-000009' WHERE id = {owed_invoice}"],
            "RF-000009 stands where RF-000002 belongs",
        ),
        (
            ["UPDATE orders SET state = 'closed' WHERE id = {council_id}"],
            "order {council}: its order is closed, its history has led to confirmed",
        ),
        (
            ["UPDATE orders SET payment_state = 'paid' WHERE id = {council_id}"],
            "order {council}: its payment is paid, its history has led to part_refunded",
        ),
        (
            ["UPDATE order_lines SET confirmed_quantity = 2 WHERE order_id = {council_id}"],
            "order {council}, line 1: 3 of 3 done and 2 agreed to, its order is confirmed",
        ),
        (
            ["UPDATE order_lines SET done_quantity = 1 WHERE order_id = {waiting_id}"],
            "order {waiting}, line 1: 1 of 3 done and 0 agreed to, its order is placed",
        ),
        (
            ["UPDATE order_lines SET state = 'cancelled' WHERE order_id = {waiting_id}"],
            "order {waiting}, line 1 is cancelled, its order is placed",
        ),
    ],
    "I4": [
        (["UPDATE refunds SET pence = 999999 WHERE id = {refund}"], "order {council}: £10.00 of £54.00 given back"),
        (
            ["DELETE FROM refunds WHERE id = {refund}"],
            "order {council}: £10.00 of £54.00 given back, its refunds",
        ),
        (["UPDATE order_funding SET refunded_pence = 7 WHERE order_id = {council_id}"], "order {council}: £0.07"),
        (["UPDATE order_lines SET refunded_pence = 7 WHERE order_id = {council_id}"], "order {council}, line 1: £0.07"),
        (
            ["UPDATE refunds SET done_at = asked_at WHERE id = {refund}"],
            "refund {refund} of order {council} was done once, and is called pending",
        ),
        (["UPDATE refund_lines SET pence = 7"], "order {council}, line 1: £10.00 given back, its refunds"),
        (
            ["UPDATE order_lines SET refunded_quantity = 1 WHERE order_id = {council_id}"],
            "order {council}, line 1: 1 given back, by its refunds 0",
        ),
    ],
    "I5": [
        (["UPDATE order_funding SET levy_pence = 134 WHERE order_id = {council_id}"], "order {council} bears £1.34"),
        (["UPDATE order_funding SET levy_back_pence = 1 WHERE order_id = {council_id}"], "order {council}: the levy"),
        (
            [
                "UPDATE ledger_postings SET pence = pence + 1 WHERE entry_id = {sale} AND account_id = {levy}",
                "UPDATE ledger_postings SET pence = pence - 1 WHERE id = {posting}",
            ],
            "order {council} bears a levy of £1.10, the ledger has £1.09",
        ),
        (
            ["UPDATE order_funding SET levy_rate_bp = 251, levy_pence = 136 WHERE order_id = {waiting_id}"],
            "order {waiting} bears a levy at 2.51%, on the day it was bought it was 2.5%",
        ),
    ],
    "I7": [
        (["UPDATE audit_rows SET action = 'other' WHERE id = {audit}"], "audit row {audit} does not match link"),
        (["DELETE FROM audit_rows WHERE id = {audit}"], "audit row {audit} is missing"),
        (["DELETE FROM audit_links WHERE audit_row_id = {audit}"], "link {audit_sequence} is missing"),
        (
            CUT_OFF,
            "the chain reached link {last_sequence} once",
        ),
        (["DELETE FROM audit_head"], "nothing says how far the chain reached"),
        (["UPDATE ledger_entries SET person_id = NULL WHERE id = {sale}"], "entry {sale_cause} does not say for whom"),
        (["UPDATE ledger_entries SET actor_user_id = NULL WHERE kind = 'settlement'"], "does not say who did it"),
        (
            ["UPDATE refunds SET approved_by_user_id = (SELECT max(id) FROM users) WHERE id = {refund}"],
            "refund {refund} of order {council}: who agreed to it is not what the audit record says",
        ),
        (["UPDATE budget_entries SET actor_user_id = NULL WHERE id = {hold}"], "entry {hold} "),
        (
            ["UPDATE budget_entries SET counts_from = '2001-01-01' WHERE id = {allocated}"],
            "entry {allocated} counts from a day outside its period",
        ),
        (
            [
                "UPDATE budget_entries SET counts_from = (SELECT ends_on FROM pot_periods WHERE id = {pot}) "
                "WHERE id = {allocated}"
            ],
            "entry {allocated} counts from a day on and is no payment once",
        ),
        (
            ["DELETE FROM audit_rows WHERE object_id = {late_id} AND action = 'order.create'"],
            "order {late_id}: order.create happened 1 times, the audit record has 0",
        ),
        (
            ["DELETE FROM order_history WHERE order_id = {late_id} AND action = 'create'"],
            "order {late_id}: order.create happened 0 times, the audit record has 1",
        ),
    ],
    "I8": [
        (["UPDATE orders SET total_pence = 5500 WHERE id = {council_id}"], "order {council} has a total of £55.00"),
        (["UPDATE settlement_runs SET gross_pence = 1"], "run {run} says £0.01"),
        (["UPDATE ledger_months SET entries = entries + 1"], "was closed with"),
        (
            ["UPDATE ledger_entries SET booked_on = '{another_day}' WHERE id = {sale}"],
            "entry {sale_cause} is booked on",
        ),
        (["UPDATE ledger_month_balances SET pence = 5 WHERE account_id = {levy}"], "operator:levy was closed at £0.05"),
        (["UPDATE listings SET rating_total = rating_total + 1 WHERE id = {listing}"], "listing {listing} has"),
        (["UPDATE listings SET title = 'Another' WHERE id = {listing}"], "listing {listing} differs from the search"),
        (["UPDATE listings SET state = 'paused' WHERE id = {listing}"], "listing {listing} is in the search index but"),
    ],
}
