"""batches over days and in variants: what was set up to be compared, and what was drawn by lot for each entity

Revision: 0017, after: 0016
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'reminder_comparison',
        sa.Column('batch_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('days', sa.Integer(), nullable=False),
        sa.Column('variants', sa.Integer(), nullable=False),
        sa.Column('days_base', sa.Double(), nullable=False),
        sa.Column('variants_base', sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(['batch_id'], ['reminder_batch.id'], name=op.f('fk_reminder_comparison_batch_id_reminder_batch')),
        sa.PrimaryKeyConstraint('batch_id', name=op.f('pk_reminder_comparison')),
    )
    op.create_table(
        'reminder_arm',
        sa.Column('batch_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('entity_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('region_code', sa.String(length=2), nullable=False),
        sa.Column('stratum', sa.String(length=40), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('day', sa.Integer(), nullable=False),
        sa.Column('variant', sa.Integer(), nullable=False),
        sa.Column('planned_at', UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['batch_id'], ['reminder_comparison.batch_id'], name=op.f('fk_reminder_arm_batch_id_reminder_comparison')
        ),
        sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_reminder_arm_entity_id_entity')),
        sa.PrimaryKeyConstraint('batch_id', 'entity_id', name=op.f('pk_reminder_arm')),
    )
    op.create_index(op.f('ix_reminder_arm_entity_id'), 'reminder_arm', ['entity_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_reminder_arm_entity_id'), table_name='reminder_arm')
    op.drop_table('reminder_arm')
    op.drop_table('reminder_comparison')
