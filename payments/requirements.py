"""What Stripe still wants to know of a provider, in plain words. Stripe's names are theirs; the sentences are ours."""

_WORDS = (
    ("business_profile.url", "Your website, or a sentence on what you do"),
    ("business_profile.product_description", "A sentence on what you do"),
    ("business_profile.mcc", "What kind of business you are"),
    ("business_profile", "A few facts about your business"),
    ("business_type", "Whether you are a company, a charity or one person"),
    ("external_account", "The bank account to be paid into"),
    ("tos_acceptance", "That you agree to Stripe’s terms"),
    ("individual.verification", "A passport or driving licence, to show who you are"),
    ("individual.dob", "Your date of birth"),
    ("individual.address", "Your home address"),
    ("individual.phone", "Your telephone number"),
    ("individual.email", "Your email address"),
    ("individual", "Who you are"),
    ("company.tax_id", "Your company or charity number"),
    ("company.verification", "A paper that shows your company or charity exists"),
    ("company.address", "The address of your company or charity"),
    ("company", "A few facts about your company or charity"),
    ("representative", "Who speaks for your company or charity"),
    ("owners", "Who owns your company"),
    ("directors", "Who directs your company"),
    ("person_", "Who runs or owns your company or charity"),
    ("settings.payments.statement_descriptor", "What buyers see on their bank statement"),
)
_CLOSED = "Stripe has closed this account, and we cannot open it again. Call us: we look for another way with you."
_VERIFYING = "Stripe is looking at what you told it. That takes up to two days. You hear from us when it is done."
_STOPPED = {
    "platform_paused": "We have paused this account. Call us.",
    "under_review": "Stripe looks at your account itself. That takes a few days, and there is nothing for you to do.",
    "requirements.pending_verification": _VERIFYING,
}
_OTHER = "A few more facts, which Stripe’s page names"


def stopped_words(reason: str | None, due: tuple[str, ...]) -> str:
    """Why an account takes no cards, and who has to do something about it."""
    if reason and reason.startswith("rejected."):
        return _CLOSED
    if due:
        return "Stripe takes no cards for you until it knows what stands below."
    return _STOPPED.get(reason or "", _VERIFYING)


def requirement_words(due: tuple[str, ...]) -> list[str]:
    """One sentence for each kind of thing that is wanted, in a fixed order, none twice."""
    found = {next((index for index, (name, _) in enumerate(_WORDS) if item.startswith(name)), None) for item in due}
    words = [_WORDS[index][1] for index in sorted(index for index in found if index is not None)]
    return [*dict.fromkeys(words), *([_OTHER] if None in found else [])]
