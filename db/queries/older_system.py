"""Views that present the older system's tables as our sources, and reading through them or from another server.

Each SELECT uses ``{s}`` for the schema of the older tables and names our fields; ``older_hotel_id`` is ``oteller.id``.
``docs/older-system.md`` explains the mapping row by row.
"""

import pandas as pd
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from core.errors import AppError

HOTELS = "SELECT id AS older_hotel_id, 'OTEL-' || id AS code, ad AS name FROM {s}.oteller"

ROOMS = """
SELECT k.otel_id AS older_hotel_id, trim(o.oda_no) AS number, k.kat_no AS floor,
       left(coalesce(t.ad, 'STANDART'), 64) AS room_type, coalesce(o.aktif, true) AS is_active
FROM {s}.odalar o JOIN {s}.katlar k ON k.id = o.kat_id LEFT JOIN {s}.oda_tipleri t ON t.id = o.oda_tipi_id
"""

# A person belongs to the hotels they are assigned to and to those where they recorded something.
STAFF = """
SELECT p.otel_id AS older_hotel_id, u.kullanici_adi AS code, trim(u.ad || ' ' || u.soyad) AS full_name,
       u.rol::text AS role, coalesce(u.aktif, true) AS is_active
FROM {s}.kullanicilar u JOIN (
    SELECT otel_id, id AS kullanici_id FROM {s}.kullanicilar WHERE otel_id IS NOT NULL
    UNION SELECT otel_id, kullanici_id FROM {s}.kullanici_otel
    UNION SELECT k.otel_id, i.personel_id FROM {s}.minibar_islemleri i
        JOIN {s}.odalar o ON o.id = i.oda_id JOIN {s}.katlar k ON k.id = o.kat_id
    UNION SELECT k.otel_id, c.personel_id FROM {s}.oda_kontrol_kayitlari c
        JOIN {s}.odalar o ON o.id = c.oda_id JOIN {s}.katlar k ON k.id = o.kat_id
    UNION SELECT k.otel_id, q.kullanici_id FROM {s}.qr_kod_okutma_loglari q
        JOIN {s}.odalar o ON o.id = q.oda_id JOIN {s}.katlar k ON k.id = o.kat_id
    UNION SELECT otel_id, personel_id FROM {s}.personel_zimmet WHERE otel_id IS NOT NULL
) p ON p.kullanici_id = u.id
"""

# The older system shares its products among all hotels; each hotel gets its own row here.
PRODUCT_CODE = "coalesce(nullif(trim(u.urun_kodu), ''), 'U' || u.id)"
PRODUCTS = f"""
SELECT h.id AS older_hotel_id, {PRODUCT_CODE} AS code, u.urun_adi AS name, left(g.grup_adi, 64) AS "group",
       coalesce(u.birim, 'Adet') AS unit, coalesce(u.alis_fiyati, 0) AS cost, coalesce(u.satis_fiyati, 0) AS price,
       greatest(coalesce(u.kritik_stok_seviyesi, 0), 0) AS critical_level, coalesce(u.aktif, true) AS is_active
FROM {{s}}.urunler u JOIN {{s}}.urun_gruplari g ON g.id = u.grup_id CROSS JOIN {{s}}.oteller h
"""

PAR_LEVELS = f"""
SELECT ts.otel_id AS older_hotel_id, left(t.ad, 64) AS room_type, {PRODUCT_CODE} AS product, sum(si.adet) AS par_level
FROM {{s}}.oda_tipi_setup ts JOIN {{s}}.oda_tipleri t ON t.id = ts.oda_tipi_id
JOIN {{s}}.setup_icerik si ON si.setup_id = ts.setup_id JOIN {{s}}.urunler u ON u.id = si.urun_id
WHERE EXISTS (SELECT FROM {{s}}.odalar o JOIN {{s}}.katlar k ON k.id = o.kat_id
    WHERE o.oda_tipi_id = t.id AND k.otel_id = ts.otel_id)
GROUP BY ts.otel_id, t.ad, u.urun_kodu, u.id
"""

# Movements carry no hotel: the recorder's own one counts, else the only one assigned to them, else the only hotel.
MOVEMENTS = f"""
SELECT coalesce(y.otel_id, assigned.otel_id, single.otel_id) AS older_hotel_id, {PRODUCT_CODE} AS product,
       h.hareket_tipi::text AS movement_type, h.miktar AS quantity, h.islem_tarihi::timestamptz AS occurred_at,
       h.aciklama AS note, 'stok_hareketleri:' || h.id AS external_id
FROM {{s}}.stok_hareketleri h JOIN {{s}}.urunler u ON u.id = h.urun_id
LEFT JOIN {{s}}.kullanicilar y ON y.id = h.islem_yapan_id
LEFT JOIN (SELECT kullanici_id, min(otel_id) AS otel_id FROM {{s}}.kullanici_otel
    GROUP BY kullanici_id HAVING count(*) = 1) assigned ON assigned.kullanici_id = h.islem_yapan_id
LEFT JOIN (SELECT min(id) AS otel_id FROM {{s}}.oteller HAVING count(*) = 1) single ON true
ORDER BY h.id
"""

# Operations that the older system records product by product are one visit: same room, same person, same round
# (no pause over 30 minutes). The first operation's id names the visit.
VISITS = f"""
WITH operations AS (
    SELECT i.id, i.oda_id, i.personel_id, i.islem_tipi::text AS islem_tipi, i.aciklama,
           i.islem_tarihi::timestamptz AS at,
           i.islem_tipi::text IN ('setup_kontrol', 'ekstra_ekleme', 'ekstra_tuketim') AS by_product
    FROM {{s}}.minibar_islemleri i
), begun AS (
    SELECT *, CASE WHEN by_product AND at - lag(at) OVER rounds <= interval '30 minutes' THEN 0 ELSE 1 END AS begins
    FROM operations WINDOW rounds AS (PARTITION BY oda_id, personel_id, by_product ORDER BY at, id)
), numbered AS (
    SELECT *, sum(begins) OVER (PARTITION BY oda_id, personel_id, by_product ORDER BY at, id) AS round FROM begun
), visits AS (
    SELECT id, first_value(id) OVER round_order AS visit_id, first_value(at) OVER round_order AS visit_at,
           first_value(aciklama) OVER round_order AS note, oda_id, personel_id,
           CASE WHEN bool_or(islem_tipi = 'setup_kontrol') OVER whole_round THEN 'setup_kontrol'
                WHEN bool_or(islem_tipi = 'ekstra_tuketim') OVER whole_round THEN 'ekstra_tuketim'
                ELSE islem_tipi END AS visit_type
    FROM numbered WINDOW whole_round AS (PARTITION BY oda_id, personel_id, by_product, round),
        round_order AS (PARTITION BY oda_id, personel_id, by_product, round ORDER BY at, id)
)
SELECT k.otel_id AS older_hotel_id, trim(o.oda_no) AS room, v.visit_type, v.visit_at AS occurred_at,
       p.kullanici_adi AS staff, {PRODUCT_CODE} AS product, sum(coalesce(d.tuketim, 0)) AS consumed_quantity,
       sum(coalesce(d.eklenen_miktar, 0)) AS refilled_quantity, v.note,
       'minibar_islemleri:' || v.visit_id AS external_id
FROM visits v JOIN {{s}}.odalar o ON o.id = v.oda_id JOIN {{s}}.katlar k ON k.id = o.kat_id
JOIN {{s}}.kullanicilar p ON p.id = v.personel_id
LEFT JOIN {{s}}.minibar_islem_detay d ON d.islem_id = v.id LEFT JOIN {{s}}.urunler u ON u.id = d.urun_id
GROUP BY k.otel_id, o.oda_no, v.visit_type, v.visit_at, p.kullanici_adi, u.id, u.urun_kodu, v.note, v.visit_id
ORDER BY v.visit_at, v.visit_id, u.id
"""

CHECKS = """
SELECT k.otel_id AS older_hotel_id, trim(o.oda_no) AS room, p.kullanici_adi AS staff,
       c.baslangic_zamani::timestamptz AS started_at, c.bitis_zamani::timestamptz AS ended_at,
       c.kontrol_tipi AS outcome, 'oda_kontrol_kayitlari:' || c.id AS external_id
FROM {s}.oda_kontrol_kayitlari c JOIN {s}.odalar o ON o.id = c.oda_id JOIN {s}.katlar k ON k.id = o.kat_id
JOIN {s}.kullanicilar p ON p.id = c.personel_id
"""

# A cancelled assignment gave its rest back (iade); use is what the person put into minibars.
CUSTODY = f"""
WITH issued AS (
    SELECT coalesce(z.otel_id, p.otel_id) AS older_hotel_id, p.kullanici_adi AS staff, z.zimmet_tarihi, z.iade_tarihi,
           {PRODUCT_CODE} AS product, d.id, d.miktar, coalesce(d.iade_edilen_miktar, 0) AS returned
    FROM {{s}}.personel_zimmet z JOIN {{s}}.personel_zimmet_detay d ON d.zimmet_id = z.id
    JOIN {{s}}.urunler u ON u.id = d.urun_id JOIN {{s}}.kullanicilar p ON p.id = z.personel_id
)
SELECT older_hotel_id, staff, product, 'zimmet' AS movement_type, miktar AS quantity,
       zimmet_tarihi::timestamptz AS occurred_at, 'personel_zimmet_detay:' || id AS external_id FROM issued
UNION ALL
SELECT older_hotel_id, staff, product, 'iade', returned, coalesce(iade_tarihi, zimmet_tarihi)::timestamptz,
       'personel_zimmet_detay:' || id || '-iade' FROM issued WHERE returned > 0
UNION ALL
SELECT k.otel_id, p.kullanici_adi, {PRODUCT_CODE}, 'kullanim', d.eklenen_miktar, i.islem_tarihi::timestamptz,
       'minibar_islem_detay:' || d.id
FROM {{s}}.minibar_islem_detay d JOIN {{s}}.minibar_islemleri i ON i.id = d.islem_id
JOIN {{s}}.urunler u ON u.id = d.urun_id JOIN {{s}}.kullanicilar p ON p.id = i.personel_id
JOIN {{s}}.odalar o ON o.id = i.oda_id JOIN {{s}}.katlar k ON k.id = o.kat_id WHERE d.eklenen_miktar > 0
"""

# Occupancy lists repeat a stay every day; the newest row of a room and arrival says how it stands.
STAYS = """
SELECT k.otel_id AS older_hotel_id, trim(o.oda_no) AS room, m.giris_tarihi AS arrival_on,
       m.cikis_tarihi AS departure_on,
       m.misafir_sayisi AS adults, 'misafir_kayitlari:' || m.oda_id || ':' || m.giris_tarihi AS external_id
FROM (SELECT DISTINCT ON (oda_id, giris_tarihi) * FROM {s}.misafir_kayitlari ORDER BY oda_id, giris_tarihi, id DESC) m
JOIN {s}.odalar o ON o.id = m.oda_id JOIN {s}.katlar k ON k.id = o.kat_id
"""

REFILL_REQUESTS = """
SELECT k.otel_id AS older_hotel_id, trim(o.oda_no) AS room, t.talep_tarihi::timestamptz AS requested_at,
       CASE WHEN t.durum::text = 'tamamlandi' THEN t.tamamlanma_tarihi::timestamptz END AS completed_at,
       CASE WHEN t.durum::text IN ('iptal', 'reddedildi')
            THEN coalesce(t.tamamlanma_tarihi, t.talep_tarihi)::timestamptz END AS cancelled_at,
       'minibar_dolum_talepleri:' || t.id AS external_id
FROM {s}.minibar_dolum_talepleri t JOIN {s}.odalar o ON o.id = t.oda_id JOIN {s}.katlar k ON k.id = o.kat_id
"""

QR_SCANS = """
SELECT k.otel_id AS older_hotel_id, trim(o.oda_no) AS room, p.kullanici_adi AS staff,
       q.okutma_tarihi::timestamptz AS scanned_at, coalesce(q.basarili, true) AS succeeded,
       'qr_kod_okutma_loglari:' || q.id AS external_id
FROM {s}.qr_kod_okutma_loglari q JOIN {s}.odalar o ON o.id = q.oda_id JOIN {s}.katlar k ON k.id = o.kat_id
LEFT JOIN {s}.kullanicilar p ON p.id = q.kullanici_id
"""

DO_NOT_DISTURB = """
SELECT k.otel_id AS older_hotel_id, trim(o.oda_no) AS room,
       coalesce(d.son_dnd_zamani, d.ilk_dnd_zamani, d.kayit_tarihi)::timestamptz AS occurred_at,
       'oda_dnd_kayitlari:' || d.id AS external_id
FROM {s}.oda_dnd_kayitlari d JOIN {s}.odalar o ON o.id = d.oda_id JOIN {s}.katlar k ON k.id = o.kat_id
"""

# In the order of copying: what others refer to comes first.
VIEWS: dict[str, str] = {
    "hotels": HOTELS, "rooms": ROOMS, "staff": STAFF, "products": PRODUCTS, "par_levels": PAR_LEVELS, "stays": STAYS,
    "movements": MOVEMENTS, "visits": VISITS, "checks": CHECKS, "custody": CUSTODY,
    "refill_requests": REFILL_REQUESTS, "qr_scans": QR_SCANS, "do_not_disturb": DO_NOT_DISTURB,
}  # fmt: skip
REQUIRED_TABLES = (
    "oteller", "kullanicilar", "kullanici_otel", "katlar", "odalar", "oda_tipleri", "urun_gruplari", "urunler",
    "stok_hareketleri", "personel_zimmet", "personel_zimmet_detay", "minibar_islemleri", "minibar_islem_detay",
    "oda_kontrol_kayitlari", "misafir_kayitlari", "minibar_dolum_talepleri", "qr_kod_okutma_loglari",
)  # fmt: skip
# Tables that older releases lack: without them their view is left out.
OPTIONAL_TABLES = {"par_levels": ("setup_icerik", "oda_tipi_setup"), "do_not_disturb": ("oda_dnd_kayitlari",)}


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def available_views(connection: Connection, schema: str) -> list[str]:
    """The views that the tables of a schema can feed; raises when the schema or a required table is missing."""
    rows = connection.execute(
        text("SELECT table_name FROM information_schema.tables WHERE table_schema = :schema"), {"schema": schema}
    )
    tables = {row.table_name for row in rows}
    if not tables:
        raise AppError("older_schema_missing", 404, params={"schema": schema})
    missing = [table for table in REQUIRED_TABLES if table not in tables]
    if missing:
        raise AppError("older_table_missing", params={"tables": ", ".join(missing)})
    return [view for view in VIEWS if all(table in tables for table in OPTIONAL_TABLES.get(view, ()))]


def create_views(connection: Connection, schema: str, view_schema: str, views: list[str]) -> None:
    """(Re)create the view set over the older tables of the same database."""
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {_name(view_schema)}"))
    for view in VIEWS:
        connection.execute(text(f"DROP VIEW IF EXISTS {_name(view_schema)}.{_name(view)}"))
    for view in views:
        _translated(connection, f"CREATE VIEW {_name(view_schema)}.{_name(view)} AS {_select(view, schema)}")


def _select(view: str, schema: str) -> str:
    return VIEWS[view].format(s=_name(schema))


def _translated(connection: Connection, statement: str) -> None:
    try:
        connection.execute(text(statement))
    except ProgrammingError as error:
        raise AppError("older_column_missing", params={"reason": str(error.orig).splitlines()[0]}) from error


def use_time_zone(connection: Connection, time_zone: str) -> None:
    """Times that the older tables store without a zone are read in this one, until the transaction ends."""
    connection.execute(text("SELECT set_config('TimeZone', :zone, true)"), {"zone": time_zone})


def read_view(connection: Connection, view: str, view_schema: str) -> pd.DataFrame:
    return pd.read_sql(text(f"SELECT * FROM {_name(view_schema)}.{_name(view)}"), connection)


def read_tables(connection: Connection, view: str, schema: str) -> pd.DataFrame:
    """What the view would show, asked of a server on which nothing may be created."""
    try:
        return pd.read_sql(text(_select(view, schema)), connection)
    except ProgrammingError as error:
        raise AppError("older_column_missing", params={"reason": str(error.orig).splitlines()[0]}) from error
