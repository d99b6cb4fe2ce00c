"""The colours of DESIGN, light and dark; the theme file and every figure take them from here."""

from dataclasses import dataclass
from typing import Literal

ThemeName = Literal["light", "dark"]


@dataclass(frozen=True)
class Palette:
    """One theme. ``severity`` is keyed by the stored Turkish words, plus ``normal``."""

    background: str
    surface: str
    line: str
    ink: str
    muted: str
    primary: str
    band_opacity: float
    severity: dict[str, str]


LIGHT = Palette(
    background="#FBFAF7",
    surface="#FFFFFF",
    line="#E4E1DA",
    ink="#1B2430",
    muted="#55606C",
    primary="#0F6E6E",
    band_opacity=0.14,
    # `yuksek` and `orta` are a shade darker than first drawn: on their own tint they fell under 4.5 : 1.
    severity={"kritik": "#B3261E", "yuksek": "#A84B14", "orta": "#7A5E00", "dusuk": "#466C97", "normal": "#2B6E47"},
)
DARK = Palette(
    background="#12171D",
    surface="#1A2129",
    line="#2C3641",
    ink="#E8ECEF",
    muted="#A3AFBA",
    primary="#5CC2B8",
    band_opacity=0.18,
    severity={"kritik": "#FF8A80", "yuksek": "#FFB27A", "orta": "#E6C34A", "dusuk": "#9CC0E6", "normal": "#7FD1A0"},
)
PALETTES: dict[ThemeName, Palette] = {"light": LIGHT, "dark": DARK}


def with_opacity(colour: str, opacity: float) -> str:
    """``#RRGGBB`` and an opacity as plotly writes them."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"
