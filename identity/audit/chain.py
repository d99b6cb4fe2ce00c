"""Proves that the audit log is what was written: every entry against its link, every link against the one before.

Hash chain after Haber and Stornetta, "How to time-stamp a digital document" (1991). The database computes the hashes
when it writes; here they are computed again from the stored fields, in another language, so that a changed function
in the database hides nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, Protocol

from core.errors import AppError

GENESIS = "0" * 64  # what the first link follows

Kind = Literal["changed", "deleted", "inserted", "missing", "out_of_order", "cut_off", "rewritten"]


class Link(Protocol):
    """A link as it is stored, with the text fields of its entry; None when the entry is gone."""

    @property
    def position(self) -> int: ...
    @property
    def entry_id(self) -> int: ...
    @property
    def entry_sha256(self) -> str: ...
    @property
    def chain_sha256(self) -> str: ...
    @property
    def fields(self) -> list[str | None] | None: ...


@dataclass(frozen=True)
class Head:
    """The end of the chain at some time; kept elsewhere it proves later that nothing before it was rewritten."""

    position: int
    chain_sha256: str

    def __str__(self) -> str:
        return f"{self.position}:{self.chain_sha256}"

    @classmethod
    def parse(cls, written: str) -> "Head":
        """Raises ``audit_head_wrong`` for anything that ``str`` did not write."""
        position, _, digest = written.strip().partition(":")
        if not position.isdecimal() or len(digest) != len(GENESIS) or set(digest) - set("0123456789abcdef"):
            raise AppError("audit_head_wrong", params={"head": written})
        return cls(int(position), digest)


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written; ``position`` or ``entry_id`` is None where it is not known."""

    kind: Kind
    position: int | None
    entry_id: int | None


def entry_digest(fields: Sequence[str | None]) -> str:
    """SHA-256 of an entry's fields, each with its length, so that no two entries have the same text."""
    text = ",".join("-" if field is None else f"{len(field)}:{field}" for field in fields)
    return sha256(text.encode()).hexdigest()


def link_digest(previous: str, position: int, entry_sha256: str) -> str:
    return sha256(f"{previous}:{position}:{entry_sha256}".encode()).hexdigest()


@dataclass
class Walk:
    """Goes through the chain in order; ``head`` is the last link seen."""

    head: Head = Head(0, GENESIS)

    def along(self, links: Iterable[Link]) -> Iterator[Finding]:
        """What is wrong with the next links. After a finding the stored link is believed, so that each is told once."""
        for link in links:
            for position in range(self.head.position + 1, link.position):
                yield Finding("missing", position, None)
            if link.fields is None:
                yield Finding("deleted", link.position, link.entry_id)
            elif entry_digest(link.fields) != link.entry_sha256:
                yield Finding("changed", link.position, link.entry_id)
            follows = link.position == self.head.position + 1
            expected = link_digest(self.head.chain_sha256, link.position, link.entry_sha256)
            if follows and link.chain_sha256 != expected:
                yield Finding("out_of_order", link.position, link.entry_id)
            self.head = Head(link.position, link.chain_sha256)
