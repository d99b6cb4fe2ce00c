"""The direction of imports (import-linter) holds, and the linter notices a breach."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.source_tree import ROOT

LINTER = Path(sys.executable).parent / "lint-imports"


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
