"""Waiting only so long for what may never answer, such as a server that was stopped with its connections open."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


@dataclass
class _Question(Generic[Answer]):
    """``answers``: one, or none where asking failed; then its thread tells why in the log."""

    ask: Callable[[], Answer]
    answers: list[Answer] = field(default_factory=list)
    is_over: Event = field(default_factory=Event)

    def run(self) -> None:
        try:
            self.answers.append(self.ask())
        finally:
            self.is_over.set()


@dataclass
class Patience(Generic[Answer]):
    """One question at a time: while one hangs, whoever asks waits for that one, and no threads pile up."""

    seconds: float
    _under_way: _Question[Answer] | None = field(default=None, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def ask(self, question: Callable[[], Answer]) -> Answer | None:
        """The answer, None when there was none in time."""
        with self._lock:
            if self._under_way is None or self._under_way.is_over.is_set():
                self._under_way = _Question(question)
                Thread(target=self._under_way.run, daemon=True, name="patience").start()
            asked = self._under_way
        asked.is_over.wait(self.seconds)
        return next(iter(asked.answers), None)
