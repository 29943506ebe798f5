"""decisions about submissions that were kept beside another one"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = 'kept_choice'
down_revision = 'pilots'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('kept_choice',
    sa.Column('revision_id', sa.Uuid(), nullable=False),
    sa.Column('taken', sa.Boolean(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['revision_id'], ['revision.id'], ),
    sa.PrimaryKeyConstraint('revision_id')
    )
    op.create_index('ix_revision_kept', 'revision', ['state', 'visit_id'], unique=False,
                    sqlite_where=sa.text("state = 'conflict'"), postgresql_where=sa.text("state = 'conflict'"))


def downgrade() -> None:
    op.drop_index('ix_revision_kept', table_name='revision')
    op.drop_table('kept_choice')
