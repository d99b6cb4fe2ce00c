"""A leak planted in a process that is started with this folder on PYTHONPATH (R1)."""

import threading
import time

KEPT: list[bytes] = []


def leak() -> None:
    while True:
        KEPT.append(bytes(range(256)) * 640)  # 160 kB, forty times a second
        time.sleep(0.025)


threading.Thread(target=leak, name="planted-leak", daemon=True).start()
