"""what audiences are chosen by, beside each respondent; audiences that are saved

Revision: 0018, after: 0017
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column('language', sa.String(length=2), server_default='it', nullable=False),
        sa.Column('answered_before', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.Column('mailboxes', sa.Integer(), server_default='0', nullable=False),
        sa.Column('has_pec', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.Column('waiting_members', sa.Integer(), server_default='0', nullable=False),
        sa.Column('emails', sa.Integer(), server_default='0', nullable=False),
        sa.Column('pecs', sa.Integer(), server_default='0', nullable=False),
        sa.Column('last_message_at', UTCDateTime(), nullable=True),
        sa.Column('last_channel', sa.String(length=8), server_default='', nullable=False),
        sa.Column('bounced', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    ):
        op.add_column('respondent', column)
    op.create_table(
        'saved_audience',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('folded', sa.String(length=400), nullable=False),
        sa.Column('chosen', sa.String(length=1000), nullable=False),
        sa.Column('created_by', sa.String(length=100), nullable=False),
        sa.Column('changed_at', UTCDateTime(), nullable=False),
        sa.Column('removed_at', UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_audience')),
    )
    live = sa.text('removed_at IS NULL')
    op.create_index(
        'uq_saved_audience_name', 'saved_audience', ['folded'], unique=True, sqlite_where=live, postgresql_where=live
    )


def downgrade() -> None:
    op.drop_table('saved_audience')
    with op.batch_alter_table('respondent', schema=None) as batch_op:
        for column in (
            *('bounced', 'last_channel', 'last_message_at', 'pecs', 'emails', 'waiting_members', 'has_pec', 'mailboxes'),
            *('answered_before', 'language'),
        ):
            batch_op.drop_column(column)
