"""The operator's desk: providers to approve, orders in trouble, refunds, the levy, e-mails."""
