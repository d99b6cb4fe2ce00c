"""The one family of errors that a user or an operator can cause and must be able to read."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class AppError(Exception):
    """An expected failure with a translated message.

    ``code`` is stable and in English snake_case, ``message_id`` a key of the catalogs in ``locales/`` and
    ``params`` the values of its placeholders. Pages show the translation, the API returns it with
    ``http_status``, the job runner records it. ``is_denial``: somebody asked for what they may not see or do; the
    door that they came through writes it to the audit log.
    """

    code: str
    http_status: int = 400
    message_id: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    is_denial: bool = False

    def __post_init__(self) -> None:
        self.message_id = self.message_id or f"error.{self.code}"
        super().__init__(self.code)

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code}({details})"
