"""The direction of imports (import-linter) holds, and the linter notices a breach."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.architecture.source_tree import DOORS, ROOT, SourceFile, parse, production_files

LINTER = Path(sys.executable).parent / "lint-imports"


SERVICES_USERS = ("pages/", "api/", "commands/", *DOORS)
DOOR_MODULES = {name.removesuffix(".py") for name in DOORS} - {"services"}


def imported(file: SourceFile) -> set[str]:
    """Top-level names that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def reaching_up(files: list[SourceFile]) -> list[str]:
    """import-linter reads packages; ``services.py`` and the doors are modules, so they are checked here."""
    below = [file.name for file in files if not file.name.startswith(SERVICES_USERS) and "services" in imported(file)]
    return below + [file.name for file in files if imported(file) & DOOR_MODULES]


def test_services_are_imported_by_doors_only_and_doors_by_nobody() -> None:
    assert reaching_up(production_files()) == []


def test_a_stage_that_imports_services_or_a_door_is_noticed() -> None:
    assert reaching_up([parse("from services import Services\n", "pipeline/metrics/breach.py")]) != []
    assert reaching_up([parse("import manage\n", "pages/alerts/breach.py")]) != []


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_every_import_contract_is_kept() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


def test_a_breach_of_the_layers_is_noticed(tmp_path: Path) -> None:
    for package in ("upper", "lower"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / "lower" / "breach.py").write_text("import upper\n")
    (tmp_path / ".importlinter").write_text(
        "[importlinter]\nroot_packages =\n    upper\n    lower\n\n"
        "[importlinter:contract:a]\nname = a\ntype = layers\nlayers =\n    upper\n    lower\n"
    )
    assert lint(tmp_path).returncode != 0
