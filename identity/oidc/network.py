"""Asks the provider: JSON from an address, with a limit of time and size."""

import json
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlparse

from core.errors import AppError

TIMEOUT_SECONDS = 10
MAX_BYTES = 1_000_000
# (address, form, client id and secret) → what was answered; without a form it is a GET
Ask = Callable[[str, dict[str, str] | None, tuple[str, str] | None], dict[str, Any]]


def ask(address: str, form: dict[str, str] | None = None, client: tuple[str, str] | None = None) -> dict[str, Any]:
    """Raises ``oidc_unavailable`` (503) for whatever is no JSON object; the client stands in the header (RFC 6749)."""
    if urlparse(address).scheme not in ("https", "http"):
        raise AppError("oidc_unavailable", 503)
    request = urllib.request.Request(address, data=urlencode(form).encode() if form else None)  # noqa: S310 - checked
    request.add_header("Accept", "application/json")
    if client is not None:
        credentials = ":".join(quote(part, safe="") for part in client)
        request.add_header("Authorization", f"Basic {b64encode(credentials.encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - checked
            found = json.loads(answer.read(MAX_BYTES))
    except (OSError, ValueError) as error:
        raise AppError("oidc_unavailable", 503) from error
    if not isinstance(found, dict):
        raise AppError("oidc_unavailable", 503)
    return found
