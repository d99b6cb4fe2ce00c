"""Model files: atomic, signed, checked before anything in them runs (SPEC B1, B2)."""

import hashlib
import os
import pickle
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from core.errors import AppError
from pipeline.models.model_files import ModelFolder

AT = datetime(2026, 3, 2, 5, tzinfo=UTC)
MODEL = {"weights": np.arange(1000.0), "name": "a model"}


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    return ModelFolder(tmp_path / "models", tmp_path / "home" / "secrets" / "model_key")


class Canary:
    """A pickle that leaves a trace when somebody opens it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.trace,)


def test_a_saved_model_comes_back_equal_with_the_specified_name_and_modes(folder: ModelFolder) -> None:
    seal = folder.write(7, "isolation_forest", "stok_seviye", AT, MODEL)
    assert seal.path == "hotel-7/isolation_forest_stok_seviye_20260302T050000000000.pkl"
    path = folder.inside(seal.path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755
    assert stat.S_IMODE(folder.key_path.stat().st_mode) == 0o600
    loaded = folder.read(seal)
    np.testing.assert_array_equal(loaded["weights"], MODEL["weights"])
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name]


def test_two_models_of_the_same_instant_and_hotel_do_not_overwrite_each_other(folder: ModelFolder) -> None:
    first = folder.write(1, "zscore", "stok_seviye", AT, {"number": 1})
    second = folder.write(1, "zscore", "stok_seviye", AT, {"number": 2})
    assert [folder.read(first)["number"], folder.read(second)["number"]] == [1, 2]


def test_a_corrupted_file_is_never_unpickled(folder: ModelFolder, tmp_path: Path) -> None:
    """The canary stays silent; opened by hand it sings (negative control)."""
    seal, trace = folder.write(1, "zscore", "stok_seviye", AT, MODEL), tmp_path / "opened"
    content = pickle.dumps(Canary(trace))
    folder.inside(seal.path).write_bytes(content)
    with pytest.raises(AppError, match="model_corrupt"):
        folder.read(seal)
    assert not trace.exists()
    pickle.loads(content)  # noqa: S301
    assert trace.exists()


def test_a_forged_checksum_does_not_help_without_the_key(folder: ModelFolder, tmp_path: Path) -> None:
    seal, trace = folder.write(1, "zscore", "stok_seviye", AT, MODEL), tmp_path / "opened"
    content = pickle.dumps(Canary(trace))
    folder.inside(seal.path).write_bytes(content)
    forged = replace(seal, sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(AppError, match="model_corrupt"):
        folder.read(forged)
    assert not trace.exists()


def test_a_file_of_another_hotel_is_refused(folder: ModelFolder) -> None:
    mine, other = (folder.write(hotel, "zscore", "stok_seviye", AT, {"hotel": hotel}) for hotel in (1, 2))
    folder.inside(mine.path).write_bytes(folder.inside(other.path).read_bytes())
    with pytest.raises(AppError, match="model_corrupt"):
        folder.read(replace(mine, sha256=other.sha256, hmac_sha256=other.hmac_sha256))


def test_other_library_versions_are_refused_before_opening(folder: ModelFolder) -> None:
    seal = folder.write(1, "zscore", "stok_seviye", AT, MODEL)
    with pytest.raises(AppError, match="model_outdated"):
        folder.read(replace(seal, library_versions={**seal.library_versions, "scikit-learn": "0.1"}))


@pytest.mark.parametrize("path", ["../outside.pkl", "/etc/passwd", "hotel-1/model.txt", "hotel-1/../../x.pkl"])
def test_names_that_lead_out_of_the_folder_are_refused(folder: ModelFolder, path: str) -> None:
    with pytest.raises(AppError, match="model_path_wrong"):
        folder.inside(path)


def test_a_missing_file_says_so_and_a_readable_key_is_refused(folder: ModelFolder) -> None:
    seal = folder.write(1, "zscore", "stok_seviye", AT, MODEL)
    folder.key_path.chmod(0o644)
    with pytest.raises(AppError, match="model_key_exposed"):
        folder.read(seal)
    folder.key_path.chmod(0o600)
    assert folder.delete(seal.path) == seal.size_bytes
    with pytest.raises(AppError, match="model_missing"):
        folder.read(seal)


def test_orphans_are_files_that_nobody_names_and_that_are_old(folder: ModelFolder) -> None:
    known, orphan, young = (folder.write(1, "zscore", "stok_seviye", AT, number) for number in range(3))
    for seal in (known, orphan):
        os.utime(folder.inside(seal.path), (AT.timestamp(), AT.timestamp()))
    later = AT + timedelta(hours=1)
    os.utime(folder.inside(young.path), (later.timestamp() + 60, later.timestamp() + 60))
    assert folder.orphans({known.path}, later) == [orphan.path]
