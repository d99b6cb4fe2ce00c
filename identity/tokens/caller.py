"""Where a request comes from, as exactly as a risk signal needs: a network, a kind of program, a kind of device."""

import re
from dataclasses import dataclass

from identity import devices

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
        """The network: phones and lines change the rest of their address by themselves."""
        return devices.address_prefix(self.address) or UNKNOWN

    @property
    def source(self) -> str:
        """Whom attempts are counted for."""
        return devices.attempt_source(self.address) or UNKNOWN

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
