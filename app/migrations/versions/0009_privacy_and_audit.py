"""privacy and audit: from where a deed was done, versions of hashing; acceptance of the privacy notice; when operators were seen

Revision: 0009, after: 0005
"""

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.add_column(sa.Column('form', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('origin', sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column('origin_salt', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('origin_hash', sa.String(length=64), server_default='', nullable=False))
        batch_op.create_index(batch_op.f('ix_audit_entry_origin'), ['origin'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entry_origin'))
        batch_op.drop_column('origin_hash')
        batch_op.drop_column('origin_salt')
        batch_op.drop_column('origin')
        batch_op.drop_column('form')
