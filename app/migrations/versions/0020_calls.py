"""calls: at what time somebody is called back, and who has taken an entity to call it

Revision: 0020, after: 0019
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('call', sa.Column('call_back_time', sa.String(length=5), server_default='', nullable=False))
    op.create_table(
        'call_claim',
        sa.Column('edition_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('entity_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('staff_id', sa.Integer(), nullable=False),
        sa.Column('until', UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_call_claim_edition_id_edition')),
        sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_call_claim_entity_id_entity')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_call_claim_staff_id_staff_member')),
        sa.PrimaryKeyConstraint('edition_id', 'entity_id', name=op.f('pk_call_claim')),
    )


def downgrade() -> None:
    op.drop_table('call_claim')
    with op.batch_alter_table('call', schema=None) as batch_op:
        batch_op.drop_column('call_back_time')
