"""configuration_versions: settings that are changed while everything runs, with their history (C9)"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "configuration_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("text", sa.String(), nullable=False, comment="TOML: setting = value"),
        sa.Column("previous_id", sa.BigInteger(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("checksum", sa.String(), nullable=False, comment="SHA-256 of the text: whether it is what was saved"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration_versions")),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["configuration_versions.id"],
            name=op.f("fk_configuration_versions_previous_id_configuration_versions"),
        ),
    )
    op.create_index(
        "uq_configuration_versions_previous",
        "configuration_versions",
        [sa.text("COALESCE(previous_id, 0)")],
        unique=True,
    )
    op.execute(
        """CREATE FUNCTION keep_configuration() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'versions of the configuration are never changed'; END $$"""
    )
    op.execute(
        "CREATE TRIGGER keep_configuration BEFORE UPDATE OR DELETE ON configuration_versions "
        "FOR EACH ROW EXECUTE FUNCTION keep_configuration()"
    )


def downgrade() -> None:
    op.drop_table("configuration_versions")
    op.execute("DROP FUNCTION keep_configuration()")
