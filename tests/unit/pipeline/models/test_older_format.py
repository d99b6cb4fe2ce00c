"""Models of the older system: they open, and nobody else's pickle does anything (B5, B9)."""

import io
import os
import pickle
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from core.errors import AppError
from pipeline.models.older_format import older_model

ROWS = np.random.default_rng(0).normal(size=(60, 4))
FOREST = IsolationForest(n_estimators=5, random_state=0).fit(ROWS)


class Call:
    """Unpickling it calls a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def dumped(model: Any, compress: int) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(model, buffer, compress=compress)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        *(pickle.dumps(FOREST, protocol=protocol) for protocol in (2, 3, 4, 5)),
        zlib.compress(pickle.dumps(FOREST)),
        dumped(FOREST, 0),
        dumped(FOREST, 3),
    ],
)
def test_a_forest_of_every_way_of_pickling_scores_as_before(content: bytes) -> None:
    np.testing.assert_array_equal(older_model(content).score_samples(ROWS), FOREST.score_samples(ROWS))


def test_a_z_score_of_plain_numbers_opens() -> None:
    model = {"mean": np.float64(3.0), "std": 1.5, "n": 30}
    assert older_model(pickle.dumps(model)) == model


@pytest.mark.parametrize("wrapped", [False, True])
def test_somebody_elses_pickle_never_runs(tmp_path: Path, wrapped: bool) -> None:
    """Neither at the top nor inside an array of objects; by hand it does (negative control)."""
    trace = tmp_path / "opened"
    call = Call(os.system, f"touch {trace}")
    content = dumped(np.array([call], dtype=object), 0) if wrapped else pickle.dumps(call)
    with pytest.raises(AppError, match=r"model_unsafe.*system"):
        older_model(content)
    assert not trace.exists()
    if not wrapped:
        pickle.loads(content)  # noqa: S301
        assert trace.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"cbuiltins\neval\n(S'1'\ntR.", b"c__builtin__\ngetattr\n(.",
        b"\x80\x04\x8c\x08builtins\x8c\x0cint.__base__\x93.",
        pickle.dumps(Call(getattr, "a", "upper")), pickle.dumps(Call(__import__, "os")),
    ],
)  # fmt: skip
def test_ways_around_the_list_end_in_an_error(content: bytes) -> None:
    with pytest.raises(AppError, match=r"model_unsafe|model_unreadable"):
        older_model(content)


class Build(Call):
    """… and sets a state afterwards."""

    def __init__(self, function: Any, arguments: tuple[Any, ...], state: Any) -> None:
        self.call = (function, arguments, state)  # type: ignore[assignment]


LIE = Build(np.dtype, ("O8", False, True), (3, "|", None, None, None, -1, -1, 0))


@pytest.mark.parametrize(
    "model",
    [
        Call(np.ndarray, (1,), np.dtype("O"), b"A" * 8),
        LIE,
        Build(OrderedDict, (), (None, {"__class__": 1})),
    ],
    ids=["an array over bytes", "a type that lies", "attributes set from outside"],
)
def test_nothing_is_built_that_could_harm_the_process(model: Any) -> None:
    with pytest.raises(AppError, match="model_unsafe"):
        older_model(pickle.dumps(model, protocol=4))


def test_a_class_is_not_changed_for_everybody_else() -> None:
    changed = (
        b"\x80\x04\x8c\x13joblib.numpy_pickle\x8c\x11NumpyArrayWrapper\x93N}\x8c\x04read\x8c\x0bcollections"
        b"\x8c\x0bOrderedDict\x93s\x86b."
    )
    with pytest.raises(AppError, match="model_unsafe"):
        older_model(changed)
    np.testing.assert_array_equal(older_model(dumped(FOREST, 0)).score_samples(ROWS), FOREST.score_samples(ROWS))


@pytest.mark.parametrize("content", [b"", b"garbage", pickle.dumps(FOREST)[:200], b"\x78\x9cnot zlib", b"\x80\x05."])
def test_what_is_no_pickle_is_unreadable(content: bytes) -> None:
    with pytest.raises(AppError, match=r"model_unreadable|model_unsafe"):
        older_model(content)
