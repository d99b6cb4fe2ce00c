"""From parsed records to stored rows: rules, references, overlaps, then one upsert; shared by every source."""

import re
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from core.stage import Progress, silent
from db.queries import imports as queries
from db.queries.imports import HotelRow, Written
from sources.imports import rules
from sources.imports.fields import KINDS, Kind
from sources.imports.keys import with_external_ids
from sources.imports.report import RowError

REFERENCE_COLUMNS = {
    "rooms": "room_id",
    "products": "product_id",
    "staff": "staff_id",
    "room_types": "room_type_id",
}
REFERENCE_RULES = {
    "rooms": "unknown_room",
    "products": "unknown_product",
    "staff": "unknown_staff",
    "room_types": "unknown_room_type",
}
LINE_FIELDS = ("product", "consumed_quantity", "refilled_quantity")
DEFAULT_ROOM_TYPE = "STANDART"


@dataclass(frozen=True)
class Loaded:
    """What became of the records; ``refused`` when errors stopped everything."""

    written: Written
    errors: list[RowError]
    refused: bool = False
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Loader:
    """Writes parsed records of one hotel inside the caller's transaction."""

    connection: Any
    hotel: HotelRow
    skip_bad_rows: bool = False
    create_rooms: bool = False
    progress: Progress = silent

    def load(
        self, kind_name: str, frame: pd.DataFrame, errors: list[RowError] | None = None, kind: Kind | None = None
    ) -> Loaded:
        """``frame`` has the kind's fields, typed, indexed by the row that messages name."""
        kind = kind or KINDS[kind_name]
        self.progress(0.4, "import.progress.checking")
        found = list(errors or []) + rules.row_rules(kind_name, frame)
        if "external_id" in kind.keys:
            frame = with_external_ids(frame, kind)
        found += _across_rows(kind_name, kind, frame.drop(index=_rows(found, frame)))
        created = self._create_rooms(frame.drop(index=_rows(found, frame))) if self.create_rooms else 0
        frame, unknown = self._resolve(kind, frame)
        found += unknown
        if kind_name == "stays":
            found += self._stored_overlaps(frame.drop(index=_rows(found, frame)))
        if found and not self.skip_bad_rows:
            return Loaded(Written(), sorted(found, key=lambda error: error.row), refused=True)
        self.progress(0.6, "import.progress.writing")
        written = self._write(kind_name, kind, frame.drop(index=_bad_rows(kind_name, found, frame)))
        details = {"created_rooms": created} if created else {}
        return Loaded(written, sorted(found, key=lambda error: error.row), details=details)

    def _resolve(self, kind: Kind, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[RowError]]:
        """Codes to ids; a code that names nothing is an error of its row and field."""
        errors: list[RowError] = []
        for one in kind.fields:
            if one.reference is None or one.name not in frame:
                continue
            ids = queries.identifiers(self.connection, one.reference, self.hotel.id)
            found = frame[one.name].map(ids).astype("Int64")
            unknown = frame.index[(found.isna() & frame[one.name].notna()).to_numpy(dtype=bool)]
            rule = REFERENCE_RULES[one.reference]
            errors += [RowError(int(row), one.name, str(frame.at[row, one.name]), rule) for row in unknown]
            frame = frame.assign(**{REFERENCE_COLUMNS[one.reference]: found})
        return frame, errors

    def _stored_overlaps(self, frame: pd.DataFrame) -> list[RowError]:
        if frame.empty:
            return []
        stays = frame.assign(row=frame.index, **_days(frame))
        found = queries.stored_overlaps(self.connection, self.hotel.id, stays)
        errors = []
        for row, other, start, end in found.itertuples(index=False, name=None):
            params = {"other": f"{other} ({start} – {end})", "room": str(frame.at[row, "room"])}
            errors.append(
                RowError(
                    int(row), "arrival_on", rules.shown(frame.at[row, "arrival_on"]), "stays_overlap_stored", params
                )
            )
        return errors

    def _write(self, kind_name: str, kind: Kind, frame: pd.DataFrame) -> Written:
        if frame.empty:
            return Written()
        if kind_name == "visits":
            return self._write_visits(kind, frame)
        if kind_name == "rooms":
            return self.write_rooms(frame)
        if kind_name == "series":
            return self._write_points(frame)
        if kind_name == "products":
            groups = self.ensure_codes("product_groups", frame["group"])
            frame = frame.assign(product_group_id=frame["group"].map(groups)).drop(columns="group")
        table = self._table_frame(kind, frame.drop(columns=["room_type", "floor"], errors="ignore"))
        written = queries.write_rows(self.connection, kind.table, table, kind.keys)
        if kind_name == "checks":
            queries.link_checks(self.connection, self.hotel.id)
        if kind_name == "par_levels":
            queries.ensure_slots(self.connection, self.hotel.id)
        return written

    def _table_frame(self, kind: Kind, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame in the columns of the kind's table."""
        references = [one.name for one in kind.fields if one.reference]
        table = frame.drop(columns=[name for name in references if name in frame])
        return table.assign(hotel_id=self.hotel.id, **_days(table))

    def _write_visits(self, kind: Kind, frame: pd.DataFrame) -> Written:
        heads = frame.drop_duplicates("external_id").drop(columns=[*LINE_FIELDS, "product_id"], errors="ignore")
        visits = queries.write_rows(self.connection, kind.table, self._table_frame(kind, heads), kind.keys)
        lines = frame.reindex(columns=["external_id", "product_id", "consumed_quantity", "refilled_quantity"])
        lines = lines[lines["product_id"].notna()].fillna({"consumed_quantity": 0, "refilled_quantity": 0})
        changed = queries.write_visit_lines(self.connection, self.hotel.id, heads["external_id"], lines)
        queries.ensure_slots(self.connection, self.hotel.id)
        queries.link_checks(self.connection, self.hotel.id)
        updated = min(max(visits.updated, changed - visits.inserted), len(heads) - visits.inserted)
        return Written(visits.inserted, updated, len(heads) - visits.inserted - updated)

    def _write_points(self, frame: pd.DataFrame) -> Written:
        """Points of custom series; a blank value says that nothing was observed, so nothing is stored (DETECTION 3)."""
        observed = frame[frame["value"].notna()].reindex(columns=["metric", "entity", "unit", "occurred_at", "value"])
        observed["entity"] = observed["entity"].astype(object).fillna("")
        ids = queries.ensure_series(self.connection, self.hotel.id, observed)
        points = observed.assign(series_id=ids)[["series_id", "occurred_at", "value"]]
        return queries.write_rows(self.connection, "custom_points", points, KINDS["series"].keys)

    def ensure_codes(self, table: str, codes: pd.Series) -> dict[str, int]:
        """{code: id} of product groups or room types; the missing ones are made with their code as name."""
        known = queries.identifiers(self.connection, table, self.hotel.id)
        missing = sorted(set(codes.dropna()) - known.keys())
        if missing:
            frame = pd.DataFrame({"hotel_id": self.hotel.id, "code": missing, "name": missing})
            queries.write_rows(self.connection, table, frame, ["hotel_id", "code"])
            known = queries.identifiers(self.connection, table, self.hotel.id)
        return known

    def write_rooms(self, frame: pd.DataFrame) -> Written:
        """Rooms of ``number, floor, room_type`` (and ``is_active``), with the floors and types they name."""
        types = self.ensure_codes("room_types", frame["room_type"])
        floors = queries.ensure_floors(self.connection, self.hotel.id, [int(n) for n in frame["floor"].unique()])
        rooms = frame.assign(
            hotel_id=self.hotel.id,
            room_type_id=frame["room_type"].map(types),
            floor_id=frame["floor"].astype("int64").map(floors),
        ).drop(columns=["room_type", "floor"])
        written = queries.write_rows(self.connection, "rooms", rooms, KINDS["rooms"].keys)
        queries.ensure_slots(self.connection, self.hotel.id)
        return written

    def _create_rooms(self, frame: pd.DataFrame) -> int:
        """The rooms that stays name and the hotel does not have yet."""
        known = queries.identifiers(self.connection, "rooms", self.hotel.id)
        named = frame[frame["room"].notna() & ~frame["room"].isin(known.keys())].drop_duplicates("room")
        if named.empty:
            return 0
        rooms = pd.DataFrame({"number": named["room"], "room_type": DEFAULT_ROOM_TYPE})
        rooms["floor"] = named["room"].map(floor_of_room)
        for column in ("room_type", "floor"):
            if column in named:
                rooms[column] = named[column].fillna(rooms[column])
        return self.write_rooms(rooms).inserted


def floor_of_room(number: str) -> int:
    """The floor that a room number says: 1204 is on 12, 101 on 1; 0 where it says nothing."""
    digits = re.search(r"\d+", number)
    floor = int(digits.group()[:6]) // 100 if digits else 0
    return floor if floor <= 200 else 0


def _days(frame: pd.DataFrame) -> dict[str, pd.Series]:
    return {name: frame[name].dt.date for name in ("arrival_on", "departure_on") if name in frame}


def _across_rows(kind_name: str, kind: Kind, frame: pd.DataFrame) -> list[RowError]:
    if kind_name == "visits":
        lines = frame[frame["product"].notna()] if "product" in frame else frame
        return rules.conflicting_visits(frame) + rules.duplicates(lines, ["external_id", "product"], "product")
    if "external_id" in kind.keys:
        twice = rules.duplicates(frame, ["external_id"], "external_id")
        return twice + (rules.overlapping_stays(frame.drop(index=_rows(twice, frame))) if kind_name == "stays" else [])
    if kind_name == "series":
        named = frame if "entity" in frame else frame.assign(entity="")
        return rules.duplicates(named, ["metric", "entity", "occurred_at"], "occurred_at")
    keys = [one.name for one in kind.fields if one.name in kind.keys or one.reference]
    return rules.duplicates(frame, keys, keys[-1])


def _rows(errors: list[RowError], frame: pd.DataFrame) -> list[int]:
    return list({error.row for error in errors} & set(frame.index))


def _bad_rows(kind_name: str, errors: list[RowError], frame: pd.DataFrame) -> list[int]:
    """The rows to leave out; a visit with one bad line is left out whole, since a missing line would read as zero."""
    rows = _rows(errors, frame)
    if kind_name != "visits" or not rows:
        return rows
    spoiled = frame.loc[rows, "external_id"]
    return list(frame.index[frame["external_id"].isin(spoiled)])
