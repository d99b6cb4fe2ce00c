"""Networks, programs and devices, as exactly as a risk signal needs them (R3)."""

import pytest

from identity.tokens.caller import Caller
from tests.integration.identity.tokens.scene import FIREFOX, NEWER_FIREFOX, PHONE

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1 Version/26.0 Mobile Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0"


@pytest.mark.parametrize(
    ("address", "prefix", "source"),
    [
        ("192.0.2.10", "192.0.2.0/24", "192.0.2.10/32"),
        ("::ffff:192.0.2.10", "192.0.2.0/24", "192.0.2.10/32"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/48", "fe80::/64"),
        ("testclient", "unknown", "unknown"),
        ("192.0.2.10, 1.2.3.4", "unknown", "unknown"),
        (None, "unknown", "unknown"),
    ],
)
def test_an_address_says_a_network(address: str | None, prefix: str, source: str) -> None:
    assert (Caller(address, None).address_prefix, Caller(address, None).source) == (prefix, source)


@pytest.mark.parametrize(
    ("agent", "family", "device"),
    [
        (FIREFOX, "firefox", "linux"), (NEWER_FIREFOX, "firefox", "linux"), (PHONE, "chrome", "android"),
        (IPHONE, "safari", "ios"), (EDGE, "edge", "windows"), ("python-httpx/0.28.1", "python-httpx", "unknown"),
        ("curl/8.5.0", "curl", "unknown"), ("okhttp/5.0 (Android 16)", "okhttp", "android"), ("", "unknown", "unknown"),
        (None, "unknown", "unknown"), ("(nothing)", "unknown", "unknown"), ("x" * 500, "x" * 64, "unknown"),
    ],
)  # fmt: skip
def test_a_program_says_its_family_and_its_kind_of_device(agent: str | None, family: str, device: str) -> None:
    assert (Caller(None, agent).agent_family, Caller(None, agent).device) == (family, device)
