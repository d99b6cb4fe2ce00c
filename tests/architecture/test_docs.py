"""What README and docs point at exists: links, pictures, and the proof of every row."""

import re
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)")
PROOF = re.compile(r"`(tests/[A-Za-z0-9_./]+)`")
ROW = re.compile(r"^\| (?:[A-DPR]\d)", re.MULTILINE)


def missing(text: str, folder: Path) -> list[str]:
    links = [target for target in LINK.findall(text) if not (folder / target).exists()]
    return links + [path for path in PROOF.findall(text) if not (ROOT / path).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_every_named_test_exists(document: Path) -> None:
    assert missing(document.read_text(encoding="utf-8"), document.parent) == []


def test_a_dead_link_and_a_proof_that_is_gone_are_found() -> None:
    assert missing("[x](docs/nowhere.md) `tests/unit/nowhere`", ROOT) == ["docs/nowhere.md", "tests/unit/nowhere"]


def test_every_row_of_the_feature_table_names_a_proof() -> None:
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if ROW.match(line)]
    assert len(rows) >= 20
    assert [row for row in rows if not PROOF.search(row) and "the same" not in row] == []


def test_no_committed_picture_is_larger_than_200_kb() -> None:
    pictures = [*ROOT.glob("docs/**/*.png"), *ROOT.glob("docs/**/*.svg")]
    assert [path.name for path in pictures if path.stat().st_size > 200_000] == []
