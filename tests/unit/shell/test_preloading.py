"""The code of charts and tables that browsers load ahead (P-8)."""

import json
import re
from pathlib import Path

import streamlit

from pages.shell.preloading import PARTS, preload_script


def test_each_part_is_one_file_that_streamlit_serves() -> None:
    [listed] = re.findall(r"of (\[.*?\])\)", preload_script())
    names = json.loads(listed)
    assert len(names) == len(PARTS)
    root = Path(streamlit.__file__).parent / "static"
    for part, name in zip(sorted(PARTS), names, strict=True):
        assert Path(name).name.startswith(f"{part}.")
        assert (root / name.lstrip("/")).is_file(), name
