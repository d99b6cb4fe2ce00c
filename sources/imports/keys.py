"""The external id of rows that bring none: a stable hash of what makes a record itself."""

from hashlib import sha256

import pandas as pd

from sources.imports.fields import Kind


def with_external_ids(frame: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Fill ``external_id``; equal rows of a repeatable kind are numbered, so the same file gives the same ids."""
    given = frame["external_id"] if "external_id" in frame else pd.Series(pd.NA, frame.index, dtype=object)
    without = given.isna()
    if not without.any():
        return frame
    # A field that the file has no column for counts as blank: the same record without that column is the same.
    blank = pd.Series("", frame.index[without], dtype="str")
    parts = [_canonical(frame.loc[without, name]) if name in frame else blank for name in kind.identity]
    texts = parts[0]
    for part in parts[1:]:
        texts = texts + "\x1f" + part
    if kind.repeatable:
        texts = texts + "\x1f" + texts.groupby(texts).cumcount().astype(str)
    hashed = [f"h:{sha256(text.encode()).hexdigest()[:40]}" for text in texts]
    filled = given.astype(object)
    filled[without] = hashed
    return frame.assign(external_id=filled)


def _canonical(column: pd.Series) -> pd.Series:
    """The same value in every file format is the same text."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.strftime("%Y-%m-%dT%H:%M:%S.%f")
    texts: pd.Series = column.astype("str").fillna("")
    return texts
