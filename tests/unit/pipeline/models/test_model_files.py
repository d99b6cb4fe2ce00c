"""Model files: atomic, signed, checked before anything in them runs (SPEC B1, B2)."""

import hashlib
import os
import pickle
import stat
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import AppError
from core.key_ring import KeyRing
from pipeline.models.model_files import ModelFolder
from pipeline.models.seal import Identity, Seal
from pipeline.models.stored import StoredModel

AT = datetime(2026, 3, 2, 5, tzinfo=UTC)
MODEL = {"weights": np.arange(1000.0), "name": "a model"}


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    return ModelFolder(tmp_path / "models", KeyRing(tmp_path / "home" / "secrets" / "encryption_keys"))


def identity(hotel_id: int = 1, metric_type: str = "stok_seviye", model_type: str = "zscore") -> Identity:
    return Identity(hotel_id, model_type, metric_type, ("mean", "std"), AT - timedelta(days=60), AT)


def write(folder: ModelFolder, model: Any, whose: Identity | None = None) -> Seal:
    return folder.write(whose or identity(), AT, folder.serialised(StoredModel(model)))


def read(folder: ModelFolder, seal: Seal, whose: Identity | None = None) -> Any:
    opened = folder.read(whose or identity(), seal)
    opened.close()
    return opened.stored.estimator


class Canary:
    """A pickle that leaves a trace when somebody opens it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.trace,)


def test_a_saved_model_comes_back_equal_with_the_specified_name_and_modes(folder: ModelFolder) -> None:
    """B1."""
    mine = identity(7, model_type="isolation_forest")
    seal = write(folder, MODEL, mine)
    assert seal.path == "hotel-7/isolation_forest_stok_seviye_20260302T050000000000.pkl"
    path = folder.inside(seal.path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755
    assert stat.S_IMODE(folder.keys.path.stat().st_mode) == 0o600
    np.testing.assert_array_equal(read(folder, seal, mine)["weights"], MODEL["weights"])
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name]


def test_two_models_of_the_same_instant_and_hotel_do_not_overwrite_each_other(folder: ModelFolder) -> None:
    first, second = (write(folder, {"number": number}) for number in (1, 2))
    assert [read(folder, first)["number"], read(folder, second)["number"]] == [1, 2]


def test_a_corrupted_file_is_never_unpickled(folder: ModelFolder, tmp_path: Path) -> None:
    """The canary stays silent; opened by hand it sings (negative control)."""
    seal, trace = write(folder, MODEL), tmp_path / "opened"
    content = pickle.dumps(Canary(trace))
    folder.inside(seal.path).write_bytes(content)
    with pytest.raises(AppError, match="model_corrupt"):
        read(folder, seal)
    assert not trace.exists()
    pickle.loads(content)  # noqa: S301
    assert trace.exists()


def test_a_forged_checksum_does_not_help_without_the_key(folder: ModelFolder, tmp_path: Path) -> None:
    seal, trace = write(folder, MODEL), tmp_path / "opened"
    content = zlib.compress(pickle.dumps(Canary(trace)))
    folder.inside(seal.path).write_bytes(content)
    forged = replace(seal, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))
    with pytest.raises(AppError, match="model_corrupt"):
        read(folder, forged)
    assert not trace.exists()


def test_a_canary_that_we_signed_ourselves_sings(folder: ModelFolder, tmp_path: Path) -> None:
    """Negative control of the two before: it is the signature that keeps it from running."""
    trace = tmp_path / "opened"
    read(folder, write(folder, Canary(trace)))
    assert trace.exists()


@pytest.mark.parametrize(
    "other",
    [
        identity(2),
        identity(metric_type="zimmet_kullanim"),
        identity(model_type="autoencoder"),
        replace(identity(), feature_names=("std", "mean")),
        replace(identity(), trained_until=AT - timedelta(days=1)),
    ],
)
def test_a_model_of_another_hotel_metric_kind_feature_list_or_window_is_refused(
    folder: ModelFolder, other: Identity
) -> None:
    """Everything of the file fits its seal, only it is not this row's."""
    with pytest.raises(AppError, match="model_corrupt"):
        read(folder, write(folder, {"hotel": 1}), other)


def test_other_library_versions_are_refused_before_opening(folder: ModelFolder) -> None:
    seal = write(folder, MODEL)
    with pytest.raises(AppError, match="model_outdated"):
        read(folder, replace(seal, library_versions={**seal.library_versions, "scikit-learn": "0.1"}))
    assert set(seal.library_versions) == {"scikit-learn", "numpy", "scipy", "pandas", "joblib", "barometer format"}


@pytest.mark.parametrize(
    "path",
    [
        "../outside.pkl", "/etc/passwd", "hotel-1/model.txt", "hotel-1/../../x.pkl", "hotel-1/../hotel-2/x.pkl",
        "hotel-1/x.pkl\n", "hotel-1/\0.pkl", "", "hotel-x/a.pkl",
    ],
)  # fmt: skip
def test_names_that_lead_out_of_the_folder_are_refused(folder: ModelFolder, path: str) -> None:
    with pytest.raises(AppError, match="model_path_wrong"):
        folder.inside(path)


@pytest.mark.parametrize("loop", [False, True])
def test_a_link_in_place_of_a_file_is_not_followed(folder: ModelFolder, tmp_path: Path, loop: bool) -> None:
    seal = write(folder, MODEL)
    path = folder.inside(seal.path)
    outside = tmp_path / "outside.pkl"
    outside.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(path if loop else outside)
    with pytest.raises(AppError, match="model_unreadable" if loop else "model_path_wrong"):
        read(folder, seal)


def test_a_missing_file_says_so_and_readable_keys_are_refused(folder: ModelFolder) -> None:
    seal = write(folder, MODEL)
    folder.keys.path.chmod(0o644)
    with pytest.raises(AppError, match="encryption_keys_exposed"):
        read(folder, seal)
    folder.keys.path.chmod(0o600)
    assert folder.delete(seal.path) == seal.size_bytes
    assert folder.delete(seal.path) == 0
    with pytest.raises(AppError, match="model_missing"):
        read(folder, seal)


def test_a_file_in_use_is_not_deleted_until_it_is_left(folder: ModelFolder) -> None:
    seal = write(folder, MODEL)
    opened = folder.read(identity(), seal)
    opened.use()
    assert folder.delete(seal.path) is None
    opened.leave()
    assert folder.delete(seal.path) == seal.size_bytes
    opened.close()


def test_what_a_killed_writer_left_is_swept_by_the_next_one(folder: ModelFolder) -> None:
    seal = write(folder, MODEL)
    left = folder.inside(seal.path).parent / ".0123456789abcdef.partial"
    left.write_bytes(b"half of a model")
    write(folder, MODEL)
    assert not left.exists()
    left.write_bytes(b"half of a model")
    assert folder.sweep(1) == len(b"half of a model")
    assert sorted(folder.files(1)) == sorted(p.relative_to(folder.root).as_posix() for p in folder.root.glob("*/*.pkl"))


def test_no_descriptor_is_left_open_whatever_happens(folder: ModelFolder) -> None:
    seal = write(folder, MODEL)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        read(folder, seal)
        for wrong in (replace(seal, size_bytes=1), replace(seal, signature="0" * 8 + ":x"), replace(seal, sha256="")):
            with pytest.raises(AppError):
                read(folder, wrong)
    assert len(os.listdir("/proc/self/fd")) == before
