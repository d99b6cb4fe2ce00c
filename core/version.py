"""The version of this code, as ``pyproject.toml`` says it."""

import tomllib
from functools import cache

from core.settings import ROOT


@cache
def version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
