"""suspended logins, held addresses, consent to read a draft, letters for many

Revision: 0008, after: 0007
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'login_suspension',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('entity_id', sa.Integer(), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('suspended_by', sa.String(length=100), nullable=False),
        sa.Column('suspended_at', UTCDateTime(), nullable=False),
        sa.Column('lifted_by', sa.String(length=100), nullable=True),
        sa.Column('lifted_at', UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_login_suspension_entity_id_entity')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_login_suspension')),
    )
    op.create_index(op.f('ix_login_suspension_entity_id'), 'login_suspension', ['entity_id'], unique=False)
    op.create_index(
        'uq_login_suspension_open',
        'login_suspension',
        ['entity_id'],
        unique=True,
        sqlite_where=sa.text('lifted_at IS NULL'),
        postgresql_where=sa.text('lifted_at IS NULL'),
    )
    op.create_table(
        'address_hold',
        sa.Column('added_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('entity_id', sa.Integer(), nullable=False),
        sa.Column('replaced_id', sa.Integer(), nullable=True),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('held_at', UTCDateTime(), nullable=False),
        sa.Column('takes_effect_at', UTCDateTime(), nullable=False),
        sa.Column('stopped_at', UTCDateTime(), nullable=True),
        sa.Column('stopped_by', sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(['added_id'], ['contact_address.id'], name=op.f('fk_address_hold_added_id_contact_address')),
        sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_address_hold_entity_id_entity')),
        sa.ForeignKeyConstraint(
            ['replaced_id'], ['contact_address.id'], name=op.f('fk_address_hold_replaced_id_contact_address')
        ),
        sa.PrimaryKeyConstraint('added_id', name=op.f('pk_address_hold')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_address_hold_token_hash')),
    )
    op.create_index(op.f('ix_address_hold_entity_id'), 'address_hold', ['entity_id'], unique=False)
    op.create_table(
        'draft_consent',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('response_id', sa.Integer(), nullable=False),
        sa.Column('operator_id', sa.Integer(), nullable=True),
        sa.Column('given_at', UTCDateTime(), nullable=False),
        sa.Column('until', UTCDateTime(), nullable=False),
        sa.Column('withdrawn_at', UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_draft_consent_operator_id_operator')),
        sa.ForeignKeyConstraint(['response_id'], ['response.id'], name=op.f('fk_draft_consent_response_id_response')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_draft_consent')),
    )
    op.create_index('ix_draft_consent_response', 'draft_consent', ['response_id', 'until'], unique=False)
    op.create_table(
        'letter_run',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('edition_id', sa.Integer(), nullable=False),
        sa.Column('source', sa.String(length=20), nullable=False),
        sa.Column('filter', sa.Text(), nullable=False),
        sa.Column('entities', sa.Text(), nullable=False),
        sa.Column('unknown', sa.Text(), nullable=False),
        sa.Column('prepared_by', sa.String(length=100), nullable=False),
        sa.Column('prepared_at', UTCDateTime(), nullable=False),
        sa.Column('begun_at', UTCDateTime(), nullable=True),
        sa.Column('made', sa.Integer(), nullable=False),
        sa.Column('taken_at', UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_letter_run_edition_id_edition')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_run')),
    )


def downgrade() -> None:
    op.drop_table('letter_run')
    op.drop_index('ix_draft_consent_response', table_name='draft_consent')
    op.drop_table('draft_consent')
    op.drop_index(op.f('ix_address_hold_entity_id'), table_name='address_hold')
    op.drop_table('address_hold')
    op.drop_index(
        'uq_login_suspension_open',
        table_name='login_suspension',
        sqlite_where=sa.text('lifted_at IS NULL'),
        postgresql_where=sa.text('lifted_at IS NULL'),
    )
    op.drop_index(op.f('ix_login_suspension_entity_id'), table_name='login_suspension')
    op.drop_table('login_suspension')
