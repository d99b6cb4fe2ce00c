"""The project's Python files, parsed once for all architecture checks."""

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = (
    "api", "commands", "core", "db", "identity", "operations", "pages", "pipeline", "reports", "sources", "tests",
)  # fmt: skip
DOORS = ("Home.py", "asgi.py", "scheduler_service.py", "manage.py", "services.py", "migrate_models_to_filesystem.py")


@dataclass(frozen=True)
class SourceFile:
    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def line_count(self) -> int:
        return len(self.text.splitlines())

    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def parse(text: str, name: str = "planted.py") -> SourceFile:
    return SourceFile(ROOT / name, text, ast.parse(text))


@lru_cache(maxsize=1)
def source_files() -> tuple[SourceFile, ...]:
    paths = [ROOT / door for door in DOORS if (ROOT / door).exists()]
    for package in PACKAGES:
        paths += sorted((ROOT / package).rglob("*.py"))
    return tuple(SourceFile(path, path.read_text(), ast.parse(path.read_text())) for path in paths)


def production_files() -> list[SourceFile]:
    return [file for file in source_files() if not file.name.startswith("tests/")]
