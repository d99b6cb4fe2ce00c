"""Where a request comes from, as exactly as a risk signal needs: a network, a kind of program, a kind of device."""

import ipaddress
import re
from dataclasses import dataclass

UNKNOWN = "unknown"

# Browsers say many names; the first of these that is said is the one. Everything else names itself first.
BROWSERS = (
    ("edge", re.compile(r"\bEdgA?/|\bEdgiOS/")),
    ("opera", re.compile(r"\bOPR/")),
    ("samsung", re.compile(r"\bSamsungBrowser/")),
    ("firefox", re.compile(r"\bFirefox/|\bFxiOS/")),
    ("chrome", re.compile(r"\bChrome/|\bCriOS/")),
    ("safari", re.compile(r"\bSafari/")),
)
DEVICES = (
    ("ios", re.compile(r"iPhone|iPad|iPod")),
    ("android", re.compile(r"Android")),
    ("windows", re.compile(r"Windows")),
    ("mac", re.compile(r"Macintosh|Mac OS X|Darwin")),
    ("linux", re.compile(r"Linux|X11")),
)
PRODUCT = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class Caller:
    """``address`` is the peer's, or what a trusted proxy says; versions of programs and systems are left out."""

    address: str | None
    user_agent: str | None

    @property
    def address_prefix(self) -> str:
        """The /24 of an IPv4 address, the /48 of an IPv6 one: phones and lines change the rest by themselves."""
        return self._network(24, 48)

    @property
    def source(self) -> str:
        """Whom attempts are counted for: an IPv4 address, or the /64 that one IPv6 subscriber has for himself."""
        return self._network(32, 64)

    def _network(self, ipv4_bits: int, ipv6_bits: int) -> str:
        try:
            found = ipaddress.ip_address((self.address or "").partition("%")[0])
        except ValueError:
            return UNKNOWN
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        bits = ipv4_bits if found.version == 4 else ipv6_bits
        return str(ipaddress.ip_network((found, bits), strict=False))

    @property
    def agent_family(self) -> str:
        """The program without its version, so that an update is no other program."""
        said = self.user_agent or ""
        known = next((name for name, pattern in BROWSERS if pattern.search(said)), None)
        product = PRODUCT.match(said)
        return known or (product.group().casefold() if product else UNKNOWN)

    @property
    def device(self) -> str:
        said = self.user_agent or ""
        return next((name for name, pattern in DEVICES if pattern.search(said)), UNKNOWN)
