"""visits by location are counted from the index alone, also among 200,000 of them"""

from alembic import op

revision = 'visits_of_places'
down_revision = 'standard_pictures'
branch_labels = None
depends_on = None

WIDE = ['location_id', 'visited_at', 'state', 'kind', 'version_id']


def upgrade() -> None:
    op.drop_index('ix_visit_location_visited', table_name='visit')
    op.create_index('ix_visit_location_visited', 'visit', WIDE, unique=False)


def downgrade() -> None:
    op.drop_index('ix_visit_location_visited', table_name='visit')
    op.create_index('ix_visit_location_visited', 'visit', WIDE[:2], unique=False)
