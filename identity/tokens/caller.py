"""Where a request comes from, as exactly as a risk signal needs: a network, a kind of program, a kind of device."""

import re
from dataclasses import dataclass

from identity import devices

UNKNOWN = "unknown"

# What is no browser names itself first.
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
        known, product = devices.kind_of(self.user_agent, devices.BROWSERS), PRODUCT.match(self.user_agent or "")
        return known.code if known else product.group().casefold() if product else UNKNOWN

    @property
    def device(self) -> str:
        known = devices.kind_of(self.user_agent, devices.SYSTEMS)
        return known.code if known else UNKNOWN
