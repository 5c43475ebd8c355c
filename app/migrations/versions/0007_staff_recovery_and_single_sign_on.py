"""staff: recovery codes, single sign-on, what browser a session is in

Revision: 0007, after: 0006
"""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('staff_session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('browser', sa.String(length=40), server_default='', nullable=False))

    op.create_table('staff_recovery_code',
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_staff_recovery_code_staff_id_staff_member')),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_staff_recovery_code'))
    )
    with op.batch_alter_table('staff_recovery_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_staff_recovery_code_staff_id'), ['staff_id'], unique=False)

    op.create_table('staff_sso_link',
    sa.Column('staff_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('subject_hash', sa.String(length=64), nullable=False),
    sa.Column('linked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_staff_sso_link_staff_id_staff_member')),
    sa.PrimaryKeyConstraint('staff_id', name=op.f('pk_staff_sso_link')),
    sa.UniqueConstraint('subject_hash', name=op.f('uq_staff_sso_link_subject_hash'))
    )
    op.create_table('staff_sso_return',
    sa.Column('state_hash', sa.String(length=64), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('state_hash', name=op.f('pk_staff_sso_return'))
    )
    with op.batch_alter_table('staff_sso_return', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_staff_sso_return_taken_at'), ['taken_at'], unique=False)


def downgrade() -> None:
    op.drop_table('staff_sso_return')
    op.drop_table('staff_sso_link')
    op.drop_table('staff_recovery_code')
    with op.batch_alter_table('staff_session', schema=None) as batch_op:
        batch_op.drop_column('browser')
