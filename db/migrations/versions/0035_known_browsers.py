"""sign_in_attempts: browsers that an account has used before, and open sessions, are counted apart (A9.1)"""

from alembic import op

revision = "0035"
down_revision = "0034"

KNOWN = "ck_sign_in_attempts_kind_known"
BEFORE = "'name', 'address', 'code', 'reset', 'reset_address'"


def upgrade() -> None:
    op.drop_constraint(op.f(KNOWN), "sign_in_attempts", type_="check")
    op.create_check_constraint(op.f(KNOWN), "sign_in_attempts", f"kind IN ({BEFORE}, 'browser', 'present')")


def downgrade() -> None:
    op.execute("DELETE FROM sign_in_attempts WHERE kind IN ('browser', 'present')")
    op.drop_constraint(op.f(KNOWN), "sign_in_attempts", type_="check")
    op.create_check_constraint(op.f(KNOWN), "sign_in_attempts", f"kind IN ({BEFORE})")
