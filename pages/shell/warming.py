"""What the first visitor would wait for, done beside the start: modules of the screens, catalogs, a first figure."""

import gc
from importlib import import_module
from pkgutil import iter_modules

import pages.shell
from core.i18n import LANGUAGES, Translator

SCIPY = "pipeline.features.service"  # the page Features needs scipy, half a second that comes last


def warm() -> None:
    """Load what pages load when they are first opened; opening them before it is done is only slower."""
    for language in LANGUAGES:
        Translator(language).number(0, 0)
        Translator(language)("shell.product")
    for module in iter_modules(pages.shell.__path__, "pages.shell."):
        import_module(module.name)
    import_module("reports.figures.first").first_figure()
    import_module(SCIPY)
    gc.collect()
    gc.freeze()  # what was loaded stays: collections, which Streamlit asks for at every rerun, need not look at it
