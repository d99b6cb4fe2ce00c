"""Who calls, and may they: the one dependency of every route names its permission and how often it may be asked."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import Depends, Request

from api.errors import NotModified, language_of
from api.metering import template
from core.errors import AppError
from core.i18n import Translator
from core.request_context import identify_request, place_request
from core.scope import Scope
from core.version import version
from identity.api_keys.service import PREFIX
from operations.rate_limits.service import Limit

if TYPE_CHECKING:
    from services import Services

READS = Limit("read", 240)
REPORTS = Limit("report", 60)  # what counts over months
WRITES = Limit("write", 120)
COSTLY = Limit("costly", 10)  # what starts work or hashes passwords
EXPLAINS = Limit("explain", 10)  # what makes plans of somebody's statements
REFUSED = Limit("refused", 30)  # wrong credentials from one address
GENUINE = ("token_expired", "token_address_changed")  # of a token that we signed: its client refreshes it, no guess
LONGEST_NUMBER = 10  # digits of a hotel's; int() refuses very long ones
FRESH_SECONDS = 300


@dataclass(frozen=True)
class Known:
    """What decides whether a kept answer is still right; ``fresh_until``: when an answer about "now" changes."""

    what: str
    generation: str
    tag: str
    fresh_until: datetime


@dataclass(frozen=True)
class Caller:
    """What a route works with: the services, the caller's scope and language, and the time."""

    request: Request
    services: "Services"
    scope: Scope
    language: str

    @property
    def t(self) -> Translator:
        return Translator(self.language)

    @property
    def now(self) -> datetime:
        return self.services.clock.now()

    def require_hotel(self, hotel_id: int) -> None:
        """``not_found`` for a hotel that the caller does not see or that does not exist: nothing is stored for it."""
        if hotel_id not in (hotel.id for hotel in self.services.hotels.listed(self.scope)):
            raise AppError("not_found", 404, params={"what": f"hotel {hotel_id}"})

    def known(self, *topics: str, seconds: int = FRESH_SECONDS) -> Known:
        """The data versions of the topics and the span of time now.

        The versions are bumped in the writers' transactions, as for the cached reads of the pages; ``seconds`` is how
        long an answer about "now" stays the same by itself.
        """
        span = int(self.now.timestamp() // seconds)
        what = f"{self.request.url.path}?{self.request.url.query} {self.language}"
        generation = self._generation(topics)
        scope = (sorted(self.scope.hotels) if self.scope.hotels is not None else None, sorted(self.scope.permissions))
        tag = _tag(version(), what, scope, generation, span)
        return Known(what, generation, tag, datetime.fromtimestamp((span + 1) * seconds, UTC))

    def unless_known(self, *topics: str, seconds: int = FRESH_SECONDS) -> Known:
        """Answer 304 to a caller who has this answer: same data versions of the topics, same span of time."""
        known = self.known(*topics, seconds=seconds)
        self.stop_if_sent(known)
        return known

    def stop_if_sent(self, known: Known) -> None:
        """Answer 304 to a caller who has it."""
        self.tell_tag(known.tag)
        sent = [one.strip() for one in self.request.headers.get("if-none-match", "").split(",")]
        if known.tag in sent or known.tag.removeprefix("W/") in sent:
            raise NotModified

    def tell_tag(self, tag: str) -> None:
        """Under what the client may keep the answer."""
        answer_headers(self.request).update({"ETag": tag, "Cache-Control": "private, no-cache"})

    def _generation(self, topics: tuple[str, ...]) -> str:
        """The data versions of the hotels that the address names, of all that the caller sees where it names none."""
        found, asked = self.services.overview.versions(self.scope), self.request.query_params.getlist("hotel_id")
        are_plain = all(one.isdecimal() and len(one) <= LONGEST_NUMBER for one in asked)
        named = {int(one) for one in asked} if are_plain else set()  # "+1" is a number too: then any may be meant
        versions = sorted(
            (hotel, topic, number)
            for (hotel, topic), number in found.items()
            if topic in topics and (not named or hotel in named)
        )
        return hashlib.sha256(repr(versions).encode()).hexdigest()[:24]


def _tag(*parts: object) -> str:
    return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:24]}"'


def answer_headers(request: Request) -> dict[str, str]:
    """Headers that the answer gets whatever becomes of it."""
    headers: dict[str, str] = request.scope.setdefault("state", {}).setdefault("answer_headers", {})
    return headers


@dataclass(frozen=True)
class Needs:
    """The dependency of a route: 401 without a right credential, 429 too often, 403 without the permission."""

    permission: str
    limit: Limit

    def __call__(self, request: Request) -> Caller:
        services: Services = request.app.state.services()
        place_request(f"{request.method} {template(request.scope, None)}")  # what takes long is told before its end
        scope = authenticated(request, services)
        self._count(request, services, scope.actor)
        scope.require(self.permission)
        if self.limit in (REPORTS, COSTLY, EXPLAINS) and services.memory_watch.refuses:
            raise AppError("memory_short", 503)
        return Caller(request, services, scope, language_of(request))

    def _count(self, request: Request, services: "Services", who: str) -> None:
        endpoint = request.scope["route"].path
        limit = Limit(f"{self.limit.name}:{request.method} {endpoint}", self.limit.requests, self.limit.seconds)
        taken = services.rate_limits.take(who, limit)
        answer_headers(request).update({
            "RateLimit-Policy": f'"{self.limit.name}";q={limit.requests};w={limit.seconds}',
            "RateLimit": f'"{self.limit.name}";r={taken.remaining};t={taken.reset_seconds}',
        })  # fmt: skip
        if taken.is_over:
            raise too_often(taken.reset_seconds)


def needs(permission: str, limit: Limit = READS) -> Any:
    """Beside ``Caller`` in the annotation of a route: who may call it, and how often."""
    return Depends(Needs(permission, limit))


def authenticated(request: Request, services: "Services") -> Scope:
    """The scope of the request's one credential; cookies count for nothing here."""
    headers, keys = (request.headers.getlist(name) for name in ("authorization", "x-api-key"))
    address = request.client.host if request.client else "unknown"
    if len([one for one in (*headers, *keys) if one]) != 1:  # none, or two that could disagree
        raise AppError("unauthenticated", 401)
    try:
        return _scope_of(request, services, max(headers, default=""), max(keys, default=""), address)
    except AppError as error:
        if error.http_status == 401 and error.code not in GENUINE:
            taken = services.rate_limits.take(address, REFUSED)
            if taken.is_over:
                raise too_often(taken.reset_seconds) from error
        raise


def _scope_of(request: Request, services: "Services", header: str, key: str, address: str) -> Scope:
    scheme, _, token = header.partition(" ")
    if header and scheme.casefold() == "bearer" and token.strip().startswith(PREFIX):
        key = token.strip()
    if key:
        found = services.api_keys.caller_of(key)
        if found is None:
            raise AppError("unauthenticated", 401)
        identify_request(found.scope.actor, found.role)
        return found.scope
    return services.tokens.authenticate(header, address, request.headers.get("user-agent")).scope


def too_often(seconds: int) -> AppError:
    return AppError("too_many_requests", 429, params={"seconds": seconds})
