"""whether the shopper of a void visit is paid"""

import sqlalchemy as sa
from alembic import op

revision = 'void_paid'
down_revision = 'studies'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('visit', sa.Column('void_paid', sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column('visit', 'void_paid')
