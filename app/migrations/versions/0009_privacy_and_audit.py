"""privacy and audit: from where a deed was done, versions of hashing; acceptance of the privacy notice; when operators were seen

Revision: 0009, after: 0008
"""

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.add_column(sa.Column('form', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('origin', sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column('origin_salt', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('origin_hash', sa.String(length=64), server_default='', nullable=False))
        batch_op.create_index(batch_op.f('ix_audit_entry_origin'), ['origin'], unique=False)
    with op.batch_alter_table('operator', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table('privacy_acceptance',
    sa.Column('operator_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_privacy_acceptance_operator_id_operator')),
    sa.PrimaryKeyConstraint('operator_id', 'version', name=op.f('pk_privacy_acceptance'))
    )


def downgrade() -> None:
    op.drop_table('privacy_acceptance')
    with op.batch_alter_table('operator', schema=None) as batch_op:
        batch_op.drop_column('erased_at')
        batch_op.drop_column('last_seen_at')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entry_origin'))
        batch_op.drop_column('origin_hash')
        batch_op.drop_column('origin_salt')
        batch_op.drop_column('origin')
        batch_op.drop_column('form')
