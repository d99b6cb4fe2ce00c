"""An unpickler that resolves allowed names only, and builds of them only what cannot harm the process."""

import io
import pickle
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from joblib.numpy_pickle import NumpyUnpickler  # reads plain pickles as well

from core.errors import AppError

Plain: Any = pickle._Unpickler


class CarefulUnpickler(NumpyUnpickler):  # type: ignore[misc]
    """``allowed``: names by module, also for the nested pickles of arrays of objects.

    An array made over given bytes, or with a type that lies about holding objects, would let a pickle point anywhere in
    memory; a state set on a class would change it for everybody. Both end in ``model_unsafe``.
    """

    dispatch = dict(NumpyUnpickler.dispatch)

    def __init__(self, content: bytes, allowed: Mapping[str, set[str]]) -> None:
        super().__init__("", io.BytesIO(content), ensure_native_byte_order=True)
        self.allowed = allowed

    def find_class(self, module: str, name: str) -> Any:
        if name not in self.allowed.get(module, ()):
            raise unsafe(f"{module}.{name}")
        return super().find_class(module, name)

    def load_build(self) -> None:
        state, instance = self.stack[-1], self.stack[-2]
        is_code = isinstance(instance, type | types.FunctionType | types.BuiltinFunctionType)
        sets_slots = isinstance(state, tuple) and len(state) == 2 and not hasattr(instance, "__setstate__")
        if is_code or sets_slots:
            raise unsafe("a changed class")
        super().load_build()
        built = self.stack[-1]
        if isinstance(built, np.dtype) and not is_honest(built):
            raise unsafe("a type of array that lies")

    dispatch[pickle.BUILD[0]] = load_build


def refusing(position: int, load: Callable[[Any], None]) -> Callable[[Any], None]:
    """A load instruction that refuses to make an array by calling its class, which stands at ``position``."""

    def checked(self: Any) -> None:
        if self.stack[position] is np.ndarray:
            raise unsafe("an array over given memory")
        load(self)

    return checked


def without(load: Callable[[Any], None]) -> Callable[[Any], None]:
    """Instructions of the oldest protocols, which no model needs."""

    def refused(self: Any) -> None:
        raise unsafe(load.__name__)

    return refused


CarefulUnpickler.dispatch |= {
    pickle.REDUCE[0]: refusing(-2, Plain.load_reduce),
    pickle.NEWOBJ[0]: refusing(-2, Plain.load_newobj),
    pickle.NEWOBJ_EX[0]: refusing(-3, Plain.load_newobj_ex),
    pickle.INST[0]: without(Plain.load_inst),
    pickle.OBJ[0]: without(Plain.load_obj),
}


def is_honest(kind: np.dtype[Any]) -> bool:
    """Whether a type of array holds objects exactly where it says so."""
    if kind.subdtype is not None:
        return is_honest(kind.subdtype[0])
    if kind.fields is not None:
        parts = [field[0] for field in kind.fields.values()]
        return all(map(is_honest, parts)) and kind.hasobject == any(part.hasobject for part in parts)
    return kind.hasobject == (kind.kind == "O")


def unsafe(name: str) -> AppError:
    return AppError("model_unsafe", 409, params={"name": name})
