"""Settings, versions and problems of the configuration in words, for pages and commands alike (C9)."""

from typing import Any

from core.i18n import UNKNOWN, Translator
from operations.configuration.keys import written
from operations.configuration.shapes import Setting, Version
from operations.configuration.validation import Problem


def told(value: Any) -> str:
    """As it stands in the text; a dash where the text says nothing."""
    return UNKNOWN if value is None else written(value)


def value(t: Translator, one: Setting) -> str:
    """What is in force; of a secret only whether there is one."""
    if one.is_secret:
        return t("configuration.secret_set" if one.is_set else "configuration.unset")
    return t("configuration.unset") if one.value is None else one.value


def problem(t: Translator, one: Problem) -> str:
    """'Line 3: metric_days must be at least 35.'"""
    params = {**one.params, "key": one.key or UNKNOWN}
    if "wanted" in params:
        params["wanted"] = t(f"configuration.kind_{params['wanted']}")
    return t("configuration.at_line", line=one.line, problem=t(f"configuration.problem_{one.code}", **params))


def state(t: Translator, one: Version) -> str:
    if one.problems:
        return t("configuration.invalid")
    return t("configuration.counts" if one.counts else "configuration.older")


def changed(one: Version) -> str:
    """'metric_days 90 → 60, log_days – → 7'."""
    return ", ".join(f"{each.name} {told(each.before)} → {told(each.after)}" for each in one.changes)
