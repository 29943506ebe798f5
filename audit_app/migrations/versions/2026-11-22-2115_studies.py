"""studies: what was asked, found and decided"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from audit_app.migrations import guards

revision = 'studies'
down_revision = 'kept_choice'
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table('study',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('standard_id', sa.Uuid(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('plan', sa.JSON(), nullable=False),
    sa.Column('thorough', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('stage', TEXT(length=200), nullable=False),
    sa.Column('share', sa.Integer(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('inputs_hash', TEXT(length=64), nullable=False),
    sa.Column('result_hash', TEXT(length=64), nullable=False),
    sa.Column('code_version', TEXT(length=40), nullable=False),
    sa.Column('asked_by', sa.Uuid(), nullable=True),
    sa.Column('asked_at', MOMENT(), nullable=False),
    sa.Column('began_at', MOMENT(), nullable=True),
    sa.Column('seen_at', MOMENT(), nullable=True),
    sa.Column('ended_at', MOMENT(), nullable=True),
    sa.Column('problem', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['asked_by'], ['person.id']),
    sa.ForeignKeyConstraint(['standard_id'], ['standard.id']),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('study', schema=None) as batch_op:
        batch_op.create_index('ix_study_standard_asked', ['standard_id', 'asked_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_study_state'), ['state'], unique=False)

    op.create_table('study_result',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('findings', sa.JSON(), nullable=False),
    sa.Column('behind', sa.JSON(), nullable=False),
    sa.Column('facts', sa.LargeBinary(), nullable=False),
    sa.Column('made_at', MOMENT(), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['study.id']),
    sa.PrimaryKeyConstraint('study_id')
    )
    op.create_table('item_decision',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('standard_id', sa.Uuid(), nullable=False),
    sa.Column('item', TEXT(length=60), nullable=False),
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('proposed', TEXT(length=10), nullable=False),
    sa.Column('taken', TEXT(length=10), nullable=False),
    sa.Column('reason', TEXT(length=2000), nullable=False),
    sa.Column('review_on', sa.Date(), nullable=True),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('at', MOMENT(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id']),
    sa.ForeignKeyConstraint(['standard_id'], ['standard.id']),
    sa.ForeignKeyConstraint(['study_id'], ['study.id']),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('item_decision', schema=None) as batch_op:
        batch_op.create_index('ix_item_decision_standard', ['standard_id', 'item', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_item_decision_study_id'), ['study_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_item_decision_review_on'), ['review_on'], unique=False)

    op.create_table('study_report',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('locale', TEXT(length=2), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('problem', sa.JSON(), nullable=False),
    sa.Column('document', sa.LargeBinary(), nullable=False),
    sa.Column('asked_by', sa.Uuid(), nullable=True),
    sa.Column('asked_at', MOMENT(), nullable=False),
    sa.Column('seen_at', MOMENT(), nullable=True),
    sa.Column('ended_at', MOMENT(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by'], ['person.id']),
    sa.ForeignKeyConstraint(['study_id'], ['study.id']),
    sa.PrimaryKeyConstraint('study_id', 'locale')
    )
    with op.batch_alter_table('study_report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_study_report_state'), ['state'], unique=False)
    guards.keep_studies()


def downgrade() -> None:
    guards.let_studies_go()
    op.drop_table('study_report')
    op.drop_table('item_decision')
    op.drop_table('study_result')
    op.drop_table('study')
