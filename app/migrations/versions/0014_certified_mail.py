"""certified mail: the channel of a batch, groups that are sent by hand, receipts that were uploaded and wait to be confirmed

Revision: 0014, after: 0013
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('delivery_group', sa.Column('by_hand', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('reminder_batch', sa.Column('channel', sa.String(length=8), server_default='email', nullable=False))
    op.create_table(
        'receipt_upload',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('batch_id', sa.Integer(), nullable=False),
        sa.Column('uploaded_by', sa.String(length=100), nullable=False),
        sa.Column('uploaded_at', UTCDateTime(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ['batch_id'], ['reminder_batch.id'], name=op.f('fk_receipt_upload_batch_id_reminder_batch')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_upload')),
    )
    op.create_index(op.f('ix_receipt_upload_batch_id'), 'receipt_upload', ['batch_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_receipt_upload_batch_id'), table_name='receipt_upload')
    op.drop_table('receipt_upload')
    for table, column in (('reminder_batch', 'channel'), ('delivery_group', 'by_hand')):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)
