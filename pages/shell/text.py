"""Text on screens: data is never read as markup, and severity is always icon, word and colour."""

import re

import streamlit as st

from core.i18n import Translator

MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~:&^=])")
# Addresses and names of icons are looked for after marks were escaped, so what begins them is no longer in one piece.
FOUND_LATER = re.compile(r":(?=//|material/)|\bwww(?=\.)", re.IGNORECASE)
WORD_JOINER = "\u2060"  # without width, and no line ends at it
SEVERITIES = ("kritik", "yuksek", "orta", "dusuk")
ICONS = {
    "kritik": ":material/error:",
    "yuksek": ":material/warning:",
    "orta": ":material/report:",
    "dusuk": ":material/info:",
    "normal": ":material/check_circle:",
}
COLOURS = {"kritik": "red", "yuksek": "orange", "orta": "yellow", "dusuk": "blue", "normal": "green"}


def plain(text: str) -> str:
    """Text from data for a place that reads Markdown: every mark is escaped, line breaks become spaces, and neither
    addresses become links nor names of icons icons."""
    told = FOUND_LATER.sub(rf"\g<0>{WORD_JOINER}", " ".join(text.split()))
    return MARKUP.sub(r"\\\1", told)


def muted(text: str) -> None:
    """Secondary information; the theme's caption is too pale for WCAG AA, its gray text is not."""
    st.markdown(f":small[:gray[{plain(text)}]]")


def sql(text: str) -> None:
    """A statement, to copy; without colours, since those of Streamlit's dark theme are too pale for WCAG AA."""
    st.code(text, language=None, wrap_lines=True)


def severity_badge(t: Translator, severity: str) -> str:
    """Markdown of a severity, for labels and cells."""
    return f":{COLOURS[severity]}-badge[{ICONS[severity]} {t(f'severity.{severity}')}]"


def badge(text: str, colour: str = "gray", icon: str = "") -> str:
    return f":{colour}-badge[{icon} {plain(text)}]" if icon else f":{colour}-badge[{plain(text)}]"


def person(full_name: str, username: str) -> str:
    """Markdown of somebody's name with the one they sign in by; once where they are alike."""
    named = f"**{plain(full_name)}**"
    return named if full_name == username else f"{named} ({plain(username)})"
