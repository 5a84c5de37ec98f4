"""Settings that would let strangers in where real money is refuse to start."""

import pytest

from marketplace.config import Settings
from marketplace.kernel.errors import SettingsError

BASE = {"SECRET_KEY": "x" * 16, "STRIPE_WEBHOOK_SECRET": "whsec_x"}


@pytest.mark.parametrize("key", ["sk_live_abc", "rk_live_abc"])
def test_a_demonstration_never_runs_with_a_live_key(key: str) -> None:
    with pytest.raises(SettingsError, match="MARKETPLACE_DEMO lets anybody in as anybody"):
        Settings.from_env({**BASE, "MARKETPLACE_DEMO": "1", "STRIPE_SECRET_KEY": key})


def test_each_alone_is_fine() -> None:
    assert Settings.from_env({**BASE, "MARKETPLACE_DEMO": "1", "STRIPE_SECRET_KEY": "sk_test_abc"}).demo
    assert not Settings.from_env({**BASE, "STRIPE_SECRET_KEY": "sk_live_abc"}).demo
