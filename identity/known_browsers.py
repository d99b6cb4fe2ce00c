"""Browsers in which somebody has signed in before: wrong passwords of strangers do not lock them out (A9.1).

A card in a cookie says so, as OWASP's device cookies do
(https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies). It opens nothing: attempts with
it are counted apart from all others, and as few of them lock it. It is signed with the installation's keys, belongs to
one account and its present password, and is stored nowhere but in the browser.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from core.errors import AppError
from core.key_ring import KeyRing
from db.queries.identity import Credentials
from identity.attempts import Attempt

LIFETIME = timedelta(days=90)
MOST = 8  # people of one browser; the one who has not signed in for longest goes first
CARD = re.compile(
    r"(?P<user_id>[0-9]{1,18})\.(?P<issued>[0-9]{1,12})\.(?P<number>[0-9a-f]{32})\.(?P<signature>[0-9a-f]{8}:[0-9a-f]{64})"
)
BETWEEN = "~"


@dataclass(frozen=True)
class KnownBrowsers:
    """``keys`` sign the cards; one that was signed with a key that is gone is none."""

    keys: KeyRing

    def cards(self, before: str | None, known: Credentials, at: datetime) -> str:
        """The cookie of a browser in which this person signed in just now; the cards of others stay in it."""
        issued, number = int(at.timestamp()), token_hex(16)
        signature = self.keys.signatures(_message(known, issued, number))[0]
        others = [card[0] for card in _cards(before) if int(card["user_id"]) != known.user_id]
        return BETWEEN.join([f"{known.user_id}.{issued}.{number}.{signature}", *others][:MOST])

    def attempt(self, cookie: str | None, known: Credentials | None, at: datetime) -> Attempt | None:
        """What an attempt is counted under when the cookie holds a card of this person; None: as a stranger's."""
        for card in _cards(cookie) if known else ():
            if known and self._is_good(card, known, at):
                return Attempt("browser", f"{known.user_id}:{card['number']}")
        return None

    def _is_good(self, card: re.Match[str], known: Credentials, at: datetime) -> bool:
        issued = int(card["issued"])
        if int(card["user_id"]) != known.user_id or issued < (at - LIFETIME).timestamp():
            return False
        try:
            return self.keys.is_signed(card["signature"], _message(known, issued, card["number"]))
        except AppError:
            return False


def _cards(cookie: str | None) -> list[re.Match[str]]:
    parts = (cookie or "").split(BETWEEN, MOST)[:MOST]
    return [card for part in parts if (card := CARD.fullmatch(part))]


def _message(known: Credentials, issued: int, number: str) -> bytes:
    return f"known browser: {known.user_id} {issued} {number} {known.password_hash}".encode()
