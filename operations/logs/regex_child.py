"""Searches with a regular expression in a process of its own: one that never ends is killed with it.

First line in: the pattern; out: what is wrong with it, or null. Then each line in is a list of texts, and out come the
places of those that match. Nothing of the project is imported, so it starts in milliseconds.
"""

import json
import re
import resource
import sys

CPU_SECONDS, MEMORY_BYTES = 10, 512 * 1024 * 1024  # should whoever started it be gone


def answer(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        pattern = re.compile(json.loads(sys.stdin.readline()), re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        answer(str(error)[:200])
        return
    answer(None)
    for line in sys.stdin:
        answer([place for place, text in enumerate(json.loads(line)) if pattern.search(text)])


if __name__ == "__main__":
    main()
