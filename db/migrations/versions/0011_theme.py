"""theme: light, dark or as the device, kept with the user (C11)"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
KNOWN = "ck_users_theme_known"


def upgrade() -> None:
    op.add_column("users", sa.Column("theme", sa.String(length=64), server_default="device", nullable=False))
    op.create_check_constraint(op.f(KNOWN), "users", "theme IN ('device', 'light', 'dark')")


def downgrade() -> None:
    op.drop_constraint(op.f(KNOWN), "users", type_="check")
    op.drop_column("users", "theme")
