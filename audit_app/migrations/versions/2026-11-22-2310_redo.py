"""an edit of a draft that was taken back can be made again"""

import sqlalchemy as sa
from alembic import op

revision = 'redo'
down_revision = 'sources'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('draft_step', sa.Column('undone', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    # What was taken back holds the draft after its edit; without the column it would pass for one before it.
    op.execute(sa.text("DELETE FROM draft_step WHERE undone"))
    op.drop_column('draft_step', 'undone')
