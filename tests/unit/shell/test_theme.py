"""The theme file holds DESIGN's colours, and every pair of text and background can be read (C11, WCAG 2.2 AA)."""

import tomllib
from itertools import product

import pytest

from core.settings import ROOT
from reports.figures.palette import PALETTES, Palette, ThemeName, with_opacity

AA_TEXT = 4.5
COLOUR_OF = {"kritik": "red", "yuksek": "orange", "orta": "yellow", "dusuk": "blue", "normal": "green"}


def theme(name: ThemeName) -> dict[str, str]:
    settings: dict[str, str] = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"][name]
    return settings


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def texts(palette: Palette) -> list[str]:
    return [palette.ink, palette.muted, palette.primary, *palette.severity.values()]


@pytest.mark.parametrize("name", PALETTES)
def test_every_text_colour_can_be_read_on_page_and_surface(name: ThemeName) -> None:
    palette = PALETTES[name]
    sidebar = theme(name)["sidebar"]["backgroundColor"]  # type: ignore[index]
    grounds = (palette.background, palette.surface, sidebar)
    unreadable = [
        (text, ground) for text, ground in product(texts(palette), grounds) if contrast(text, ground) < AA_TEXT
    ]
    assert unreadable == []


@pytest.mark.parametrize("name", PALETTES)
def test_every_badge_can_be_read_on_its_tint(name: ThemeName) -> None:
    colours = theme(name)
    pairs = {
        word: (colours[f"{word}TextColor"], colours[f"{word}BackgroundColor"]) for word in (*COLOUR_OF.values(), "gray")
    }
    assert {word: pair for word, pair in pairs.items() if contrast(*pair) < AA_TEXT} == {}


@pytest.mark.parametrize("name", PALETTES)
def test_the_theme_file_and_the_figures_use_the_same_colours(name: ThemeName) -> None:
    colours, palette = theme(name), PALETTES[name]
    assert (colours["backgroundColor"], colours["secondaryBackgroundColor"]) == (palette.background, palette.surface)
    assert (colours["textColor"], colours["borderColor"]) == (palette.ink, palette.line)
    assert (colours["primaryColor"], colours["grayTextColor"]) == (palette.primary, palette.muted)
    assert {word: colours[f"{colour}TextColor"] for word, colour in COLOUR_OF.items()} == palette.severity


def test_an_unreadable_pair_would_be_found() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#B4531A", "#F8EEE8") < AA_TEXT  # the orange first drawn, on its tint


def test_nothing_is_sent_to_the_makers_and_errors_show_no_details() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["showErrorDetails"] == "none"


def test_opacity_is_written_as_plotly_reads_it() -> None:
    assert with_opacity("#0F6E6E", 0.14) == "rgba(15, 110, 110, 0.14)"
