"""What a sandbox can be told at start."""

from dataclasses import dataclass, field

API_VERSION = "2026-10-28.endive"
PLATFORM_ACCOUNT = "acct_1SandboxPlatform"
APPLICATION = "ca_SandboxApplication"

DAY = 86_400


@dataclass(frozen=True)
class Settings:
    """Fees in basis points and pence; times in seconds unless the name says days."""

    webhook_url: str | None = None
    webhook_secret: str | None = None
    webhook_payload: str = "snapshot"  # or thin, or both
    public_url: str | None = None
    processing_fee_bp: int = 150
    processing_fee_fixed_pence: int = 20
    dispute_fee_pence: int = 2_000
    authorisation_days: int = 7
    # What is set aside while nobody is there is kept for less than five days: four days and eighteen hours.
    off_session_authorisation_seconds: int = 4 * DAY + 18 * 3_600
    available_after_days: int = 3
    idempotency_seconds: int = DAY
    # Seconds before each new try of a webhook; then it is given up, as Stripe does after about three days.
    webhook_retry_seconds: tuple[float, ...] = (
        1,
        2,
        5,
        15,
        60,
        300,
        1_800,
        3_600,
        10_800,
        21_600,
        43_200,
        86_400,
        86_400,
    )
    webhook_timeout_seconds: float = 10
    webhook_workers: int = 2
    background: bool = True
    minimum_pence: dict[str, int] = field(default_factory=lambda: {"gbp": 30, "eur": 50, "usd": 50})
    maximum_pence: int = 99_999_999
