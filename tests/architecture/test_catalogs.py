"""Both languages say the same things: keys, placeholders, plural forms; every used key exists (C11)."""

import re
from dataclasses import fields
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from core.i18n import LANGUAGES, LOCALES_DIR, Translator
from identity.tokens.risks import MANY_ADDRESSES
from identity.tokens.rotation import OTHER_DEVICE, REUSED
from operations.jobs.cleanup import InstallationRetention, Retention
from tests.architecture.source_tree import production_files

KEY = re.compile(r"""\bt\(\s*["']([a-z_]+(?:\.[A-Za-z0-9_]+)+)["']""")
ACTION = re.compile(r"""audit\.record\(\s*\w+,\s*[\w.]+,\s*["']([a-z_]+)["']""")
CHOSEN_ACTION = re.compile(r"""\baction = ["']([a-z_]+)["'] if .+ else ["']([a-z_]+)["']""")
APP_ERROR = re.compile(r"""AppError\(\s*["']([a-z_]+)["'](?!.*message_id)""")


def messages(language: str, folder: Path = LOCALES_DIR) -> dict[str, Message]:
    found: dict[str, Message] = {}
    for path in sorted((folder / language / "LC_MESSAGES").glob("*.po")):
        with path.open(encoding="utf-8") as stream:
            for message in read_po(stream, locale=language):
                key = message.id[0] if isinstance(message.id, tuple) else message.id
                if key:
                    assert key not in found, f"{path.name}: {key} stands in two catalogs"
                    found[key] = message
    return found


def texts(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_no_empty_text() -> None:
    catalogs = {language: messages(language) for language in LANGUAGES}
    assert catalogs["tr"].keys() == catalogs["en"].keys()
    for language, catalog in catalogs.items():
        assert [key for key, message in catalog.items() if not all(texts(message))] == [], language


def test_both_languages_use_the_same_placeholders() -> None:
    turkish, english = messages("tr"), messages("en")
    different = [
        key
        for key in turkish.keys() & english.keys()
        if set.union(*map(placeholders, texts(turkish[key]))) != set.union(*map(placeholders, texts(english[key])))
    ]
    assert different == []


def test_what_counts_has_plural_forms_in_both_languages() -> None:
    """A ``count`` asks the catalog for a plural; without one the reader would see the key."""
    catalogs = [messages(language) for language in LANGUAGES]
    plain = {
        key
        for catalog in catalogs
        for key, message in catalog.items()
        if not message.pluralizable and "count" in set.union(*map(placeholders, texts(message)))
    }
    assert sorted(plain) == []
    assert any(message.pluralizable for message in catalogs[0].values())


def test_every_key_that_the_code_asks_for_exists() -> None:
    known = messages("en").keys()
    asked = {key for file in production_files() for key in KEY.findall(file.text)}
    asked |= {f"error.{code}" for file in production_files() for code in APP_ERROR.findall(file.text)}
    assert sorted(asked - known) == []


def test_every_action_of_the_audit_log_has_words() -> None:
    """Who writes a new action names it in locales/*/LC_MESSAGES/audit.po; the page would show its code."""
    actions = {action for file in production_files() for action in ACTION.findall(file.text)}
    chosen = [pair for file in production_files() for pair in CHOSEN_ACTION.findall(file.text)]
    actions |= {action for pair in chosen for action in pair} | {REUSED, OTHER_DEVICE, MANY_ADDRESSES}
    assert len(actions) >= 15
    assert len(chosen) >= 2
    assert sorted(actions - {key.removeprefix("audit.action_") for key in messages("en")}) == []
    assert ACTION.findall('audit.record(\n    connection, scope.actor, "planted", entity="x")') == ["planted"]


def test_everything_that_is_cleaned_up_has_words() -> None:
    """The progress of the clean-up jobs names it; the key is put together while they run."""
    kinds = {one.name for kept in (Retention, InstallationRetention) for one in fields(kept)}
    assert sorted(kind for kind in kinds if f"cleanup.{kind}" not in messages("en")) == []


def test_a_missing_key_would_be_found() -> None:
    assert KEY.findall('t("overview.no_such_key")') == ["overview.no_such_key"]
    assert "overview.no_such_key" not in messages("en")


def test_numbers_and_percentages_are_written_as_each_language_does() -> None:
    assert (Translator("tr").number(1234.5), Translator("en").number(1234.5)) == ("1.234,5", "1,234.5")
    assert (Translator("tr").percent(0.42), Translator("en").percent(0.42)) == ("%42", "42%")
