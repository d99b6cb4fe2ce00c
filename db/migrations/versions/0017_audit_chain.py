"""audit chain: who, from where, before and after; entries are linked by hashes and can only be added (C13, A9.4)"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

# The text of an entry, unambiguous: every field with its length. db/queries/audit_chain.py writes the same from outside.
ENTRY_TEXT = """
CREATE FUNCTION audit_entry_text(entry audit_log) RETURNS text LANGUAGE sql STABLE AS $$
SELECT string_agg(coalesce(length(field) || ':' || field, '-'), ',' ORDER BY place)
FROM unnest(ARRAY[
    entry.id::text, to_char(entry.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), entry.actor, entry.role,
    entry.action, entry.hotel_id::text, entry.entity, entry.address, entry.request_id, entry.details::text,
    entry.before::text, entry.after::text
]) WITH ORDINALITY AS fields (field, place)
$$
"""
# Runs as the owner of the tables (the application may not write the chain), with temporary tables out of its way.
LINK = """
CREATE FUNCTION link_audit_entry(entry audit_log) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = "{schema}", pg_temp AS $$
DECLARE
    last audit_chain%ROWTYPE;
    entry_hash text := encode(sha256(convert_to(audit_entry_text(entry), 'UTF8')), 'hex');
BEGIN
    -- Taken when the transaction commits and let go when it has: writers wait for one another only then.
    PERFORM pg_advisory_xact_lock(7240023);
    SELECT * INTO last FROM audit_chain ORDER BY position DESC LIMIT 1;
    last.position := coalesce(last.position, 0) + 1;
    INSERT INTO audit_chain (position, entry_id, entry_sha256, chain_sha256) VALUES (
        last.position, entry.id, entry_hash,
        encode(sha256(convert_to(
            coalesce(last.chain_sha256, repeat('0', 64)) || ':' || last.position || ':' || entry_hash, 'UTF8'
        )), 'hex')
    );
END
$$
"""
CHAIN = """
CREATE FUNCTION chain_audit_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = "{schema}", pg_temp AS $$ BEGIN PERFORM link_audit_entry(NEW); RETURN NULL; END $$
"""
REFUSE = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log can only be added to' USING ERRCODE = 'insufficient_privilege'; END
$$
"""
INDEXES = (("actor", "id"), ("action", "id"), ("hotel_id", "id"), ("entity", "occurred_at"), ("occurred_at",))


def upgrade() -> None:
    for column in ("address", "request_id"):
        op.add_column("audit_log", sa.Column(column, sa.String()))
    op.add_column("audit_log", sa.Column("role", sa.String(length=64)))
    for column in ("before", "after"):
        op.add_column("audit_log", sa.Column(column, postgresql.JSONB(astext_type=sa.Text())))
    # Entries never change, not even when their hotel is deleted.
    op.drop_constraint("fk_audit_log_hotel_id", "audit_log", type_="foreignkey")
    for columns in INDEXES:
        op.create_index(f"ix_audit_log_{'_'.join(columns)}", "audit_log", list(columns))
    op.create_table(
        "audit_chain",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_sha256", sa.String(length=64), nullable=False),
        sa.Column("chain_sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_chain")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_chain_entry_id")),
    )
    schema = op.get_bind().execute(sa.text("SELECT current_schema()")).scalar_one()
    for function in (ENTRY_TEXT, LINK, CHAIN, REFUSE):
        op.execute(function.replace("{schema}", schema))
    op.execute("REVOKE ALL ON FUNCTION link_audit_entry(audit_log) FROM PUBLIC")
    op.execute("SELECT link_audit_entry(audit_log) FROM audit_log ORDER BY id")
    _install_triggers()


def _install_triggers() -> None:
    op.execute(
        "CREATE CONSTRAINT TRIGGER audit_log_chained AFTER INSERT ON audit_log DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION chain_audit_entry()"
    )
    for table in ("audit_log", "audit_chain"):
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_only_grows")
    op.execute("ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_chained")


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_log_only_grows ON audit_log")
    op.execute("DROP TRIGGER audit_log_chained ON audit_log")
    op.drop_table("audit_chain")
    for function in ("chain_audit_entry()", "refuse_audit_change()", "link_audit_entry(audit_log)"):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP FUNCTION audit_entry_text(audit_log)")
    for columns in INDEXES:
        op.drop_index(f"ix_audit_log_{'_'.join(columns)}", table_name="audit_log")
    op.execute("UPDATE audit_log SET hotel_id = NULL WHERE hotel_id NOT IN (SELECT id FROM hotels)")
    op.create_foreign_key("fk_audit_log_hotel_id", "audit_log", "hotels", ["hotel_id"], ["id"], ondelete="SET NULL")
    for column in ("after", "before", "role", "request_id", "address"):
        op.drop_column("audit_log", column)
