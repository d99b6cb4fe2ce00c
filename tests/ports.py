"""Ports for what tests start: of each process of tests its own, and none that the system gives to whoever connects."""

import os
from itertools import count

from core.embedded import process

# Below what Linux and macOS take for connections that name no port; what listens on a port of those is met by chance.
FIRST, EACH, PROCESSES = 20_000, 800, 14
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % PROCESSES
_next = count(os.getpid() % EACH)


def free_port() -> int:
    """One that nobody listens on and that no other test of this process was given lately."""
    while True:
        port = FIRST + _WORKER * EACH + next(_next) % EACH
        if process.free_port(port) == port:
            return port
