"""Routes whose variables mean other things than elsewhere, in the world of somebody else."""

WORDS: dict[str, int | str] = {
    "token": "not-a-token",
    "slug": "home-care",
    "gss_code": "E06000005",
    "reference": "LL-1077",
    "setting": "on",
    "answer": "agree",
    "sign": "quiet",
    "step": "price",
    "number": 1,
    "action": "withdraw",
    "filename": "ui/app.css",
}
"""Variables that name no row."""


def of_endpoints(
    provider_id: int, unclaimed_id: int, person_id: int, draft_id: int, sent_run_id: int
) -> dict[str, dict[str, int | str]]:
    """The values of the variables of these routes, by endpoint."""
    theirs_as_provider: dict[str, int | str] = {"organisation_id": provider_id}
    return {
        "budgets.change_payee": theirs_as_provider | {"person_id": person_id},
        "catalogue.provider_profile": theirs_as_provider,
        "catalogue.provider_apply_again": theirs_as_provider,
        "catalogue.provider_page": theirs_as_provider,
        "catalogue.listing_new": theirs_as_provider,
        "catalogue.listing_edit": {"listing_id": draft_id},
        "catalogue.listing_check": {"listing_id": draft_id},
        "catalogue.claim": {"organisation_id": unclaimed_id},
        "desk.provider": theirs_as_provider,
        "desk.stop_bank_details": theirs_as_provider,
        "payments.remittance": theirs_as_provider | {"run_id": sent_run_id},
        "payments.remittance_pdf": theirs_as_provider | {"run_id": sent_run_id},
        "payments.settlement_bacs": {"run_id": sent_run_id},
        "payments.settlement_returned": {"run_id": sent_run_id},
        "payments.remittance_csv": theirs_as_provider | {"run_id": sent_run_id},
        "reports.export": {"name": "category"},
    }
