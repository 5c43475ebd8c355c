"""the outbox: channels, paces, the send journal, holds, workers that are heard of

Revision: 0011, after: 0010
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

_DOMAIN = {
    'sqlite': "lower(substr(recipient, instr(recipient, '@') + 1))",
    'postgresql': "lower(substr(recipient, strpos(recipient, '@') + 1))",
}


def upgrade() -> None:
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.add_column(sa.Column('channel', sa.String(length=8), server_default='email', nullable=False))
        batch_op.add_column(sa.Column('domain', sa.String(length=253), server_default='', nullable=False))
        batch_op.add_column(sa.Column('claimed_at', UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column('tries_noted', sa.Integer(), server_default='0', nullable=False))
        batch_op.create_index('ix_delivery_domain', ['domain', 'claimed_at'], unique=False)
        batch_op.create_check_constraint(op.f('ck_delivery_channel'), "channel IN ('email', 'pec')")
    domain = _DOMAIN[op.get_bind().dialect.name]
    op.execute(f"UPDATE delivery SET domain = {domain} WHERE recipient LIKE '%@%'")
    op.create_table(
        'mail_rate',
        sa.Column('channel', sa.String(length=8), nullable=False),
        sa.Column('lately', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('channel', name=op.f('pk_mail_rate')),
    )
    op.create_table(
        'mail_hold',
        sa.Column('reason', sa.String(length=40), nullable=False),
        sa.Column('detail', sa.String(length=500), nullable=False),
        sa.Column('since', UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('reason', name=op.f('pk_mail_hold')),
    )
    op.create_table(
        'mail_journal',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('position', sa.String(length=100), nullable=False),
        sa.Column('at', UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_journal')),
    )
    op.create_table(
        'mail_worker',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('machine', sa.String(length=100), nullable=False),
        sa.Column('boot', sa.String(length=40), nullable=False),
        sa.Column('clock_offset', sa.Double(), nullable=False),
        sa.Column('clock_ahead', sa.Double(), nullable=False),
        sa.Column('started_at', UTCDateTime(), nullable=False),
        sa.Column('seen_at', UTCDateTime(), nullable=False),
        sa.Column('stopped_at', UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_worker')),
    )
    op.create_index(op.f('ix_mail_worker_boot'), 'mail_worker', ['boot'], unique=False)
    op.create_index(op.f('ix_mail_worker_seen_at'), 'mail_worker', ['seen_at'], unique=False)


def downgrade() -> None:
    for table in ('mail_worker', 'mail_journal', 'mail_hold', 'mail_rate'):
        op.drop_table(table)
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_delivery_channel'), type_='check')
        batch_op.drop_index('ix_delivery_domain')
        batch_op.drop_column('tries_noted')
        batch_op.drop_column('claimed_at')
        batch_op.drop_column('domain')
        batch_op.drop_column('channel')
