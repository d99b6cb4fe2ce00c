"""job_runs by state: the few that failed among the many that did not (C4, R2)"""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_index(op.f("ix_job_runs_state_started_at"), "job_runs", ["state", "started_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_job_runs_state_started_at"), table_name="job_runs")
