"""pilots: randomised roll-outs and who starts when"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = 'pilots'
down_revision = 'visit_flags'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('pilot',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('standard_id', sa.Uuid(), nullable=False),
    sa.Column('item', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('version_id', sa.Uuid(), nullable=True),
    sa.Column('region_id', sa.Uuid(), nullable=True),
    sa.Column('format', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('steps', sa.Integer(), nullable=False),
    sa.Column('between', sa.Integer(), nullable=False),
    sa.Column('seed', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('least_effect', sa.Float(), nullable=True),
    sa.Column('planned_by', sa.Uuid(), nullable=True),
    sa.Column('planned_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('started_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('stopped_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('measured_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['standard_id'], ['standard.id'], ),
    sa.ForeignKeyConstraint(['version_id'], ['standard_version.id'], ),
    sa.ForeignKeyConstraint(['region_id'], ['region.id'], ),
    sa.ForeignKeyConstraint(['planned_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_pilot_standard_id', 'pilot', ['standard_id'], unique=False)
    op.create_index('ix_pilot_state', 'pilot', ['state'], unique=False)
    op.create_table('pilot_step',
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('location_id', sa.Uuid(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('stratum', sa.Integer(), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('noted_by', sa.Uuid(), nullable=True),
    sa.Column('noted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], ),
    sa.ForeignKeyConstraint(['location_id'], ['location.id'], ),
    sa.ForeignKeyConstraint(['noted_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('pilot_id', 'location_id')
    )
    op.create_index('ix_pilot_step_location_id', 'pilot_step', ['location_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_pilot_step_location_id', table_name='pilot_step')
    op.drop_table('pilot_step')
    op.drop_index('ix_pilot_state', table_name='pilot')
    op.drop_index('ix_pilot_standard_id', table_name='pilot')
    op.drop_table('pilot')
