"""tokens: sign-ins of the API, ended by the database itself when their user changes (R3)"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
MOMENT = sa.DateTime(timezone=True)
CODE = sa.String(length=64)


def upgrade() -> None:
    families()
    refresh_tokens()
    op.create_table(
        "denied_access_tokens",
        sa.Column("jti", sa.String(length=32), nullable=False),
        sa.Column("family_id", sa.String(length=32), nullable=False),
        sa.Column("denied_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["family_id"], ["token_families.id"], name=op.f("fk_denied_access_tokens_family_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_denied_access_tokens")),
    )
    op.create_index(op.f("ix_denied_access_tokens_family_id"), "denied_access_tokens", ["family_id"])
    op.create_table(
        "token_attempts",
        sa.Column("kind", CODE, nullable=False),
        sa.Column("subject", CODE, nullable=False),
        sa.Column("window_began_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_token_attempts")),
    )
    users_end_their_families()


def families() -> None:
    op.create_table(
        "token_families",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", CODE, nullable=False),
        sa.Column("agent_family", CODE, nullable=False),
        sa.Column("device", CODE, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("revoked_reason", CODE, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_token_families_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_families")),
    )
    op.create_index(op.f("ix_token_families_user_id"), "token_families", ["user_id"])


def refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("family_id", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("successor_salt", sa.String(length=32), nullable=True),
        sa.Column("address_prefix", CODE, nullable=False),
        sa.ForeignKeyConstraint(
            ["family_id"], ["token_families.id"], name=op.f("fk_refresh_tokens_family_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["refresh_tokens.id"], name=op.f("fk_refresh_tokens_parent_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("parent_id", name=op.f("uq_refresh_tokens_parent_id")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_refresh_tokens_token_sha256")),
    )
    op.create_index(op.f("ix_refresh_tokens_family_id"), "refresh_tokens", ["family_id"])
    op.create_index(
        "uq_refresh_tokens_living",
        "refresh_tokens",
        ["family_id"],
        unique=True,
        postgresql_where=sa.text("used_at IS NULL"),
    )


def users_end_their_families() -> None:
    """In the database, so that no way of changing a user can forget it; enabling again does not bring tokens back."""
    op.execute(
        """CREATE FUNCTION end_token_families() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN
            UPDATE token_families SET revoked_at = clock_timestamp(), revoked_reason = CASE
                WHEN NOT NEW.is_active THEN 'user_disabled'
                WHEN NEW.role <> OLD.role THEN 'role_changed'
                ELSE 'password_changed' END
            WHERE user_id = NEW.id AND revoked_at IS NULL;
            RETURN NULL;
        END$$"""
    )
    op.execute(
        "CREATE TRIGGER end_token_families AFTER UPDATE OF is_active, role, password_hash ON users FOR EACH ROW "
        "WHEN ((OLD.is_active, OLD.role, OLD.password_hash) IS DISTINCT FROM (NEW.is_active, NEW.role, NEW.password_hash)) "
        "EXECUTE FUNCTION end_token_families()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER end_token_families ON users")
    op.execute("DROP FUNCTION end_token_families()")
    for table in ("token_attempts", "denied_access_tokens", "refresh_tokens", "token_families"):
        op.drop_table(table)
