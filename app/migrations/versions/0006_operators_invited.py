"""operators: invited and verified; a second step by e-mail, on by a setting of the edition

Revision: 0006, after: 0005
"""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('operator_invitation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=True),
    sa.Column('replaces_id', sa.Integer(), nullable=True),
    sa.Column('invited_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=20), nullable=True),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_operator_invitation_entity_id_entity')),
    sa.ForeignKeyConstraint(['invited_by'], ['operator.id'], name=op.f('fk_operator_invitation_invited_by_operator')),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_operator_invitation_operator_id_operator')),
    sa.ForeignKeyConstraint(['replaces_id'], ['operator.id'], name=op.f('fk_operator_invitation_replaces_id_operator')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_operator_invitation'))
    )
    with op.batch_alter_table('operator_invitation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_operator_invitation_entity_id'), ['entity_id'], unique=False)

    op.create_table('operator_link',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('invitation_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['invitation_id'], ['operator_invitation.id'], name=op.f('fk_operator_link_invitation_id_operator_invitation')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_operator_link'))
    )
    with op.batch_alter_table('operator_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_operator_link_invitation_id'), ['invitation_id'], unique=False)

    op.create_table('second_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_second_step_entity_id_entity')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_second_step')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_second_step_token_hash'))
    )
    with op.batch_alter_table('second_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_second_step_entity_id'), ['entity_id'], unique=False)

    op.add_column('operator', sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('edition', sa.Column('second_step', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('edition', schema=None) as batch_op:
        batch_op.drop_column('second_step')

    with op.batch_alter_table('operator', schema=None) as batch_op:
        batch_op.drop_column('verified_at')

    with op.batch_alter_table('second_step', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_second_step_entity_id'))

    op.drop_table('second_step')
    with op.batch_alter_table('operator_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_operator_link_invitation_id'))

    op.drop_table('operator_link')
    with op.batch_alter_table('operator_invitation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_operator_invitation_entity_id'))

    op.drop_table('operator_invitation')
