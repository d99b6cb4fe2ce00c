"""Where no line can be written work goes on (C7)."""

import errno
import io
import logging
import os
from pathlib import Path

import pytest

from core.log_rotation import SharedRotation


class Disk(io.StringIO):
    """That of a log file, which may be full."""

    is_full = True

    def write(self, text: str) -> int:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(text)


def test_a_full_disk_is_told_once_until_there_is_room_and_without_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    handler, disk = SharedRotation(tmp_path / "x.jsonl", 1_000_000, 1), Disk()
    handler.stream.close()
    monkeypatch.setattr(handler, "shouldRollover", lambda record: False)
    monkeypatch.setattr(handler, "stream", disk)
    record = logging.LogRecord("barometer", logging.INFO, __file__, 1, "password: open sesame", (), None)
    said = f"{tmp_path / 'x.jsonl'}: No space left on device\n"
    for is_full, told in ((True, said), (True, ""), (False, ""), (True, said)):
        disk.is_full = is_full
        handler.handle(record)
        assert capsys.readouterr().err == told
    assert disk.getvalue() == "password: open sesame\n"
