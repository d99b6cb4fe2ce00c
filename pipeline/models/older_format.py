"""Models of the older system: pickles (or joblib's) in the database, opened by a reader that knows what a model needs.

A pickle can name any function to call. This reader resolves only classes and functions of the allowed list, so
somebody else's pickle ends with ``model_unsafe`` before it does anything.
"""

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
    zlib.error, MemoryError, RuntimeError, OverflowError,
)  # fmt: skip
log = logger(__name__)


def older_model(content: bytes) -> Any:
    """The estimator in a BLOB of the older system, compressed with zlib or not.

    Raises ``model_unsafe`` for a pickle that names or builds anything else, ``model_unreadable`` for one that cannot
    be read.
    """
    import sklearn  # noqa: F401 (its classes must be importable)

    from pipeline.models.careful import CarefulUnpickler  # with joblib and numpy, which take their time

    try:
        raw = zlib.decompress(content) if content[:1] == b"\x78" else content
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # another version of scikit-learn: the model is written anew at once
            return CarefulUnpickler(raw, ALLOWED).load()
    except BROKEN as error:
        log.error("model_unreadable", reason=f"{type(error).__name__}: {error}", size_bytes=len(content))  # noqa: TRY400
        raise AppError(
            "model_unreadable", 409, params={"path": "model_data", "reason": f"{type(error).__name__}: {error}"}
        ) from error
