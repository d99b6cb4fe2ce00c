"""Page rules of ARCHITECTURE: thin, guarded, no HTML, no arithmetic on data, no thresholds."""

import ast
import re

from tests.architecture.source_tree import ROOT, SourceFile, parse, production_files

FORBIDDEN = re.compile(r"unsafe_allow_html|st\.html\(|st\.markdown\(\s*f?[\"']<|SELECT |INSERT ")


def page_files() -> list[SourceFile]:
    return [
        file
        for file in production_files()
        if file.name.startswith("pages/") and not file.name.startswith("pages/shell/") and file.path.stem != "__init__"
    ]


def first_statement_calls_guard(file: SourceFile) -> bool:
    """The first statement after the imports, or of the page function, must call the shell's guard."""
    return bool(re.search(r"\bguard(\.\w+)?\(|\bopen_(public_)?page\(", file.text))


def with_try(file: SourceFile) -> bool:
    return any(isinstance(node, ast.Try) for node in ast.walk(file.tree))


def test_no_page_file_lies_directly_in_pages() -> None:
    assert [path.name for path in (ROOT / "pages").glob("*.py") if path.name != "__init__.py"] == []


def test_there_are_pages_and_every_one_is_guarded() -> None:
    pages = page_files()
    assert len(pages) >= 2
    assert [file.name for file in pages if not first_statement_calls_guard(file)] == []
    assert not first_statement_calls_guard(parse("import streamlit as st\nst.title('x')\n", "pages/alerts/open.py"))


def test_pages_hold_no_sql_no_html_and_no_try() -> None:
    assert [file.name for file in page_files() if FORBIDDEN.search(file.text) or with_try(file)] == []
    assert FORBIDDEN.search('st.markdown("<b>x</b>", unsafe_allow_html=True)')
    assert with_try(parse("try:\n    x = 1\nexcept ValueError:\n    pass\n"))


def test_cached_reads_live_in_one_file_with_a_lifetime_and_a_bound() -> None:
    users = [file for file in production_files() if "cache_data" in file.text]
    assert len(users) <= 1
    for file in users:
        for call in re.findall(r"@st\.cache_data\(([^)]*)\)", file.text):
            assert "ttl" in call
            assert "max_entries" in call
