"""What a session remembers of where it is used: a browser and a system by name, and a part of the address."""

from ipaddress import ip_address, ip_network

# In this order: most browsers also name the ones they descend from.
BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
IPV4_PREFIX, IPV6_PREFIX = 24, 48  # of a session: enough to know the place again, too little to follow a person
IPV6_SITE = 64  # one household or machine owns all of it: attempts from anywhere in it are one address's


def device_name(user_agent: str | None) -> str | None:
    """'Chrome, Windows'; None where nothing is known."""
    agent = user_agent or ""
    found = [next((name for mark, name in table if mark in agent), None) for table in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name) or None


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
