"""sign_in_attempts: links to choose a password that somebody asked for are counted too (A9.1)"""

from alembic import op

revision = "0034"
down_revision = "0033"

KNOWN = "ck_sign_in_attempts_kind_known"


def upgrade() -> None:
    op.drop_constraint(op.f(KNOWN), "sign_in_attempts", type_="check")
    kinds = "kind IN ('name', 'address', 'code', 'reset', 'reset_address')"
    op.create_check_constraint(op.f(KNOWN), "sign_in_attempts", kinds)


def downgrade() -> None:
    op.execute("DELETE FROM sign_in_attempts WHERE kind IN ('reset', 'reset_address')")
    op.drop_constraint(op.f(KNOWN), "sign_in_attempts", type_="check")
    op.create_check_constraint(op.f(KNOWN), "sign_in_attempts", "kind IN ('name', 'address', 'code')")
