"""user_sessions.has_shown_factors: the provider of the sign-in asked for more than a password (A9.1)"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("user_sessions", sa.Column("has_shown_factors", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("user_sessions", "has_shown_factors")
