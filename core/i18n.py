"""Translation through gettext catalogs and locale-aware numbers and dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from babel import dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from core.settings import ROOT

LANGUAGES = ("tr", "en")
UNKNOWN = "–"
LOCALES_DIR = ROOT / "locales"


@lru_cache(maxsize=len(LANGUAGES))
def _catalog(language: str, folder: Path = LOCALES_DIR) -> NullTranslations:
    """All ``*.po`` files of one language, merged; compiled in memory so nothing generated is stored."""
    merged: Translations | None = None
    for path in sorted((folder / language / "LC_MESSAGES").glob("*.po")):
        buffer = BytesIO()
        with path.open(encoding="utf-8") as stream:
            write_mo(buffer, read_po(stream, locale=language, abort_invalid=True))
        buffer.seek(0)
        loaded = Translations(buffer)
        merged = loaded if merged is None else merged.merge(loaded)
    return merged or NullTranslations()


def digits_of(value: float) -> int:
    """How many decimals are worth reading: none in hundreds, one in tens, two below."""
    return 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2


# A heat map writes thousands of numbers and days, few of them different; Babel takes 60 µs for each.
@lru_cache(maxsize=20_000)
def _number(language: str, value: float, digits: int) -> str:
    return str(numbers.format_decimal(value, format="#,##0." + "#" * digits, locale=language))


@lru_cache(maxsize=2_000)
def _day(language: str, on: date) -> str:
    return str(dates.format_date(on, "EEE d MMM", locale=language))


@dataclass(frozen=True)
class Translator:
    """Text, numbers and dates in one language and one time zone."""

    language: str
    time_zone: str = "UTC"

    def __call__(self, message_id: str, **params: Any) -> str:
        """The translation of a catalog key; ``count`` among the params chooses the plural form.

        Where ``lower`` and ``upper`` are params, ``{range}`` stands for both.
        """
        if "lower" in params and "upper" in params:
            params.setdefault("range", self.range(params["lower"], params["upper"]))
        catalog = _catalog(self.language)
        if "count" in params:
            text = catalog.ngettext(message_id, message_id, int(params["count"]))
        else:
            text = catalog.gettext(message_id)
        return text.format(**{key: self.value(value) for key, value in params.items()}) if params else text

    def stored(self, message_id: str, params: Mapping[str, Any]) -> str:
        """A message that was stored, perhaps by an older version: what it did not know then is a dash."""
        catalog = _catalog(self.language)
        wanted = {name for text in (catalog.gettext(message_id), catalog.ngettext(message_id, message_id, 2))
                  for _, name, _, _ in Formatter().parse(text) if name}  # fmt: skip
        known = {*params, "count"} | ({"range"} if {"lower", "upper"} <= params.keys() else set())
        return self(message_id, **(dict.fromkeys(wanted - known, UNKNOWN) | dict(params)))

    def sentence(self, message_id: str, params: Mapping[str, Any] | None) -> str:
        """A message of the pipeline; parameters that are catalog keys or instants themselves are said first."""
        return self.stored(message_id, {name: self._word(value) for name, value in (params or {}).items()})

    def _word(self, value: Any) -> Any:
        if isinstance(value, dict) and "instant" in value:
            return self.instant(datetime.fromisoformat(value["instant"]))
        if isinstance(value, dict) and "id" in value:
            return self.sentence(value["id"], value.get("params"))
        return value

    def value(self, value: Any) -> str:
        """A parameter as people write it: numbers with separators, instants in local time."""
        if isinstance(value, bool) or value is None:
            return str(value)
        if isinstance(value, int | float):
            return self.number(value, digits_of(value))
        if isinstance(value, datetime):
            return self.instant(value)
        if isinstance(value, date):
            return self.day(value)
        return str(value)

    def number(self, value: float, digits: int | None = None) -> str:
        shown = 2 if digits is None else digits
        return _number(self.language, round(value, shown) + 0.0, shown)  # never "-0"

    def range(self, low: float | None, high: float | None, digits: int = 1) -> str:
        """'0–2', one number where both are written alike, a dash where one is not known."""
        if low is None or high is None:
            return "–"
        shown = min(digits, digits_of(max(abs(low), abs(high))))
        written = [self.number(low, shown), self.number(high, shown)]
        return written[0] if written[0] == written[1] else "–".join(written)

    def percent(self, ratio: float, digits: int = 0) -> str:
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
        return str(
            numbers.format_percent(
                ratio, format="%" + pattern[:-1] if self.language == "tr" else pattern, locale=self.language
            )
        )

    def money(self, amount: float, currency: str) -> str:
        return str(numbers.format_currency(amount, currency, locale=self.language))

    def instant(self, at: datetime) -> str:
        """'Pzt 18 Kas 08:02' in the translator's time zone."""
        return str(dates.format_datetime(at, "EEE d MMM HH:mm", tzinfo=ZoneInfo(self.time_zone), locale=self.language))

    def clock_time(self, at: datetime) -> str:
        return str(dates.format_datetime(at, "HH:mm", tzinfo=ZoneInfo(self.time_zone), locale=self.language))

    def day(self, on: date) -> str:
        return _day(self.language, on)

    def full_day(self, on: date) -> str:
        """'18 Kas 2025', where years are told apart."""
        return str(dates.format_date(on, "d MMM y", locale=self.language))

    def length(self, seconds: float) -> str:
        """'3 days', '20 minutes': a span in the unit that says most."""
        return str(dates.format_timedelta(timedelta(seconds=seconds), locale=self.language))

    def ago(self, seconds: float) -> str:
        return str(dates.format_timedelta(timedelta(seconds=-seconds), add_direction=True, locale=self.language))
