"""late work: saves that came after their edition had closed

Revision: 0004, after: 0003
"""

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('late_save',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('response_id', sa.Integer(), nullable=False),
    sa.Column('save_id', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=True),
    sa.Column('session', sa.String(length=16), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('operations', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'taken', 'discarded')", name=op.f('ck_late_save_state')),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_late_save_operator_id_operator')),
    sa.ForeignKeyConstraint(['response_id'], ['response.id'], name=op.f('fk_late_save_response_id_response')),
    sa.ForeignKeyConstraint(['settled_by'], ['operator.id'], name=op.f('fk_late_save_settled_by_operator')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_late_save')),
    sa.UniqueConstraint('response_id', 'save_id', 'digest', name=op.f('uq_late_save_response_id_save_id_digest'))
    )
    with op.batch_alter_table('late_save', schema=None) as batch_op:
        batch_op.create_index('ix_late_save_waiting', ['state', 'response_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('late_save', schema=None) as batch_op:
        batch_op.drop_index('ix_late_save_waiting')

    op.drop_table('late_save')
