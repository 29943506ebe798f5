"""pictures of good practice, kept with their standard"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from audit_app.migrations import guards

revision = 'standard_pictures'
down_revision = 'redo'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('standard_picture',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('standard_id', sa.Uuid(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('file', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('sha256', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('added_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('added_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['added_by'], ['person.id'], ),
    sa.ForeignKeyConstraint(['standard_id'], ['standard.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('standard_id', 'name')
    )
    guards.keep_pictures()


def downgrade() -> None:
    guards.let_pictures_go()
    op.drop_table('standard_picture')
