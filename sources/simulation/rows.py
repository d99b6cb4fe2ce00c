"""The simulated records as rows of the source tables: database ids, UTC instants, stable external ids."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from sources.simulation.layout import Layout
from sources.simulation.random import Ints
from sources.simulation.records import (
    CUSTODY_TYPES,
    DAY_SECONDS,
    MOVEMENT_TYPES,
    VISIT_TYPES,
    Activity,
    LocalTime,
    known_between,
    label_frame,
)

PREFIX = "SIM-"


@dataclass(frozen=True)
class Window:
    """Rows that became known in (after, until], in local seconds since day 0; ``after`` None: from the start."""

    after: int | None
    until: int


@dataclass(frozen=True)
class RowWriter:
    """Shapes the tables of one hotel's activity."""

    hotel_id: int
    layout: Layout
    time: LocalTime
    activity: Activity
    window: Window

    def tables(self) -> dict[str, pd.DataFrame]:
        """{table: frame} in an order that keeps foreign keys; lines and checks name their visit by ``key``."""
        return {
            "visits": self.visits(),
            "visit_lines": self.lines(),
            "room_checks": self.checks(),
            "qr_scans": self.scans(),
            "do_not_disturb": self.disturbed(),
            "refill_requests": self.requests(),
            "stock_movements": self.movements(),
            "custody_movements": self.custody(),
        }

    def known(self, table: str) -> pd.DataFrame:
        return known_between(self.activity.tables[table], self.window.after, self.window.until)

    def frame(self, external: pd.Series | Any, **columns: Any) -> pd.DataFrame:
        return pd.DataFrame({"hotel_id": self.hotel_id, **columns, "external_id": PREFIX + external, "simulated": True})

    def staff(self, attendant: pd.Series) -> Ints:
        """Staff ids; −1 is the storekeeper."""
        ids = np.append(self.layout.attendant_ids, self.layout.keeper_id)
        return np.asarray(ids[attendant.to_numpy()])

    def rooms(self, room: pd.Series) -> Ints:
        return np.asarray(self.layout.room_ids[room.to_numpy()])

    def products(self, product: pd.Series) -> Ints:
        return np.asarray(self.layout.product_ids[product.to_numpy()])

    def instants(self, seconds: pd.Series) -> pd.DatetimeIndex:
        return self.time.instants(seconds.to_numpy())

    def visits(self) -> pd.DataFrame:
        rows = self.known("visits").sort_values(["at", "room"], kind="stable", ignore_index=True)
        copied = (rows["key"] < 0).to_numpy()
        number = pd.Series(np.where(copied, -1 - rows["key"], rows["key"])).astype(str)
        return self.frame(
            "V" + number + np.where(copied, "-2", ""), key=rows["key"], room_id=self.rooms(rows["room"]),
            staff_id=self.staff(rows["attendant"]), visit_type=named(VISIT_TYPES, rows["type"]),
            occurred_at=self.instants(rows["at"]),
        )  # fmt: skip

    def lines(self) -> pd.DataFrame:
        rows = self.known("lines")
        return pd.DataFrame({
            "hotel_id": self.hotel_id, "key": rows["key"], "product_id": self.products(rows["product"]),
            "consumed_quantity": rows["consumed"], "refilled_quantity": rows["refilled"],
        })  # fmt: skip

    def checks(self) -> pd.DataFrame:
        rows = self.known("checks")
        return self.frame(
            "C" + rows["key"].astype(str), key=rows["key"], room_id=self.rooms(rows["room"]),
            staff_id=self.staff(rows["attendant"]), started_at=self.instants(rows["started"]),
            ended_at=self.instants(rows["ended"]),
        )  # fmt: skip

    def scans(self) -> pd.DataFrame:
        rows = self.known("scans")
        return self.frame(
            "Q" + rows["at"].astype(str) + "-" + rows["room"].astype(str), room_id=self.rooms(rows["room"]),
            staff_id=self.staff(rows["attendant"]), scanned_at=self.instants(rows["at"]),
            succeeded=rows["succeeded"] == 1,
        )  # fmt: skip

    def disturbed(self) -> pd.DataFrame:
        rows = self.known("disturbed")
        return self.frame(
            "D" + rows["at"].astype(str) + "-" + rows["room"].astype(str), room_id=self.rooms(rows["room"]),
            staff_id=self.staff(rows["attendant"]), occurred_at=self.instants(rows["at"]),
        )  # fmt: skip

    def requests(self) -> pd.DataFrame:
        rows = self.known("requests")
        return self.frame(
            "R" + rows["requested"].astype(str) + "-" + rows["room"].astype(str), room_id=self.rooms(rows["room"]),
            staff_id=self.staff(rows["attendant"]), requested_at=self.instants(rows["requested"]),
            completed_at=self.instants(rows["completed"]),
        )  # fmt: skip

    def movements(self) -> pd.DataFrame:
        rows = self.known("movements").sort_values("at", kind="stable", ignore_index=True)
        delivered = named(MOVEMENT_TYPES, rows["type"]) == "giris"
        number = "SIM-" + (rows["at"] // DAY_SECONDS).astype(str)
        return self.frame(
            "M" + joined(rows, "at", "type", "product", "attendant"), product_id=self.products(rows["product"]),
            staff_id=self.staff(rows["attendant"]), movement_type=named(MOVEMENT_TYPES, rows["type"]),
            quantity=rows["quantity"], occurred_at=self.instants(rows["at"]),
            document_number=number.where(delivered, None),
        )  # fmt: skip

    def custody(self) -> pd.DataFrame:
        rows = self.known("custody").sort_values("at", kind="stable", ignore_index=True)
        return self.frame(
            "Z" + joined(rows, "at", "type", "attendant", "product"), staff_id=self.staff(rows["attendant"]),
            product_id=self.products(rows["product"]), movement_type=named(CUSTODY_TYPES, rows["type"]),
            quantity=rows["quantity"], occurred_at=self.instants(rows["at"]),
        )  # fmt: skip

    def stays(self) -> pd.DataFrame:
        """A stay is known from the morning of its arrival on."""
        stays = self.activity.stays
        available = stays["arrival"] * DAY_SECONDS
        rows = known_between(stays.assign(available=available), self.window.after, self.window.until)
        started = self.time.started_on
        days = {day: started + timedelta(days=int(day)) for day in {*rows["arrival"], *rows["departure"]}}
        return self.frame(
            "S" + joined(rows, "arrival", "room"), room_id=self.rooms(rows["room"]),
            arrival_on=rows["arrival"].map(days), departure_on=rows["departure"].map(days), adults=rows["adults"],
            children=rows["children"], segment=rows["segment"],
        )  # fmt: skip

    def labels(self) -> pd.DataFrame:
        rows = known_between(label_frame(self.activity.labels), self.window.after, self.window.until)
        frame = rows[["anomaly_type", "metric_type", "entity_type", "magnitude", "details"]].assign(
            hotel_id=self.hotel_id,
            room_id=optional(self.layout.room_ids, rows["room"]),
            product_id=optional(self.layout.product_ids, rows["product"]),
            staff_id=optional(self.layout.attendant_ids, rows["attendant"]),
        )
        if frame.empty:
            return frame
        starts, ends = rows["started"].astype("int64"), rows["ended"].astype("int64")
        return frame.assign(started_at=self.instants(starts), ended_at=self.instants(ends))


def named(names: tuple[str, ...], codes: pd.Series) -> Any:
    return np.asarray(names, dtype=object)[codes.to_numpy()]


def joined(rows: pd.DataFrame, *columns: str) -> pd.Series:
    """The numbers of some columns as one text."""
    text = rows[columns[0]].astype(str)
    for column in columns[1:]:
        text = text + "-" + rows[column].astype(str)
    return text


def optional(ids: Ints, index: pd.Series) -> pd.Series:
    """Ids where the index is not −1, else null."""
    index = index.astype("int64")
    return pd.Series(ids[index.to_numpy()], dtype="Int64").where(index >= 0, pd.NA)
