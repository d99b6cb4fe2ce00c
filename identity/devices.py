"""What a session remembers of where it is used: a browser and a system by name, and a part of the address."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network


@dataclass(frozen=True)
class Kind:
    """A browser or a system: ``code`` is compared, ``name`` is shown."""

    code: str
    name: str
    pattern: re.Pattern[str]


# In this order: most browsers also name the ones they descend from.
BROWSERS = (
    Kind("edge", "Edge", re.compile(r"\bEdgA?/|\bEdgiOS/")),
    Kind("opera", "Opera", re.compile(r"\bOPR/")),
    Kind("samsung", "Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    Kind("firefox", "Firefox", re.compile(r"\bFirefox/|\bFxiOS/")),
    Kind("chrome", "Chrome", re.compile(r"\bChrome/|\bCriOS/")),
    Kind("safari", "Safari", re.compile(r"\bSafari/")),
)
SYSTEMS = (
    Kind("ios", "iPhone", re.compile(r"iPhone|iPod")),
    Kind("ios", "iPad", re.compile(r"iPad")),
    Kind("android", "Android", re.compile(r"Android")),
    Kind("windows", "Windows", re.compile(r"Windows")),
    Kind("mac", "macOS", re.compile(r"Macintosh|Mac OS X|Darwin")),
    Kind("linux", "ChromeOS", re.compile(r"CrOS")),
    Kind("linux", "Linux", re.compile(r"Linux|X11")),
)
IPV4_PREFIX, IPV6_PREFIX = 24, 48  # of a session: enough to know the place again, too little to follow a person
IPV6_SITE = 64  # one household or machine owns all of it: attempts from anywhere in it are one address's


def kind_of(user_agent: str | None, table: Sequence[Kind]) -> Kind | None:
    """The first of the table that the program says to be."""
    return next((kind for kind in table if kind.pattern.search(user_agent or "")), None)


def device_name(user_agent: str | None) -> str | None:
    """'Chrome, Windows'; None where nothing is known."""
    found = [kind_of(user_agent, table) for table in (BROWSERS, SYSTEMS)]
    return ", ".join(kind.name for kind in found if kind) or None


def address_prefix(address: str | None) -> str | None:
    """'192.0.2.0/24', '2001:db8:1::/48'."""
    return _network(address, IPV4_PREFIX, IPV6_PREFIX)


def attempt_source(address: str | None) -> str | None:
    """Where attempts are counted together: an IPv4 address, or the /64 of an IPv6 one."""
    return _network(address, 32, IPV6_SITE)


def _network(address: str | None, ipv4: int, ipv6: int) -> str | None:
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return str(ip_network(f"{found}/{ipv4 if found.version == 4 else ipv6}", strict=False))
