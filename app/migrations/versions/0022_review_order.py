"""review: the queue is read in the order in which practices arrived

Revision: 0022, after: 0021
"""

from alembic import op


revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_practice_arrival', 'practice', ['state', 'arrived_at', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_practice_arrival', table_name='practice')
