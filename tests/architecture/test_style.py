"""ARCHITECTURE's house style as checks; each check has a planted offender that it must find."""

import ast
import re
from collections.abc import Callable

import pytest

from tests.architecture.source_tree import SourceFile, parse, production_files, source_files

MAX_FILE_LINES = 300
MAX_PAGE_LINES = 120
MAX_FUNCTION_LINES = 40
FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|manager)$|_v2$|^enhanced_")
ALLOWED_NAMES = {"pipeline/models/model_manager.py"}
BROAD_EXCEPT_PLACES = {"operations/jobs/execution.py", "api/errors.py"}


def is_migration(file: SourceFile) -> bool:
    return file.name.startswith("db/migrations/versions/")


def too_long_files(files: list[SourceFile]) -> list[str]:
    return [f"{f.name}: {f.line_count} lines" for f in files if f.line_count > MAX_FILE_LINES and not is_migration(f)]


def too_long_pages(files: list[SourceFile]) -> list[str]:
    pages = [f for f in files if f.name.startswith("pages/") and not f.name.startswith("pages/shell/")]
    return [f"{f.name}: {f.line_count} lines" for f in pages if f.line_count > MAX_PAGE_LINES]


def too_long_functions(files: list[SourceFile]) -> list[str]:
    return [
        f"{file.name}:{node.lineno} {node.name}"
        for file in files
        if not is_migration(file)
        for node in file.functions()
        if (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]


def missing_docstrings(files: list[SourceFile]) -> list[str]:
    return [f.name for f in files if f.text.strip() and ast.get_docstring(f.tree) is None]


def badly_named(files: list[SourceFile]) -> list[str]:
    return [f.name for f in files if FORBIDDEN_NAMES.search(f.path.stem) and f.name not in ALLOWED_NAMES]


def broad_excepts(files: list[SourceFile]) -> list[str]:
    found = []
    for file in files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.ExceptHandler) and file.name not in BROAD_EXCEPT_PLACES:
                caught = ast.unparse(node.type) if node.type else ""
                if caught in ("", "Exception", "BaseException"):
                    found.append(f"{file.name}:{node.lineno}")
    return found


def environment_readers(files: list[SourceFile]) -> list[str]:
    pattern = re.compile(r"os\.environ|os\.getenv|from os import .*(environ|getenv)")
    return [f.name for f in files if pattern.search(f.text) and f.name != "core/settings.py"]


def clock_readers(files: list[SourceFile]) -> list[str]:
    pattern = re.compile(r"datetime\.now\(|utcnow\(|date\.today\(|Timestamp\.now\(|Timestamp\.utcnow\(")
    return [f.name for f in files if pattern.search(f.text) and f.name != "core/clock.py"]


def case_changes_in_screens(files: list[SourceFile]) -> list[str]:
    """Turkish text: i and İ, ı and I are not what str.upper and str.lower think (pages and reports show user text)."""
    pattern = re.compile(r"\.(upper|lower|capitalize|title)\(\)")
    return [f.name for f in files if f.name.startswith(("pages/", "reports/", "api/")) and pattern.search(f.text)]


def unfinished(files: list[SourceFile]) -> list[str]:
    pattern = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    return [f"{f.name}: {match.group()}" for f in files if (match := pattern.search(f.text))]


CHECKS: list[tuple[Callable[[list[SourceFile]], list[str]], SourceFile]] = [
    (too_long_files, parse("x = 1\n" * 301)),
    (too_long_pages, parse("x = 1\n" * 121, "pages/alerts/long.py")),
    (too_long_functions, parse("def f():\n" + "    x = 1\n" * 41)),
    (missing_docstrings, parse("x = 1\n")),
    (badly_named, parse("x = 1\n", "pipeline/date_utils.py")),
    (broad_excepts, parse("try:\n    x = 1\nexcept Exception:\n    pass\n")),
    (environment_readers, parse("import os\nx = os.environ['A']\n")),
    (clock_readers, parse("from datetime import datetime\nx = datetime.now()\n")),
    (case_changes_in_screens, parse("x = 'i'.upper()\n", "pages/alerts/board.py")),
    (unfinished, parse("x = 1  # TO" + "DO later\n")),
]


@pytest.mark.parametrize("check", [check for check, _ in CHECKS], ids=lambda check: check.__name__)
def test_the_project_has_no(check: Callable[[list[SourceFile]], list[str]]) -> None:
    assert check(production_files()) == []


@pytest.mark.parametrize(("check", "offender"), CHECKS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_check_finds_a_planted_offender(
    check: Callable[[list[SourceFile]], list[str]], offender: SourceFile
) -> None:
    assert check([offender]) != []


def test_tests_keep_the_same_limits() -> None:
    tests = [file for file in source_files() if file.name.startswith("tests/")]
    assert too_long_files(tests) == []
    assert missing_docstrings(tests) == []
