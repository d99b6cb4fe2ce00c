"""Which version a process uses: a new one only after it loaded and scored as it should, the old one until then (R4)."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from core.errors import AppError
from core.logs import logger

if TYPE_CHECKING:
    from db.queries.models import ModelRow

LOOK_SECONDS = 2.0  # how often a process asks which version is active: a rollback is everywhere within 5 s
RETRY_SECONDS = 30.0  # a version that failed is tried again after so long, or at once when another one is active
Kind = tuple[int, str, str]  # hotel, metric type, model type
log = logger(__name__)


@dataclass
class Use:
    """What a process uses of a kind; ``refused``: the active version that it could not switch to, and until when."""

    row: "ModelRow | None" = None
    looked_at: float = float("-inf")
    refused: tuple[int, float] | None = None
    lock: Lock = field(default_factory=Lock)


@dataclass
class Switchboard:
    """``find``: the active version of a kind; ``check``: loads a version and scores its reference batch, or raises.

    Where ``find`` raises because the database is away, the version in use stays in use (SPEC B9).
    """

    find: "Callable[[Kind], ModelRow | None]"
    check: "Callable[[ModelRow], object]"
    monotonic: Callable[[], float] = time.monotonic
    look_seconds: float = LOOK_SECONDS
    _uses: dict[Kind, Use] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def row(self, kind: Kind) -> "ModelRow":
        """The version to use now; raises ``model_none_active``, or what is wrong when there never was a usable one.

        One thread looks and switches; the others go on with the version in use meanwhile.
        """
        with self._lock:
            use = self._uses.setdefault(kind, Use())
        if self.monotonic() - use.looked_at >= self.look_seconds and use.lock.acquire(blocking=use.row is None):
            try:
                self._look(kind, use)
            finally:
                use.lock.release()
        found = use.row
        if found is None:
            raise AppError("model_none_active", 404, params={"metric": kind[1], "model": kind[2]})
        return found

    def _look(self, kind: Kind, use: Use) -> None:
        if self.monotonic() - use.looked_at < self.look_seconds:
            return  # another thread looked while this one waited
        try:
            active = self.find(kind)
        except AppError as error:
            if use.row is None:
                raise
            log.warning("model_switch_waits", kind=kind, reason=error.code)
        else:
            self._switch(use, active)
        use.looked_at = self.monotonic()

    def _switch(self, use: Use, active: "ModelRow | None") -> None:
        if active is None:
            use.row = None
            return
        if use.row is not None and use.row.id == active.id:
            use.row = active  # its file may have got another name or signature
            return
        if use.refused is not None and use.refused[0] == active.id and self.monotonic() < use.refused[1]:
            return
        try:
            self.check(active)
        except AppError as error:
            log.error("model_switch_failed", model_id=active.id, reason=error.code)  # noqa: TRY400
            if use.row is None:
                raise
            use.refused = (active.id, self.monotonic() + RETRY_SECONDS)
            return
        before = None if use.row is None else use.row.id
        use.row, use.refused = active, None
        log.info("model_switched", model_id=active.id, before=before)
