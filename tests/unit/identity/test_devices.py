"""What a session remembers of where it is used."""

import pytest

from identity.devices import address_prefix, attempt_source, device_name

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (WINDOWS, "Chrome, Windows"),
        (WINDOWS + " Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Mobile Safari/604", "Safari, iPhone"),
        ("curl/8.0 <script>", None),
        (None, None),
    ],
)
def test_a_device_is_named_by_browser_and_system_and_never_in_the_browsers_own_words(
    agent: str | None, name: str | None
) -> None:
    assert device_name(agent) == name


@pytest.mark.parametrize(
    ("address", "prefix", "source"),
    [
        ("192.0.2.77", "192.0.2.0/24", "192.0.2.77/32"),
        ("::ffff:192.0.2.77", "192.0.2.0/24", "192.0.2.77/32"),
        ("2001:db8:1:2::9", "2001:db8:1::/48", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/48", "fe80::/64"),
        ("testclient", None, None),
        (None, None, None),
    ],
)
def test_an_address_is_kept_as_a_place_and_counted_as_one_machine(
    address: str | None, prefix: str | None, source: str | None
) -> None:
    assert (address_prefix(address), attempt_source(address)) == (prefix, source)
