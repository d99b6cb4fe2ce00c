"""What must hold before the start: a free port, room on the disk, servers that answer. One clear sentence each."""

import errno
import shutil
import socket
from pathlib import Path

from core.embedded.servers import Servers, prepare_home
from core.errors import AppError
from core.settings import Settings
from db.session import open_database
from operations.cache import cache_version

MIN_FREE_MB = 500
MEGABYTE = 1024 * 1024


def check_machine(settings: Settings) -> None:
    """Raise ``port_in_use``, ``address_unusable``, ``data_folder_unusable`` or ``disk_full``."""
    check_port(settings.address, settings.port)
    check_disk(prepare_home(settings.data_dir))


def check_port(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError as error:
            raise AppError("port_not_allowed", 500, params={"port": str(port)}) from error
        except OSError as error:
            if error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL) or isinstance(error, socket.gaierror):
                raise AppError("address_unusable", 500, params={"address": address}) from error
            raise AppError("port_in_use", 500, params={"port": str(port)}) from error


def check_disk(folder: Path, min_free_mb: int = MIN_FREE_MB) -> None:
    free_mb = free_megabytes(folder)
    if free_mb < min_free_mb:
        raise AppError("disk_low", 500, params={"folder": str(folder), "free_mb": free_mb, "needed_mb": min_free_mb})


def free_megabytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free // MEGABYTE


def check_servers(servers: Servers) -> None:
    """Raise ``database_unavailable``, ``database_url_wrong``, ``redis_unavailable`` or ``redis_url_wrong``."""
    # The owner: the application's role is made by the first preparation.
    database = open_database(servers.owner_url, pool_size=1)
    try:
        database.ping()
    finally:
        database.dispose()
    cache_version(servers.redis_url)
