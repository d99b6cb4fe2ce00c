"""Names of keys as text and back: a name is any bytes, of which not all can be shown. Pure."""

import re

ESCAPED = re.compile(rb"\\(\\|x[0-9a-f]{2})")


def written(name: bytes | str) -> str:
    """The name with an escape for every byte that cannot be shown, and for the backslash itself."""
    told = name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")
    return "".join(map(_sign, told))


def _sign(one: str) -> str:
    if one == "\\":
        return "\\\\"
    return one if one.isprintable() else "".join(f"\\x{byte:02x}" for byte in one.encode("utf-8", "surrogateescape"))


def name_of(text: str) -> bytes:
    """The name that was written so."""
    return ESCAPED.sub(lambda found: b"\\" if found[1] == b"\\" else bytes([int(found[1][1:], 16)]), text.encode())
