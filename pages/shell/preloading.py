"""Charts and tables loaded before they are asked for (P-8).

Streamlit's frontend fetches and compiles the code of charts (4.7 MB) and tables when a page first shows one: a second
on an office computer. A script of ours does that while the reader looks at the first page.
"""

import json
from functools import cache
from pathlib import Path

import streamlit

ROUTE = "/auth/preload.js"
PARTS = ("PlotlyChart", "DataFrame")
IDLE_MILLISECONDS = 1500  # after the page is loaded, so that it is not slower itself


@cache
def preload_script() -> str:
    """JavaScript that imports the parts when the browser has nothing else to do; a browser that cannot wait, later."""
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    found = sorted(path.name for part in PARTS for path in folder.glob(f"{part}.*.js"))
    urls = json.dumps([f"/static/js/{name}" for name in found])
    return (
        f"const load = () => {{ for (const url of {urls}) import(url).catch(() => undefined); }};\n"
        "const wait = window.requestIdleCallback || ((call) => setTimeout(call, 1000));\n"
        f"window.addEventListener('load', () => setTimeout(() => wait(load), {IDLE_MILLISECONDS}));\n"
    )
