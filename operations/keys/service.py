"""The keys of the installation (SPEC A9.3): which seal what, a new one while everything runs, what a lost one cost."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.key_ring import KeyRing
from core.logs import logger
from core.scope import Scope
from db.queries import audit, premises, sealed
from db.queries import model_copies as copies
from db.queries import models as model_queries
from db.queries.versions import bump
from db.session import Database
from pipeline.models.seal import Identity, Seal

SETTLED_AFTER = timedelta(hours=1)
LOST = ("encryption_key_missing", "sealed_text_damaged")
log = logger(__name__)


@dataclass(frozen=True)
class KeyUse:
    """A key, by its id. ``is_here``: False for a key that stored values name and nobody has any more."""

    id: str
    is_first: bool
    is_here: bool
    values: int


@dataclass(frozen=True)
class Rotated:
    """The key that seals from now on, the values that were sealed or signed anew, and those that nobody can open."""

    key_id: str
    values: int
    lost: int


@dataclass(frozen=True)
class KeyService:
    """Only those who may do everything change keys."""

    database: Database
    keys: KeyRing
    clock: Clock

    def listed(self, scope: Scope) -> list[KeyUse]:
        """Keys of the ring, newest first, then those that are missing."""
        scope.require("keys.write")
        with self.database.reading() as connection:
            counts = sealed.key_counts(connection)
        here = [key.id for key in self.keys.all()]
        ids = [*here, *sorted(counts.keys() - set(here))]
        return [KeyUse(one, one == here[0] if here else False, one in here, counts.get(one, 0)) for one in ids]

    def rotate(self, scope: Scope) -> Rotated:
        """Add a key and seal everything with it; older ones still open what another process writes meanwhile.

        Keys named by the settings are not ours to add: the first of them seals, and ``encryption_keys_given`` says how
        to add one when everything is sealed with it already.
        """
        scope.require("keys.write")
        if not self.keys.given:
            self.keys.add()
        first = self.keys.all()[0]
        values = lost = 0
        for table, column in (*sealed.SEALED, sealed.SIGNED):
            done, failed = self._exchange(table, column, first.id)
            values, lost = values + done, lost + failed
        values += self._exchange_copies(first.id)
        if self.keys.given and not values:
            self.keys.add()  # says how
        with self.database.transaction() as connection:
            details = {"key": first.id, "values": values, "lost": lost}
            audit.record(connection, scope.actor, "keys_rotated", details=details)
        log.info("keys_rotated", key=first.id, values=values, lost=lost)
        return Rotated(first.id, values, lost)

    def retire(self, scope: Scope) -> list[str]:
        """Forget keys that nothing names any more; their ids.

        Within an hour of a change of keys ``encryption_keys_too_new``: what another process is about to commit may
        still be sealed with the older key.
        """
        scope.require("keys.write")
        changed_at = self.keys.changed_at()
        if changed_at is not None and self.clock.now() - changed_at < SETTLED_AFTER:
            raise AppError("encryption_keys_too_new", 409)
        spare = [use.id for use in self.listed(scope) if use.is_here and not use.is_first and not use.values]
        if spare:
            self.keys.remove(set(spare))
            with self.database.transaction() as connection:
                audit.record(connection, scope.actor, "keys_retired", details={"keys": spare})
        return spare

    def discard_lost(self, scope: Scope) -> dict[str, int]:
        """Give up what no key opens: versions of thresholds and second factors go, models are withdrawn. Numbers."""
        scope.require("keys.write")
        lost: dict[str, set[int]] = {"detection_settings": set(), "ml_models": set(), "second_factors": set()}
        with self.database.transaction() as connection:
            for table, column in (*sealed.SEALED, sealed.SIGNED):
                for row_id, value in sealed.values_of_other_keys(connection, table, column, "-"):
                    if not self._opens(value, is_signed=(table, column) == sealed.SIGNED):
                        lost[table].add(row_id)
            sealed.discard_settings(connection, sorted(lost["detection_settings"]))
            sealed.discard_models(connection, sorted(lost["ml_models"]))
            sealed.discard_second_factors(connection, sorted(lost["second_factors"]))
            for hotel in premises.hotels(connection):
                for topic in ("models", "settings"):
                    bump(connection, hotel.id, topic)
            counts = {table: len(ids) for table, ids in lost.items()}
            audit.record(connection, scope.actor, "keys_discarded", details=counts)
        return counts

    def _opens(self, value: str, *, is_signed: bool) -> bool:
        try:
            if is_signed:
                self.keys.find(value.partition(":")[0])
            else:
                self.keys.unseal(value)
        except AppError as error:
            if error.code not in LOST:
                raise
            return False
        return True

    def _exchange(self, table: str, column: str, first: str) -> tuple[int, int]:
        """Values sealed anew, and values that cannot be; each is exchanged only if nobody changed it meanwhile."""
        done = failed = 0
        with self.database.reading() as connection:
            found = list(sealed.values_of_other_keys(connection, table, column, first))
        for row_id, value in found:
            try:
                with self.database.transaction() as connection:
                    is_signature = (table, column) == sealed.SIGNED
                    fresh = (
                        self._signed(connection, row_id) if is_signature else self.keys.seal(self.keys.unseal(value))
                    )
                    done += sealed.exchange(connection, (table, column), row_id, value, fresh)
            except AppError as error:
                if error.code not in (*LOST, "model_corrupt"):
                    raise
                log.error("key_lost", table=table, row=row_id, reason=str(error))  # noqa: TRY400
                failed += 1
        return done, failed

    def _exchange_copies(self, first: str) -> int:
        """Copies of our own models in the database, sealed as a whole; those of the older system are not."""
        done = 0
        with self.database.reading() as connection:
            ids = copies.ids_in_database(connection)
        for model_id in ids:
            with self.database.transaction() as connection:
                row, content = model_queries.model(connection, model_id), copies.model_data(connection, model_id)
                if row is None or row.sha256 is None or content is None or content.startswith(f"{first}:".encode()):
                    continue
                fresh = self.keys.seal_bytes(self.keys.unseal_bytes(content))
                done += copies.exchange_copy(connection, model_id, content, fresh)
        return done

    def _signed(self, connection: Any, model_id: int) -> str:
        """A new signature for a model whose present one is right."""
        row = model_queries.model(connection, model_id)
        seal = None if row is None else Seal.of(row)
        if row is None or seal is None:
            raise AppError("model_corrupt", 409, params={"path": f"model {model_id}"})
        message = Identity.of(row).message(seal.path, seal.sha256, seal.library_versions)
        if not self.keys.is_signed(seal.signature, message):
            raise AppError("model_corrupt", 409, params={"path": seal.path})
        return self.keys.sign(message)
