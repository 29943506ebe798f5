"""outcomes of locations and days"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = 'outcomes'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('outcome_day',
    sa.Column('location_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('visitors', sa.BigInteger(), nullable=True),
    sa.Column('transactions', sa.BigInteger(), nullable=True),
    sa.Column('revenue_cents', sa.BigInteger(), nullable=True),
    sa.Column('complaints', sa.BigInteger(), nullable=True),
    sa.Column('more', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['location_id'], ['location.id'], ),
    sa.PrimaryKeyConstraint('location_id', 'day'),
    sqlite_with_rowid=False
    )
    op.create_index('ix_outcome_day_day', 'outcome_day', ['day'], unique=False)

    op.create_table('outcome_week',
    sa.Column('location_id', sa.Uuid(), nullable=False),
    sa.Column('monday', sa.Date(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('full', sa.Integer(), nullable=False),
    sa.Column('doubts', sa.Integer(), nullable=False),
    sa.Column('visitors', sa.BigInteger(), nullable=True),
    sa.Column('transactions', sa.BigInteger(), nullable=True),
    sa.Column('revenue_cents', sa.BigInteger(), nullable=True),
    sa.Column('complaints', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['location_id'], ['location.id'], ),
    sa.PrimaryKeyConstraint('location_id', 'monday'),
    sqlite_with_rowid=False
    )
    op.create_index('ix_outcome_week_monday', 'outcome_week', ['monday'], unique=False)

    op.create_table('outcome_doubt',
    sa.Column('location_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('measure', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('value', sa.Float(), nullable=False),
    sa.Column('usual', sa.Float(), nullable=True),
    sa.ForeignKeyConstraint(['location_id'], ['location.id'], ),
    sa.PrimaryKeyConstraint('location_id', 'day', 'kind', 'measure')
    )
    op.create_index('ix_outcome_doubt_day', 'outcome_doubt', ['day'], unique=False)

    op.create_table('outcome_measure',
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('heading', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('since', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('outcome_heading',
    sa.Column('heading', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('meaning', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('chosen_by', sa.Uuid(), nullable=True),
    sa.Column('chosen_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['chosen_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('heading')
    )
    op.create_table('outcome_source',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('expression', sa.JSON(), nullable=False),
    sa.Column('declared_by', sa.Uuid(), nullable=True),
    sa.Column('declared_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('brought_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('brought_rows', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['declared_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )


def downgrade() -> None:
    op.drop_table('outcome_source')
    op.drop_table('outcome_heading')
    op.drop_table('outcome_measure')
    op.drop_index('ix_outcome_doubt_day', table_name='outcome_doubt')
    op.drop_table('outcome_doubt')
    op.drop_index('ix_outcome_week_monday', table_name='outcome_week')
    op.drop_table('outcome_week')
    op.drop_index('ix_outcome_day_day', table_name='outcome_day')
    op.drop_table('outcome_day')
