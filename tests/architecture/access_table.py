"""Who may open which page and press which button: one line for each endpoint, grouped by package.

    "package.endpoint": page(WHO)            opened with GET
    "package.endpoint": form(WHO)            opened with GET, sent with POST
    "package.endpoint": act(WHO)             sent with POST alone

`WHO` is ANYBODY, SIGNED_IN, or the roles that may. Everybody else gets the page for what does not exist; somebody who
is not signed in is asked to sign in first. Where the address names a thing (an order, a person), those who may use the
route still see 404 for a thing of somebody else, unless the line says otherwise (see `Line`).
A new route needs its line here, or `test_access.py` fails.
"""

from collections.abc import Collection
from dataclasses import dataclass

from marketplace.accounts.domain import Role

ANYBODY = frozenset({"anonymous", "person", *Role})
SIGNED_IN = ANYBODY - {"anonymous"}
PROVIDERS = frozenset({Role.PROVIDER})
OPERATORS = frozenset({Role.OPERATOR})
ACCESS_POINTS = frozenset({Role.ACCESS_POINT_WORKER})
FINANCE = frozenset({Role.COUNCIL_FINANCE})
READ_BUDGETS = FINANCE | {Role.AUDITOR}
SET_RULES = FINANCE | {Role.SOCIAL_WORKER}
SETTLE = FINANCE | {Role.FUND_FINANCE}
READ_RUNS = SETTLE | {Role.AUDITOR}
WATCH_MANDATES = frozenset({Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD})

HIDDEN = (404,)
SHOWN = (200, 302)


@dataclass(frozen=True)
class Line:
    """`methods` of a route, and `who` may use it.

    `public`: what all of those get for somebody else's thing; `operator`: what the operator gets, who looks after every
    thing; `unchanged`: what a form about somebody else's thing answers while it changes nothing. Without any: 404.
    """

    methods: frozenset[str]
    who: frozenset[str]
    public: Collection[int] | None = None
    operator: Collection[int] | None = None
    unchanged: Collection[int] | None = None


def page(who: Collection[str], **answers: Collection[int]) -> Line:
    return Line(frozenset({"GET"}), frozenset(who), **answers)


def form(who: Collection[str], **answers: Collection[int]) -> Line:
    return Line(frozenset({"GET", "POST"}), frozenset(who), **answers)


def act(who: Collection[str], **answers: Collection[int]) -> Line:
    return Line(frozenset({"POST"}), frozenset(who), **answers)


OPEN = {
    "healthz": page(ANYBODY),
    "readyz": page(ANYBODY),
    "ui.static": page(ANYBODY, public=(200,)),
    "ui.page_settings": page(ANYBODY),
    "ui.change_page_settings": act(ANYBODY),
}

ACCOUNTS = {
    "accounts.about": page(ANYBODY),
    "accounts.accessibility": page(ANYBODY),
    "accounts.account": page(SIGNED_IN),
    "accounts.buy_for_myself": act(SIGNED_IN),
    "accounts.change_email": form(SIGNED_IN),
    "accounts.change_name": form(SIGNED_IN),
    "accounts.change_password": form(SIGNED_IN),
    "accounts.choose_new_password": form(ANYBODY, public=(410,)),
    "accounts.confirm_new_email": form(ANYBODY, public=(410,)),
    "accounts.code_app": form(SIGNED_IN),
    "accounts.codes": page(SIGNED_IN),
    "accounts.confirm": form(SIGNED_IN),
    "accounts.council_sign_in": page(ANYBODY),
    "accounts.council_sign_in_back": page(ANYBODY),
    "accounts.end_membership": act(SIGNED_IN, operator=SHOWN),
    "accounts.end_other_sign_ins": act(SIGNED_IN),
    "accounts.end_sign_in": act(SIGNED_IN),
    "accounts.forgotten_password": form(ANYBODY),
    "accounts.help_for_providers": page(ANYBODY),
    "accounts.help_page": page(ANYBODY),
    "accounts.invitation": form(ANYBODY, public=(410,)),
    "accounts.new_organisation": form(OPERATORS),
    "accounts.new_password_sent": page(ANYBODY),
    "accounts.not_verified": page(ANYBODY),
    "accounts.open_data": page(ANYBODY),
    "accounts.organisations": page(OPERATORS),
    "accounts.people": form(SIGNED_IN, operator=SHOWN),
    "accounts.privacy": page(ANYBODY),
    "accounts.register": form(ANYBODY),
    "accounts.registered": page(ANYBODY),
    "accounts.resend": act(ANYBODY),
    "accounts.renew_recovery_codes": act(SIGNED_IN),
    "accounts.send_code": act(SIGNED_IN),
    "accounts.set_large_print": act(SIGNED_IN, public=(302,)),
    "accounts.sign_in": form(ANYBODY),
    "accounts.sign_out": act(ANYBODY),
    "accounts.take_off_code_app": act(SIGNED_IN),
    "accounts.terms": page(ANYBODY),
    "accounts.verify": form(ANYBODY, public=(410,)),
    "accounts.withdraw_invitation": act(SIGNED_IN, operator=SHOWN),
}

CATALOGUE = {
    "catalogue.categories": page(ANYBODY),
    "catalogue.category": page(ANYBODY, public=(200,)),
    "catalogue.claim": form(SIGNED_IN, public=(200,)),
    "catalogue.compare": page(ANYBODY),
    "catalogue.helping": page(ANYBODY),
    "catalogue.home": page(ANYBODY),
    "catalogue.listing": page(ANYBODY, public=(200,)),
    "catalogue.listing_act": act(PROVIDERS),
    "catalogue.listing_check": page(PROVIDERS),
    "catalogue.listing_edit": form(PROVIDERS),
    "catalogue.listing_new": form(PROVIDERS),
    "catalogue.missing": act(ANYBODY),
    "catalogue.missing_form": page(ANYBODY),
    "catalogue.missing_thanks": page(ANYBODY),
    "catalogue.places": page(ANYBODY),
    "catalogue.provider_apply_again": act(PROVIDERS),
    "catalogue.provider_join": form(SIGNED_IN),
    "catalogue.provider_listings": page(PROVIDERS),
    "catalogue.provider_page": page(ANYBODY, public=(200,)),
    "catalogue.provider_profile": form(PROVIDERS),
    "catalogue.report": form(ANYBODY, public=(200,)),
    "catalogue.search": page(ANYBODY),
    "catalogue.shortlist": page(ANYBODY),
    "catalogue.shortlist_add": act(ANYBODY),
    "catalogue.shortlist_remove": act(ANYBODY),
}

BUDGETS = {
    "budgets.answer_rule": act(SET_RULES),
    "budgets.confirm_rule": act(SET_RULES),
    "budgets.council_rule": page(SET_RULES | {Role.AUDITOR}),
    "budgets.council_rules": page(SET_RULES | {Role.AUDITOR}),
    "budgets.end_rule": act(SET_RULES),
    "budgets.keep_rule": act(SET_RULES),
    "budgets.question_rule": form(SIGNED_IN),
    "budgets.record_restriction": form(SET_RULES),
    "budgets.rules_of": page(SIGNED_IN),
    "budgets.send_back_rule": act(SET_RULES),
    "budgets.add_mandate_paper": act(SIGNED_IN),
    "budgets.add_mandate_staff": act(SIGNED_IN),
    "budgets.agree_necessity": act(frozenset({Role.SOCIAL_WORKER})),
    "budgets.add_pot": form(FINANCE),
    "budgets.agree_amount": act(FINANCE),
    "budgets.answer_question": act(SIGNED_IN),
    "budgets.budgets": page(SIGNED_IN),
    "budgets.budgets_of": page(SIGNED_IN),
    "budgets.change_amount": act(FINANCE),
    "budgets.change_budget_state": act(FINANCE),
    "budgets.change_holder": act(FINANCE),
    "budgets.change_payee": form(SIGNED_IN),
    "budgets.change_pot_rules": act(FINANCE),
    "budgets.choose_person": page(SIGNED_IN),
    "budgets.choose_load_columns": form(FINANCE),
    "budgets.confirm_load": act(FINANCE),
    "budgets.confirm_mandate": act(SIGNED_IN),
    "budgets.council_budget": page(READ_BUDGETS),
    "budgets.council_budgets": page(READ_BUDGETS),
    "budgets.council_letters": page(WATCH_MANDATES),
    "budgets.council_mandates": page(WATCH_MANDATES),
    "budgets.council_relative": form(frozenset({Role.SOCIAL_WORKER})),
    "budgets.council_relatives": page(frozenset({Role.SOCIAL_WORKER})),
    "budgets.council_pot": page(READ_BUDGETS),
    "budgets.council_surplus": page(READ_BUDGETS),
    "budgets.council_surpluses": page(READ_BUDGETS),
    "budgets.decide_amount": act(FINANCE),
    "budgets.decide_change": act(FINANCE),
    "budgets.decide_reclaim": act(FINANCE),
    "budgets.decide_surplus_rule": act(FINANCE),
    "budgets.deploy_pot": act(FINANCE),
    "budgets.end_mandate": act(SIGNED_IN),
    "budgets.end_necessity": act(frozenset({Role.SOCIAL_WORKER})),
    "budgets.example_load": page(FINANCE),
    "budgets.flag_person": act(SIGNED_IN),
    "budgets.grant_mandate": form(SIGNED_IN),
    "budgets.let_keep": act(FINANCE),
    "budgets.lift_flag": act(SIGNED_IN),
    "budgets.letter": page(SIGNED_IN),
    "budgets.letter_printed": act(SIGNED_IN),
    "budgets.letters_of": page(SIGNED_IN),
    "budgets.decide_merge": act(FINANCE),
    "budgets.load_budgets": form(FINANCE),
    "budgets.look_at_load": page(FINANCE),
    "budgets.merge_people": form(FINANCE),
    "budgets.hand_over_page": form(SIGNED_IN),
    "budgets.refuse_hand_over": act(SIGNED_IN),
    "budgets.team": form(frozenset({Role.TEAM_LEAD})),
    "budgets.mandate": page(SIGNED_IN),
    "budgets.mandate_copy_page": page(SIGNED_IN),
    "budgets.mandate_copy_pdf": page(SIGNED_IN),
    "budgets.mandate_paper": page(SIGNED_IN),
    "budgets.mandates_list": page(SIGNED_IN),
    "budgets.pause_mandate": act(SIGNED_IN),
    "budgets.payees_of": page(SIGNED_IN),
    "budgets.pay_once": act(FINANCE),
    "budgets.prepare_reclaim": act(FINANCE),
    "budgets.propose_surplus_rule": act(FINANCE, unchanged=(302, 200)),
    "budgets.person_help": form(SIGNED_IN),
    "budgets.question_mandate": act(SIGNED_IN),
    "budgets.record_mandate": form(frozenset({Role.SOCIAL_WORKER})),
    "budgets.refused_rows": page(FINANCE),
    "budgets.remove_mandate_staff": act(SIGNED_IN),
    "budgets.resume_mandate": act(SIGNED_IN),
    "budgets.send_back_necessity": act(frozenset({Role.SOCIAL_WORKER})),
    "budgets.saving_for": form(SIGNED_IN),
    "budgets.set_up_budget": form(FINANCE),
    "budgets.sharing": act(SIGNED_IN),
    "budgets.sharing_on_paper": form(SIGNED_IN),
    "budgets.start_acting": act(SIGNED_IN),
    "budgets.stop_acting": act(SIGNED_IN),
}

PAYMENTS = {
    "payments.after_death": form(FINANCE),
    "payments.decide_after_death": act(FINANCE),
    "payments.take_back_death": act(FINANCE),
    "payments.approval": form(SIGNED_IN),
    "payments.approval_by_link": page(SIGNED_IN),
    "payments.prepare_again": act(SIGNED_IN),
    "payments.approvals": page(SIGNED_IN),
    "payments.bank_details": page(PROVIDERS | OPERATORS),
    "payments.bank_details_agree": act(PROVIDERS | OPERATORS),
    "payments.bank_details_change": form(PROVIDERS | OPERATORS),
    "payments.bank_details_stop": act(PROVIDERS | OPERATORS, operator=SHOWN),
    "payments.basket": page(ANYBODY),
    "payments.basket_add": form(ANYBODY, public=HIDDEN),
    "payments.basket_checkout": act(SIGNED_IN),
    "payments.basket_details": form(ANYBODY),
    "payments.basket_price": act(ANYBODY),
    "payments.basket_quantity": act(ANYBODY, unchanged=SHOWN),
    "payments.basket_remove": act(ANYBODY, unchanged=SHOWN),
    "payments.basket_whose": form(SIGNED_IN),
    "payments.checkout": form(SIGNED_IN),
    "payments.checkout_bank": page(SIGNED_IN),
    "payments.checkout_card": page(SIGNED_IN),
    "payments.checkout_card_given": page(SIGNED_IN),
    "payments.checkout_done": page(SIGNED_IN),
    "payments.checkout_paid": form(SIGNED_IN),
    "payments.checkout_pay": act(SIGNED_IN),
    "payments.checkout_purpose": form(SIGNED_IN),
    "payments.checkout_who": form(SIGNED_IN),
    "payments.dispute": form(PROVIDERS | OPERATORS, operator=SHOWN),
    "payments.levy_paper": page(PROVIDERS | OPERATORS, operator=SHOWN),
    "payments.council_fee": form(OPERATORS, operator=SHOWN),
    "payments.council_fee_invoice": act(OPERATORS, operator=SHOWN),
    "payments.council_fee_paid": form(OPERATORS, operator=SHOWN),
    "payments.council_fee_unpaid": form(OPERATORS, operator=SHOWN),
    "payments.council_fee_pdf": page(OPERATORS | READ_BUDGETS, operator=SHOWN),
    "payments.council_own_fee": page(READ_BUDGETS),
    "payments.order": page(SIGNED_IN, operator=SHOWN),
    "payments.order_cancel": form(SIGNED_IN),
    "payments.order_confirm": act(SIGNED_IN),
    "payments.order_pay": page(SIGNED_IN),
    "payments.order_problem": form(SIGNED_IN),
    "payments.order_problem_sorted": form(SIGNED_IN, operator=SHOWN),
    "payments.council_refunds": page(READ_BUDGETS),
    "payments.council_refunds_csv": page(READ_BUDGETS),
    "payments.order_money": page(PROVIDERS | READ_BUDGETS | OPERATORS, operator=SHOWN),
    "payments.order_money_csv": page(PROVIDERS | READ_BUDGETS | OPERATORS, operator=SHOWN),
    "payments.orders": page(SIGNED_IN),
    "payments.provider": page(PROVIDERS),
    "payments.provider_accept": act(PROVIDERS),
    "payments.provider_cancel": form(PROVIDERS),
    "payments.provider_decline": form(PROVIDERS),
    "payments.provider_done": act(PROVIDERS),
    "payments.provider_levy": page(PROVIDERS),
    "payments.provider_money": page(PROVIDERS),
    "payments.provider_order": page(PROVIDERS),
    "payments.provider_orders": page(PROVIDERS),
    "payments.provider_payout": page(PROVIDERS),
    "payments.provider_payouts": page(PROVIDERS),
    "payments.provider_payouts_csv": page(PROVIDERS),
    "payments.provider_problem": form(PROVIDERS),
    "payments.provider_part": form(PROVIDERS),
    "payments.provider_refund": form(PROVIDERS),
    "payments.provider_statement": page(PROVIDERS),
    "payments.provider_statement_csv": page(PROVIDERS),
    "payments.provider_stripe": page(PROVIDERS),
    "payments.provider_stripe_back": page(PROVIDERS),
    "payments.provider_stripe_go": page(PROVIDERS),
    "payments.remittance": page(PROVIDERS | READ_RUNS | OPERATORS, operator=SHOWN),
    "payments.remittance_csv": page(PROVIDERS | READ_RUNS | OPERATORS, operator=SHOWN),
    "payments.remittance_pdf": page(PROVIDERS | READ_RUNS | OPERATORS, operator=SHOWN),
    "payments.send_dispute": act(OPERATORS, operator=SHOWN),
    "payments.make_spending_export": act(FINANCE, unchanged=(302,)),
    "payments.spending_columns": form(FINANCE),
    "payments.spending_export_file": page(READ_BUDGETS),
    "payments.spending_exports": page(READ_BUDGETS),
    "payments.settlement": page(READ_RUNS),
    "payments.settlement_account": form(SETTLE),
    "payments.settlement_bacs": page(SETTLE),
    "payments.settlement_drop": act(SETTLE),
    "payments.settlement_journal": form(SETTLE),
    "payments.settlement_journal_csv": page(READ_RUNS),
    "payments.settlement_payments_csv": page(READ_RUNS),
    "payments.settlement_prepare": act(SETTLE),
    "payments.settlement_preview": page(SETTLE),
    "payments.settlement_returned": form(SETTLE),
    "payments.settlement_run": page(READ_RUNS),
    "payments.settlement_send": act(SETTLE),
    "payments.settlement_settings": page(SETTLE),
    "payments.stripe_webhook": act(ANYBODY),
}

RATINGS = {
    "ratings.about": page(ANYBODY),
    "ratings.answer": form(PROVIDERS),
    "ratings.for_provider": page(PROVIDERS),
    "ratings.mine": page(SIGNED_IN),
    "ratings.write": form(SIGNED_IN),
}

PLANNING = {
    "planning.add_note": act(SIGNED_IN),
    "planning.budget_questions": form(ANYBODY),
    "planning.budget_result": page(ANYBODY),
    "planning.budget_tool": form(ANYBODY),
    "planning.clear_tools": act(ANYBODY),
    "planning.costs": form(ANYBODY),
    "planning.costs_result": page(ANYBODY),
    "planning.council_points": form(FINANCE),
    "planning.council_self_checks": form(FINANCE),
    "planning.delete_needs": act(SIGNED_IN),
    "planning.eligibility": form(ANYBODY),
    "planning.eligibility_question": form(ANYBODY, public=SHOWN),
    "planning.eligibility_result": page(ANYBODY),
    "planning.needs": form(ANYBODY),
    "planning.needs_kept": page(SIGNED_IN),
    "planning.open_needs": act(ANYBODY),
    "planning.planner": form(ANYBODY),
    "planning.planner_result": page(ANYBODY),
    "planning.tools": page(ANYBODY),
    "planning.answer_request": form(PROVIDERS),
    "planning.choose_answer": act(SIGNED_IN),
    "planning.decline_request": act(PROVIDERS),
    "planning.help_request": page(SIGNED_IN),
    "planning.new_request": form(SIGNED_IN),
    "planning.provider_requests": page(PROVIDERS),
    "planning.requests_of": page(SIGNED_IN),
    "planning.send_request": act(SIGNED_IN),
    "planning.withdraw_request": act(SIGNED_IN),
    "planning.add_solution": form(SIGNED_IN),
    "planning.council_reviews": page(FINANCE),
    "planning.hold_review": form(SIGNED_IN),
    "planning.reviews": form(SIGNED_IN),
    "planning.end_solution": act(SIGNED_IN),
    "planning.plan_version": page(SIGNED_IN),
    "planning.plan_versions": page(SIGNED_IN),
    "planning.progress": form(SIGNED_IN),
    "planning.assisted": page(ACCESS_POINTS),
    "planning.assisted_find": form(ACCESS_POINTS),
    "planning.assisted_note": form(ACCESS_POINTS),
    "planning.assisted_serve": act(ACCESS_POINTS),
    "planning.assisted_stop": act(ACCESS_POINTS),
    "planning.audit": page(SIGNED_IN),
    "planning.buy": page(SIGNED_IN),
    "planning.buy_for_many": form(SIGNED_IN, public=SHOWN),
    "planning.caseload": page(SIGNED_IN),
    "planning.agree_monitoring_rule": act(FINANCE),
    "planning.ask_for_evidence": form(FINANCE),
    "planning.close_evidence": act(FINANCE),
    "planning.evidence": form(SIGNED_IN),
    "planning.evidence_file": page(SIGNED_IN),
    "planning.explain_sign": form(FINANCE),
    "planning.monitored": form(READ_BUDGETS),
    "planning.monitoring": page(READ_BUDGETS),
    "planning.monitoring_rules": page(READ_BUDGETS),
    "planning.sample": page(READ_BUDGETS),
    "planning.sample_csv": page(READ_BUDGETS),
    "planning.sample_item": form(READ_BUDGETS),
    "planning.samples": form(READ_BUDGETS),
    "planning.set_monitoring_rule": form(FINANCE, public=SHOWN),
    "planning.take_back_evidence": act(SIGNED_IN),
    "planning.council_interests": page(READ_BUDGETS),
    "planning.end_interest": act(SIGNED_IN),
    "planning.end_outcome": act(SIGNED_IN),
    "planning.find": page(SIGNED_IN),
    "planning.launch_person": page(SIGNED_IN),
    "planning.me": page(SIGNED_IN),
    "planning.move_outcome_down": act(SIGNED_IN),
    "planning.move_outcome_up": act(SIGNED_IN),
    "planning.hand_over": form(SIGNED_IN),
    "planning.notes": form(SIGNED_IN),
    "planning.outcome": form(SIGNED_IN),
    "planning.own_interests": form(SIGNED_IN),
    "planning.person": page(SIGNED_IN),
    "planning.plan": form(SIGNED_IN),
    "planning.remove_note": act(SIGNED_IN),
    "planning.repeat": form(SIGNED_IN),
    "planning.repeat_for": form(SIGNED_IN),
    "planning.round_csv": page(SIGNED_IN),
    "planning.round_page": form(SIGNED_IN),
    "planning.rounds_list": page(SIGNED_IN),
    "planning.search_people": page(SIGNED_IN),
    "planning.take_back_note": act(SIGNED_IN),
    "planning.today": page(SIGNED_IN),
    "planning.statement": page(SIGNED_IN),
    "planning.statement_csv": page(SIGNED_IN),
    "planning.statement_easy_pdf": page(SIGNED_IN),
    "planning.statement_pdf": page(SIGNED_IN),
    "planning.all_statements": page(SIGNED_IN, public=HIDDEN),
    "planning.all_statements_zip": page(SIGNED_IN, public=HIDDEN),
    "planning.to_confirm": page(SIGNED_IN),
}

DESK = {
    "desk.approve_levy": act(OPERATORS, public=SHOWN),
    "desk.audit": page(OPERATORS),
    "desk.claim": form(OPERATORS, public=SHOWN),
    "desk.complaints": page(OPERATORS),
    "desk.complaints_csv": page(OPERATORS),
    "desk.councils": form(OPERATORS),
    "desk.email": page(OPERATORS, public=SHOWN),
    "desk.emails": page(OPERATORS),
    "desk.find": page(OPERATORS),
    "desk.levy": page(OPERATORS),
    "desk.levy_issuer": form(OPERATORS),
    "desk.levy_month": page(OPERATORS),
    "desk.levy_month_csv": page(OPERATORS),
    "desk.levy_papers": page(OPERATORS),
    "desk.levy_papers_csv": page(OPERATORS),
    "desk.listing": form(OPERATORS, public=SHOWN),
    "desk.money_to_look_at": page(OPERATORS),
    "desk.money_to_look_at_csv": page(OPERATORS),
    "desk.order": form(OPERATORS, public=SHOWN),
    "desk.order_payment": form(OPERATORS, public=SHOWN),
    "desk.provider": form(OPERATORS, public=SHOWN),
    "desk.refund": form(OPERATORS, public=SHOWN),
    "desk.refund_order": form(OPERATORS, public=SHOWN),
    "desk.review": form(OPERATORS, public=SHOWN),
    "desk.reviews": page(OPERATORS),
    "desk.show_review": act(OPERATORS, public=SHOWN),
    "desk.stop_bank_details": act(OPERATORS, public=SHOWN),
    "desk.today": page(OPERATORS),
    "desk.work": page(OPERATORS, public=SHOWN),
    "desk.work_again": act(OPERATORS, public=SHOWN),
}

READ_REPORTS = READ_BUDGETS | OPERATORS | {Role.COMMISSIONER}

REPORTS = {
    "reports.export": page(READ_REPORTS, public=SHOWN),
    "reports.reports": page(READ_REPORTS),
    "reports.understand": page(READ_REPORTS),
}

DEMO = {"demo.be": act(ANYBODY), "demo.demo": page(ANYBODY)}
"""Served by a demonstration alone."""

TABLE: dict[str, Line] = {
    **OPEN,
    **ACCOUNTS,
    **CATALOGUE,
    **BUDGETS,
    **PAYMENTS,
    **RATINGS,
    **PLANNING,
    **DESK,
    **REPORTS,
}
