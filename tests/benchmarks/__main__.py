"""Runs the benchmarks and prints the ratio table: ``python -m tests.benchmarks [--only P-1] [--write]``."""

import argparse
import re
from importlib import import_module
from pathlib import Path

from tests.benchmarks.report import Row, machine, table

FOLDER = Path(__file__).parent
DOCUMENT = FOLDER.parent.parent / "docs" / "benchmarks.md"
HEADER = """# Benchmarks

Ours against a reference in the same run; absolute times are for the reader. The table is written by
`python -m tests.benchmarks --write`.

"""


def modules(only: str | None) -> list[str]:
    """The bench modules; with ``only`` those whose docstring names one of the ids (P-7,P-8)."""
    found = []
    for path in sorted(FOLDER.glob("bench_*.py")):
        module = f"tests.benchmarks.{path.stem}"
        told = import_module(module).__doc__ or ""
        if only is None or any(re.search(rf"\b{name}\b", told) for name in only.split(",")):
            found.append(module)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="ids of the table, such as P-1 or P-7,P-8")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    wanted = parser.parse_args()
    where = machine()
    rows: list[Row] = []
    for module in modules(wanted.only):
        rows += import_module(module).run()
    rows = [row for row in rows if wanted.only is None or row.id in wanted.only.split(",")]
    text = f"Machine: {where}.\n\n{table(rows)}\n"
    print(text)  # noqa: T201
    if wanted.write:
        DOCUMENT.write_text(HEADER + text)


if __name__ == "__main__":
    main()
