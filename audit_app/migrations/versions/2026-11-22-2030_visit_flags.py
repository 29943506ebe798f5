"""odd things about visits, and where a phone was

Columns are added in place: to make the table of submissions anew would drop its triggers.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = 'visit_flags'
down_revision = 'outcomes'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('revision', sa.Column('place', sa.JSON(none_as_null=True), nullable=True))
    op.add_column('revision', sa.Column('inspected', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index('ix_visit_shopper_visited', 'visit', ['shopper_id', 'visited_at'], unique=False)
    op.create_table('visit_flag',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('visit_id', sa.Uuid(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('numbers', sa.JSON(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('answer', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('answered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('visit_id', 'code')
    )
    op.create_table('comment_mark',
    sa.Column('visit_id', sa.Uuid(), nullable=False),
    sa.Column('item', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('mark', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], ),
    sa.PrimaryKeyConstraint('visit_id', 'item')
    )
    op.create_index('ix_comment_mark_mark', 'comment_mark', ['mark'], unique=False)


def downgrade() -> None:
    op.drop_table('comment_mark')
    op.drop_table('visit_flag')
    op.drop_index('ix_visit_shopper_visited', table_name='visit')
    op.drop_column('revision', 'inspected')
    op.drop_column('revision', 'place')
