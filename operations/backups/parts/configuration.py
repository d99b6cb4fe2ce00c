"""The configuration then and now: setting by setting, and whether the text of then is valid today."""

from collections.abc import Iterator
from typing import Any

from core.scope import Scope
from operations.backups.parts.reading import Side
from operations.backups.parts.shapes import Change, Said
from operations.configuration.keys import written
from operations.configuration.service import ConfigurationService
from operations.configuration.stored import judged


def compare(scope: Scope, now: Side, then: Side, configuration: ConfigurationService) -> Iterator[Change]:
    """What the newest version of the backup says against the version that counts; all of it is put back or nothing."""
    if not then.has_configuration:
        yield _impossible(Said("parts.no_configuration"))
        return
    text = then.configuration.text if then.configuration else ""
    problems = judged(then.configuration).problems if then.configuration else ()
    proposal = configuration.check(scope, text)
    if problems := (*problems, *proposal.problems):
        first = problems[0]
        yield _impossible(Said("parts.configuration_invalid", {"line": first.line, "key": first.key or "–"}))
        return
    expected = now.configuration.id if now.configuration else None
    for one in proposal.changes:
        done = "added" if one.before is None else "removed" if one.after is None else "changed"
        what = {"name": one.name, "now": _told(one.before), "then": _told(one.after), "is_fixed": one.is_fixed}
        yield Change("configuration", done, None, "", what, {"text": text, "expected_id": expected})


def _impossible(reason: Said) -> Change:
    return Change("configuration", "impossible", None, "", {}, reason=reason)


def _told(value: Any) -> str | None:
    return None if value is None else written(value)
