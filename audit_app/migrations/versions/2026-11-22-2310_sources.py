"""where a photo comes from, and word from the field found quickly

The column is added in place: other tables refer to it.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = 'sources'
down_revision = 'void_paid'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('evidence', sa.Column('source', sqlmodel.sql.sqltypes.AutoString(length=8), server_default='', nullable=False))
    op.create_index('ix_visit_step_report', 'visit_step', ['visit_id'], unique=False,
                    sqlite_where=sa.text("from_state = 'report'"), postgresql_where=sa.text("from_state = 'report'"))


def downgrade() -> None:
    op.drop_index('ix_visit_step_report', table_name='visit_step')
    op.drop_column('evidence', 'source')
