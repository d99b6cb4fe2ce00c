"""What a file of each kind may hold: fields, types, rules and the headings they are recognised by."""

from dataclasses import dataclass, field
from typing import Any, Literal

from db.models.activity import CUSTODY_MOVEMENT_TYPES, MOVEMENT_TYPES
from sources.visit_types import VISIT_TYPES

FieldType = Literal["text", "integer", "decimal", "number", "date", "instant", "choice", "boolean"]
Reference = Literal["rooms", "products", "staff", "room_types"]
MAX_UNITS = 1_000_000


@dataclass(frozen=True)
class Field:
    """One field of a kind.

    ``headings`` are the column names that mean it, besides its own name; compared folded (``columns.fold``).
    ``reference`` names the table whose code the value must be; ``default`` replaces a blank.
    """

    name: str
    type: FieldType
    required: bool = False
    headings: tuple[str, ...] = ()
    reference: Reference | None = None
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = 200
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    default: Any = None


@dataclass(frozen=True)
class Kind:
    """A kind of file: its table, its fields and what makes two rows the same record.

    ``identity`` are the fields hashed into the external id of rows that bring none; empty for tables with a code of
    their own. ``repeatable``: two equal rows of one file are two records (told apart by their number), not an error.
    """

    table: str
    fields: tuple[Field, ...]
    keys: tuple[str, ...] = ("hotel_id", "external_id")
    identity: tuple[str, ...] = ()
    repeatable: bool = False

    def field(self, name: str) -> Field:
        return next(one for one in self.fields if one.name == name)


ROOM = Field("room", "text", True, ("oda", "oda no", "oda numarası", "room no", "room number"), "rooms", max_length=64)
PRODUCT = Field(
    "product", "text", True, ("ürün", "ürün kodu", "stok kodu", "product code", "sku", "item"), "products",
    max_length=64,
)  # fmt: skip
STAFF_HEADINGS = ("personel", "personel kodu", "kat sorumlusu", "görevli", "sicil no", "staff code", "attendant")
STAFF = Field("staff", "text", False, STAFF_HEADINGS, "staff", max_length=64)
STAFF_REQUIRED = Field("staff", "text", True, STAFF_HEADINGS, "staff", max_length=64)
OCCURRED_HEADINGS = ("tarih", "işlem tarihi", "tarih saat", "zaman", "date", "time", "datetime", "timestamp")
OCCURRED_AT = Field("occurred_at", "instant", True, OCCURRED_HEADINGS)
EXTERNAL_ID = Field("external_id", "text", False, ("kayıt no", "işlem no", "fiş no", "id", "record id"), max_length=128)
NOTE = Field("note", "text", False, ("açıklama", "not", "description"), max_length=2000)
QUANTITY_HEADINGS = ("miktar", "adet", "qty", "units")

MOVEMENT_CHOICES = {
    "giris": ("giriş", "in", "receipt", "delivery"),
    "cikis": ("çıkış", "out", "issue"),
    "transfer": (),
    "devir": ("açılış", "opening", "carry over"),
    "sayim": ("sayım", "count", "stock count"),
    "fire": ("zayi", "waste", "write off"),
}
CUSTODY_CHOICES = {
    "zimmet": ("teslim", "issued", "issue"),
    "kullanim": ("kullanım", "used", "use"),
    "iade": ("returned", "return"),
    "fire": ("zayi", "waste", "write off"),
}
VISIT_CHOICES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(VISIT_TYPES, ()),
    "ilk_dolum": ("initial fill",),
    "kontrol": ("check",),
    "yeniden_dolum": ("refill", "dolum"),
    "sayim": ("count",),
}

STAYS = Kind(
    "stays",
    (
        ROOM,
        Field("arrival_on", "date", True, ("giriş", "giriş tarihi", "arrival", "arrival date", "check in")),
        Field("departure_on", "date", True, ("çıkış", "çıkış tarihi", "departure", "departure date", "check out")),
        Field("adults", "integer", True, ("yetişkin", "misafir sayısı", "kişi sayısı", "pax", "guests", "adult"),
              minimum=0, maximum=50),
        Field("children", "integer", False, ("çocuk", "çocuk sayısı", "child"), minimum=0, maximum=50, default=0),
        Field("segment", "text", False, ("pazar", "market", "market segment")),
        Field("room_type", "text", False, ("oda tipi",), max_length=64),
        Field("floor", "integer", False, ("kat", "kat no"), minimum=-10, maximum=200),
        EXTERNAL_ID,
    ),
    identity=("room", "arrival_on"),
)  # fmt: skip
PRODUCTS = Kind(
    "products",
    (
        Field("code", "text", True, ("ürün kodu", "stok kodu", "kod", "product code", "sku"), max_length=64),
        Field("name", "text", True, ("ürün adı", "ürün", "ad", "product name", "product")),
        Field("group", "text", True, ("grup", "ürün grubu", "kategori", "product group", "category"), max_length=64),
        Field("unit", "text", False, ("birim",), max_length=64, default="adet"),
        Field("cost", "decimal", False, ("maliyet", "alış fiyatı", "birim maliyet", "unit cost"), minimum=0, default=0),
        Field("price", "decimal", False, ("fiyat", "satış fiyatı", "unit price"), minimum=0, default=0),
        Field("critical_level", "integer", False, ("kritik seviye", "kritik stok seviyesi", "reorder level"),
              minimum=0, maximum=MAX_UNITS, default=0),
        Field("case_size", "integer", False, ("koli adedi", "koli içi"), minimum=1, maximum=10_000, default=1),
        Field("is_active", "boolean", False, ("aktif", "active"), default=True),
    ),
    keys=("hotel_id", "code"),
)  # fmt: skip
MOVEMENTS = Kind(
    "stock_movements",
    (
        PRODUCT,
        Field("movement_type", "choice", True, ("hareket tipi", "hareket türü", "işlem tipi", "type"),
              choices=MOVEMENT_CHOICES),
        Field("quantity", "integer", True, QUANTITY_HEADINGS, minimum=-MAX_UNITS, maximum=MAX_UNITS),
        OCCURRED_AT,
        STAFF,
        Field("document_number", "text", False, ("belge no", "fatura no", "irsaliye no", "document")),
        NOTE,
        EXTERNAL_ID,
    ),
    identity=("product", "movement_type", "quantity", "occurred_at", "staff", "document_number"),
    repeatable=True,
)  # fmt: skip
VISITS = Kind(
    "visits",
    (
        ROOM,
        Field("visit_type", "choice", True, ("işlem tipi", "ziyaret tipi", "type"), choices=VISIT_CHOICES),
        OCCURRED_AT,
        STAFF,
        Field("product", "text", False, PRODUCT.headings, "products", max_length=64),
        Field("consumed_quantity", "integer", False, ("tüketim", "tüketilen", "consumed", "consumption"),
              minimum=0, maximum=MAX_UNITS, default=0),
        Field("refilled_quantity", "integer", False, ("eklenen", "eklenen miktar", "dolum", "refilled", "refill"),
              minimum=0, maximum=MAX_UNITS, default=0),
        NOTE,
        EXTERNAL_ID,
    ),
    identity=("room", "visit_type", "occurred_at", "staff"),
)  # fmt: skip
CHECKS = Kind(
    "room_checks",
    (
        ROOM,
        STAFF,
        Field("started_at", "instant", True, ("başlangıç", "başlangıç zamanı", "start", "started")),
        Field("ended_at", "instant", False, ("bitiş", "bitiş zamanı", "end", "ended")),
        Field("outcome", "text", False, ("sonuç", "kontrol tipi", "result"), max_length=64, default="tamamlandi"),
        EXTERNAL_ID,
    ),
    identity=("room", "staff", "started_at"),
)
CUSTODY = Kind(
    "custody_movements",
    (
        STAFF_REQUIRED,
        PRODUCT,
        Field("movement_type", "choice", True, ("hareket tipi", "işlem tipi", "type"), choices=CUSTODY_CHOICES),
        Field("quantity", "integer", True, QUANTITY_HEADINGS, minimum=1, maximum=MAX_UNITS),
        OCCURRED_AT,
        EXTERNAL_ID,
    ),
    identity=("staff", "product", "movement_type", "quantity", "occurred_at"),
    repeatable=True,
)
ROOMS = Kind(
    "rooms",
    (
        Field("number", "text", True, (*ROOM.headings, "room"), max_length=64),
        Field("floor", "integer", True, ("kat", "kat no", "floor number"), minimum=-10, maximum=200),
        Field("room_type", "text", True, ("oda tipi", "tip", "type"), max_length=64),
        Field("is_active", "boolean", False, ("aktif", "active"), default=True),
    ),
    keys=("hotel_id", "number"),
)
STAFF_KIND = Kind(
    "staff",
    (
        Field("code", "text", True, ("personel kodu", "sicil no", "kod", "staff code"), max_length=64),
        Field("full_name", "text", True, ("ad soyad", "personel", "ad", "name")),
        Field("role", "choice", False, ("görev", "rol"), default="kat_sorumlusu",
              choices={"kat_sorumlusu": ("attendant",), "depo_sorumlusu": ("storekeeper",)}),
        Field("is_active", "boolean", False, ("aktif", "active"), default=True),
    ),
    keys=("hotel_id", "code"),
)  # fmt: skip
PAR_LEVELS = Kind(
    "par_templates",
    (
        Field("room_type", "text", True, ("oda tipi",), "room_types", max_length=64),
        PRODUCT,
        Field("par_level", "integer", True, ("setup", "setup miktarı", *QUANTITY_HEADINGS), minimum=1, maximum=1000),
    ),
    keys=("room_type_id", "product_id"),
)

REQUESTS = Kind(
    "refill_requests",
    (
        ROOM,
        Field("requested_at", "instant", True, ("talep zamanı", "talep tarihi", "requested", "request time")),
        Field("completed_at", "instant", False, ("tamamlanma zamanı", "tamamlandı", "completed")),
        Field("cancelled_at", "instant", False, ("iptal zamanı", "iptal", "cancelled")),
        STAFF,
        EXTERNAL_ID,
    ),
    identity=("room", "requested_at"),
)
SCANS = Kind(
    "qr_scans",
    (
        ROOM,
        Field("scanned_at", "instant", True, ("okutma zamanı", *OCCURRED_HEADINGS)),
        STAFF,
        Field("succeeded", "boolean", False, ("başarılı", "sonuç", "success", "result"), default=True),
        EXTERNAL_ID,
    ),
    identity=("room", "staff", "scanned_at"),
)
DO_NOT_DISTURB = Kind(
    "do_not_disturb", (ROOM, OCCURRED_AT, STAFF, EXTERNAL_ID), identity=("room", "staff", "occurred_at")
)
SERIES = Kind(
    "custom_points",
    (
        Field("metric", "text", True, ("ölçüm", "metrik", "metric code", "name"), max_length=64),
        Field("entity", "text", False, ("varlık", "nesne", "file", "series"), max_length=128, default=""),
        Field("occurred_at", "instant", True, OCCURRED_HEADINGS),
        Field("value", "number", False, ("değer", "ölçülen", "reading")),
        Field("unit", "text", False, ("birim",), max_length=32),
    ),
    keys=("series_id", "occurred_at"),
)

# In the order in which a new hotel's files are imported.
KINDS: dict[str, Kind] = {
    "rooms": ROOMS,
    "staff": STAFF_KIND,
    "products": PRODUCTS,
    "par_levels": PAR_LEVELS,
    "stays": STAYS,
    "movements": MOVEMENTS,
    "visits": VISITS,
    "checks": CHECKS,
    "custody": CUSTODY,
    "requests": REQUESTS,
    "scans": SCANS,
    "do_not_disturb": DO_NOT_DISTURB,
    "series": SERIES,
}

if set(MOVEMENT_CHOICES) != set(MOVEMENT_TYPES) or set(CUSTODY_CHOICES) != set(CUSTODY_MOVEMENT_TYPES):
    raise AssertionError("the importable movement types differ from the stored ones")
