"""Waiting in tests for what another thread or process does: until it is so, or until it took too long."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_for(look: Callable[[], Found | None], seconds: float = 120) -> Found:
    """What ``look`` found; fails when it found nothing in that time, which a machine that is busy may well need."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain")
