"""Models of the older system: pickles (or joblib's) in the database, opened by a reader that knows what a model needs.

A pickle can name any function to call. This reader resolves only classes and functions of the allowed list, so
somebody else's pickle ends with ``model_unsafe`` before it does anything.
"""

import io
import pickle
import warnings
import zlib
from typing import Any

from core.errors import AppError
from core.logs import logger

ALLOWED = {
    "builtins": {"dict", "list", "tuple", "set", "frozenset", "int", "float", "complex", "bool", "str", "bytes",
                 "bytearray", "slice", "range", "object"},
    "copyreg": {"_reconstructor"},
    "collections": {"OrderedDict", "defaultdict", "deque"},
    "datetime": {"datetime", "date", "timedelta", "timezone"},
    "_codecs": {"encode"},
    "numpy": {"ndarray", "dtype", "generic"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.numeric": {"_frombuffer"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.random._pickle": {"__randomstate_ctor", "__bit_generator_ctor", "__generator_ctor"},
    "numpy.random._mt19937": {"MT19937"},
    "joblib.numpy_pickle": {"NumpyArrayWrapper"},
    "sklearn.ensemble._iforest": {"IsolationForest"},
    "sklearn.ensemble.iforest": {"IsolationForest"},
    "sklearn.tree._classes": {"ExtraTreeRegressor", "DecisionTreeRegressor"},
    "sklearn.tree._tree": {"Tree"},
    "sklearn.preprocessing._data": {"StandardScaler", "RobustScaler", "MinMaxScaler"},
    "sklearn.pipeline": {"Pipeline"},
}  # fmt: skip
BROKEN = (
    pickle.UnpicklingError, AttributeError, ImportError, EOFError, KeyError, IndexError, TypeError, ValueError,
    zlib.error, MemoryError, RecursionError,
)  # fmt: skip
log = logger(__name__)


def older_model(content: bytes) -> Any:
    """The estimator in a BLOB of the older system, compressed with zlib or not.

    Raises ``model_unsafe`` for a pickle that names anything else, ``model_unreadable`` for one that cannot be read.
    """
    from joblib.numpy_pickle import NumpyUnpickler  # reads plain pickles as well

    class CarefulUnpickler(NumpyUnpickler):  # type: ignore[misc]
        """Resolves what stands in ALLOWED and nothing else, also in the nested pickles of arrays of objects."""

        def find_class(self, module: str, name: str) -> Any:
            if name not in ALLOWED.get(module, ()):
                raise AppError("model_unsafe", 409, params={"name": f"{module}.{name}"})
            return super().find_class(module, name)

    try:
        raw = zlib.decompress(content) if content[:1] == b"\x78" else content
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # another version of scikit-learn: the model is written anew at once
            return CarefulUnpickler("", io.BytesIO(raw), ensure_native_byte_order=True).load()
    except BROKEN as error:
        log.error("model_unreadable", reason=f"{type(error).__name__}: {error}", size_bytes=len(content))  # noqa: TRY400
        raise AppError(
            "model_unreadable", 409, params={"path": "model_data", "reason": f"{type(error).__name__}: {error}"}
        ) from error
