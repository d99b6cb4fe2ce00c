-- The tables of the older system that the adapter reads, with the columns and types it uses.
CREATE TYPE minibar_islem_tipi AS ENUM ('ilk_dolum', 'yeniden_dolum', 'eksik_tamamlama', 'sayim', 'duzeltme', 'kontrol',
    'doldurma', 'ek_dolum', 'setup_kontrol', 'ekstra_ekleme', 'ekstra_tuketim');
CREATE TYPE hareket_tipi AS ENUM ('giris', 'cikis', 'transfer', 'devir', 'sayim', 'fire');
CREATE TYPE kullanici_rol AS ENUM ('sistem_yoneticisi', 'admin', 'depo_sorumlusu', 'kat_sorumlusu');
CREATE TYPE zimmet_durum AS ENUM ('aktif', 'iade_edildi', 'iptal');
CREATE TYPE dolum_talep_durum AS ENUM ('beklemede', 'onaylandi', 'reddedildi', 'tamamlandi', 'iptal');
CREATE TYPE qr_okutma_tipi AS ENUM ('misafir_okutma', 'personel_kontrol', 'sistem_kontrol');

CREATE TABLE oteller (id serial PRIMARY KEY, ad varchar(200) NOT NULL, aktif boolean DEFAULT true);
CREATE TABLE kullanicilar (id serial PRIMARY KEY, kullanici_adi varchar(50) UNIQUE NOT NULL, ad varchar(100) NOT NULL,
    soyad varchar(100) NOT NULL, rol kullanici_rol NOT NULL, aktif boolean DEFAULT true, otel_id int REFERENCES oteller);
CREATE TABLE kullanici_otel (id serial PRIMARY KEY, kullanici_id int NOT NULL REFERENCES kullanicilar,
    otel_id int NOT NULL REFERENCES oteller);
CREATE TABLE katlar (id serial PRIMARY KEY, otel_id int NOT NULL REFERENCES oteller, kat_adi varchar(50) NOT NULL,
    kat_no int NOT NULL, aktif boolean DEFAULT true);
CREATE TABLE oda_tipleri (id serial PRIMARY KEY, ad varchar(100) UNIQUE NOT NULL, aktif boolean DEFAULT true);
CREATE TABLE odalar (id serial PRIMARY KEY, kat_id int NOT NULL REFERENCES katlar, oda_no varchar(20) UNIQUE NOT NULL,
    oda_tipi_id int REFERENCES oda_tipleri, aktif boolean DEFAULT true);
CREATE TABLE urun_gruplari (id serial PRIMARY KEY, grup_adi varchar(100) UNIQUE NOT NULL);
CREATE TABLE urunler (id serial PRIMARY KEY, grup_id int NOT NULL REFERENCES urun_gruplari, urun_kodu varchar(50) UNIQUE,
    urun_adi varchar(200) NOT NULL, birim varchar(20) DEFAULT 'Adet', kritik_stok_seviyesi int DEFAULT 10,
    aktif boolean DEFAULT true, satis_fiyati numeric(10, 2), alis_fiyati numeric(10, 2));
CREATE TABLE setuplar (id serial PRIMARY KEY, ad varchar(100) UNIQUE NOT NULL);
CREATE TABLE setup_icerik (id serial PRIMARY KEY, setup_id int NOT NULL REFERENCES setuplar,
    urun_id int NOT NULL REFERENCES urunler, adet int NOT NULL DEFAULT 1);
CREATE TABLE oda_tipi_setup (otel_id int REFERENCES oteller, oda_tipi_id int REFERENCES oda_tipleri,
    setup_id int REFERENCES setuplar, PRIMARY KEY (otel_id, oda_tipi_id, setup_id));
CREATE TABLE stok_hareketleri (id serial PRIMARY KEY, urun_id int NOT NULL REFERENCES urunler,
    hareket_tipi hareket_tipi NOT NULL, miktar int NOT NULL, aciklama text, islem_yapan_id int REFERENCES kullanicilar,
    islem_tarihi timestamptz);
CREATE TABLE personel_zimmet (id serial PRIMARY KEY, personel_id int NOT NULL REFERENCES kullanicilar,
    otel_id int REFERENCES oteller, zimmet_tarihi timestamptz, iade_tarihi timestamptz, durum zimmet_durum DEFAULT 'aktif');
CREATE TABLE personel_zimmet_detay (id serial PRIMARY KEY, zimmet_id int NOT NULL REFERENCES personel_zimmet,
    urun_id int NOT NULL REFERENCES urunler, miktar int NOT NULL, kullanilan_miktar int DEFAULT 0, kalan_miktar int,
    iade_edilen_miktar int DEFAULT 0);
CREATE TABLE minibar_islemleri (id serial PRIMARY KEY, oda_id int NOT NULL REFERENCES odalar,
    personel_id int NOT NULL REFERENCES kullanicilar, islem_tipi minibar_islem_tipi NOT NULL, islem_tarihi timestamptz,
    aciklama text);
CREATE TABLE minibar_islem_detay (id serial PRIMARY KEY, islem_id int NOT NULL REFERENCES minibar_islemleri,
    urun_id int NOT NULL REFERENCES urunler, baslangic_stok int DEFAULT 0, bitis_stok int DEFAULT 0,
    tuketim int DEFAULT 0, eklenen_miktar int DEFAULT 0, ekstra_miktar int DEFAULT 0,
    zimmet_detay_id int REFERENCES personel_zimmet_detay);
CREATE TABLE oda_kontrol_kayitlari (id serial PRIMARY KEY, oda_id int NOT NULL REFERENCES odalar,
    personel_id int NOT NULL REFERENCES kullanicilar, kontrol_tarihi date NOT NULL, baslangic_zamani timestamptz NOT NULL,
    bitis_zamani timestamptz, kontrol_tipi varchar(20) NOT NULL DEFAULT 'sarfiyat_yok');
CREATE TABLE misafir_kayitlari (id serial PRIMARY KEY, oda_id int NOT NULL REFERENCES odalar,
    islem_kodu varchar(50) NOT NULL, misafir_sayisi int NOT NULL, giris_tarihi date NOT NULL, cikis_tarihi date NOT NULL,
    kayit_tipi varchar(20) NOT NULL);
CREATE TABLE minibar_dolum_talepleri (id serial PRIMARY KEY, oda_id int NOT NULL REFERENCES odalar,
    talep_tarihi timestamptz NOT NULL, durum dolum_talep_durum NOT NULL DEFAULT 'beklemede', tamamlanma_tarihi timestamptz);
CREATE TABLE qr_kod_okutma_loglari (id serial PRIMARY KEY, oda_id int NOT NULL REFERENCES odalar,
    kullanici_id int REFERENCES kullanicilar, okutma_tarihi timestamptz NOT NULL, okutma_tipi qr_okutma_tipi NOT NULL,
    basarili boolean NOT NULL DEFAULT true);
CREATE TABLE oda_dnd_kayitlari (id serial PRIMARY KEY, oda_id int NOT NULL REFERENCES odalar, otel_id int NOT NULL,
    kayit_tarihi date NOT NULL, dnd_sayisi int NOT NULL DEFAULT 0, ilk_dnd_zamani timestamptz, son_dnd_zamani timestamptz);

INSERT INTO oteller (ad) VALUES ('Deniz Otel'), ('Dağ Otel');
INSERT INTO kullanicilar (kullanici_adi, ad, soyad, rol, otel_id) VALUES
    ('ayse', 'Ayşe', 'Yılmaz', 'kat_sorumlusu', 1), ('bora', 'Bora', 'Şahin', 'depo_sorumlusu', NULL),
    ('cem', 'Cem', 'Kaya', 'kat_sorumlusu', 2), ('yonetici', 'Deniz', 'Ak', 'admin', NULL);
INSERT INTO kullanici_otel (kullanici_id, otel_id) VALUES (2, 1);
INSERT INTO katlar (otel_id, kat_adi, kat_no) VALUES (1, 'Birinci kat', 1), (2, 'Zemin', 0);
INSERT INTO oda_tipleri (ad) VALUES ('STANDART'), ('SUIT');
INSERT INTO odalar (kat_id, oda_no, oda_tipi_id) VALUES (1, '101', 1), (1, '102', 2), (2, 'D1', NULL);
INSERT INTO urun_gruplari (grup_adi) VALUES ('İçecek');
INSERT INTO urunler (grup_id, urun_kodu, urun_adi, satis_fiyati, alis_fiyati) VALUES
    (1, 'KOLA', 'Kola 330 ml', 90, 12.5), (1, NULL, 'Su', NULL, NULL);
INSERT INTO setuplar (ad) VALUES ('MINI');
INSERT INTO setup_icerik (setup_id, urun_id, adet) VALUES (1, 1, 3), (1, 2, 2);
INSERT INTO oda_tipi_setup VALUES (1, 1, 1);
INSERT INTO stok_hareketleri (urun_id, hareket_tipi, miktar, islem_yapan_id, islem_tarihi) VALUES
    (1, 'devir', 50, 2, '2026-01-01 09:00+03'), (1, 'giris', 100, 2, '2026-01-02 09:00+03'),
    (1, 'cikis', 20, 2, '2026-01-03 09:00+03'), (1, 'transfer', 5, 2, '2026-01-03 10:00+03'),
    (1, 'fire', 2, 2, '2026-01-04 09:00+03'), (1, 'sayim', 120, 2, '2026-01-05 09:00+03'),
    (1, 'giris', 7, 4, '2026-01-06 09:00+03'), (2, 'giris', 30, 3, '2026-01-06 09:00+03');
INSERT INTO personel_zimmet (personel_id, otel_id, zimmet_tarihi, iade_tarihi, durum) VALUES
    (1, 1, '2026-01-03 08:00+03', '2026-01-03 18:00+03', 'iptal');
INSERT INTO personel_zimmet_detay (zimmet_id, urun_id, miktar, kullanilan_miktar, iade_edilen_miktar) VALUES (1, 1, 20, 5, 15);
INSERT INTO minibar_islemleri (oda_id, personel_id, islem_tipi, islem_tarihi) VALUES
    (1, 1, 'ilk_dolum', '2026-01-02 10:00+03'), (1, 1, 'kontrol', '2026-01-03 10:00+03'),
    (1, 1, 'yeniden_dolum', '2026-01-04 10:00+03'), (1, 1, 'setup_kontrol', '2026-01-05 10:00+03'),
    (1, 1, 'setup_kontrol', '2026-01-05 10:02+03'), (1, 1, 'ekstra_ekleme', '2026-01-05 10:03+03'),
    (1, 1, 'setup_kontrol', '2026-01-06 10:00+03'), (3, 3, 'sayim', '2026-01-05 11:00+02');
INSERT INTO minibar_islem_detay (islem_id, urun_id, tuketim, eklenen_miktar) VALUES
    (1, 1, 0, 3), (1, 2, 0, 2), (3, 1, 2, 2), (4, 1, 1, 1), (5, 2, 2, 2), (6, 1, 0, 1), (7, 2, 1, 1), (8, 2, 1, 0);
INSERT INTO oda_kontrol_kayitlari (oda_id, personel_id, kontrol_tarihi, baslangic_zamani, bitis_zamani, kontrol_tipi) VALUES
    (1, 1, '2026-01-05', '2026-01-05 09:58+03', '2026-01-05 10:05+03', 'urun_eklendi'),
    (2, 1, '2026-01-05', '2026-01-05 10:10+03', NULL, 'sarfiyat_yok');
INSERT INTO misafir_kayitlari (oda_id, islem_kodu, misafir_sayisi, giris_tarihi, cikis_tarihi, kayit_tipi) VALUES
    (1, 'A', 2, '2026-01-03', '2026-01-07', 'arrival'), (1, 'B', 2, '2026-01-03', '2026-01-06', 'in_house'),
    (1, 'C', 1, '2026-01-06', '2026-01-08', 'arrival'), (2, 'C', 1, '2026-01-06', '2026-01-06', 'arrival');
INSERT INTO minibar_dolum_talepleri (oda_id, talep_tarihi, durum, tamamlanma_tarihi) VALUES
    (1, '2026-01-04 20:00+03', 'tamamlandi', '2026-01-04 20:30+03'), (1, '2026-01-05 20:00+03', 'iptal', NULL),
    (1, '2026-01-06 20:00+03', 'beklemede', NULL);
INSERT INTO qr_kod_okutma_loglari (oda_id, kullanici_id, okutma_tarihi, okutma_tipi) VALUES
    (1, 1, '2026-01-05 09:58+03', 'personel_kontrol'), (1, NULL, '2026-01-05 12:00+03', 'misafir_okutma');
INSERT INTO oda_dnd_kayitlari (oda_id, otel_id, kayit_tarihi, dnd_sayisi, ilk_dnd_zamani, son_dnd_zamani) VALUES
    (2, 1, '2026-01-04', 2, '2026-01-04 10:00+03', '2026-01-04 14:00+03');
