"""Which service takes which requests: those of backups are the keeper's, all others the sidecar's."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Claims:
    """Which requests a service takes: those of these jobs only, or all but those."""

    names: tuple[str, ...]
    is_only: bool


KEEPER_JOBS = ("backup", "backup_proof", "restore", "restore_undo", "parts_preview", "parts_restore")
OF_THE_SIDECAR, OF_THE_KEEPER = Claims(KEEPER_JOBS, False), Claims(KEEPER_JOBS, True)
