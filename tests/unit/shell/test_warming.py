"""What is loaded beside the start is what the first visitor would wait for, and no stage of the pipeline (A8.1)."""

import subprocess
import sys

from core.settings import ROOT

ASK = (
    "import sys; from pages.shell.warming import warm; warm(); "
    "print(*(name in sys.modules for name in ('plotly.graph_objs._figure', 'pages.shell.charts', 'sklearn')))"
)


def test_the_screens_are_loaded_and_the_pipeline_is_not() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "False"]
