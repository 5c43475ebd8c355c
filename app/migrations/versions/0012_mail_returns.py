"""what comes back from the world: delivered and bounced, receipts of certified mail, addresses to correct, space of mailboxes

Revision: 0012, after: 0011
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

BEFORE = ('queued', 'claimed', 'data', 'accepted', 'retry_wait', 'failed', 'unknown', 'cancelled')
AFTER = ('queued', 'claimed', 'data', 'accepted', 'delivered', 'bounced', 'retry_wait', 'failed', 'unknown', 'cancelled')
RECEIPTS = ('pec_accepted_at', 'pec_delivered_at', 'pec_failed_at')


def upgrade() -> None:
    with _delivery(AFTER) as batch_op:
        for name in RECEIPTS:
            batch_op.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('pec_error', sa.String(length=200), server_default='', nullable=False))
    op.create_table(
        'mail_return',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('source', sa.String(length=12), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('delivery_id', sa.Integer(), nullable=True),
        sa.Column('matched_by', sa.String(length=12), nullable=False),
        sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('recipient', sa.String(length=254), nullable=False),
        sa.Column('own', sa.Boolean(), nullable=False),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('diagnostic', sa.String(length=500), nullable=False),
        sa.Column('sender', sa.String(length=254), nullable=False),
        sa.Column('subject', sa.String(length=300), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('cut', sa.Boolean(), nullable=False),
        sa.Column('waits', sa.Boolean(), nullable=False),
        sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['delivery_id'], ['delivery.id'], name=op.f('fk_mail_return_delivery_id_delivery')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_return')),
        sa.UniqueConstraint('digest', name=op.f('uq_mail_return_digest')),
    )
    op.create_index('ix_mail_return_delivery', 'mail_return', ['delivery_id', 'received_at'], unique=False)
    op.create_index('ix_mail_return_waits', 'mail_return', ['waits', 'settled_at', 'received_at'], unique=False)
    op.create_index('ix_mail_return_recipient', 'mail_return', ['recipient', 'kind', 'day'], unique=False)
    op.create_index('ix_mail_return_received_at', 'mail_return', ['received_at'], unique=False)
    op.create_table(
        'mail_return_content',
        sa.Column('return_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ['return_id'], ['mail_return.id'], name=op.f('fk_mail_return_content_return_id_mail_return')
        ),
        sa.PrimaryKeyConstraint('return_id', name=op.f('pk_mail_return_content')),
    )
    op.create_table(
        'mail_correction',
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('reason', sa.String(length=20), nullable=False),
        sa.Column('reference', sa.String(length=80), nullable=False),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('diagnostic', sa.String(length=500), nullable=False),
        sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('email', name=op.f('pk_mail_correction')),
    )
    op.create_index('ix_mail_correction_open', 'mail_correction', ['settled_at', 'noted_at'], unique=False)
    op.create_table(
        'mailbox_space',
        sa.Column('name', sa.String(length=12), nullable=False),
        sa.Column('used_kib', sa.BigInteger(), nullable=True),
        sa.Column('limit_kib', sa.BigInteger(), nullable=True),
        sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('warning', sa.String(length=300), nullable=False),
        sa.Column('warned_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_mailbox_space')),
    )


def downgrade() -> None:
    for name in ('mailbox_space', 'mail_correction', 'mail_return_content', 'mail_return'):
        op.drop_table(name)
    op.execute("UPDATE delivery SET state = 'accepted' WHERE state = 'delivered'")
    op.execute("UPDATE delivery SET state = 'failed' WHERE state = 'bounced'")
    with _delivery(BEFORE) as batch_op:
        for name in (*RECEIPTS, 'pec_error'):
            batch_op.drop_column(name)


@contextlib.contextmanager
def _delivery(states: tuple[str, ...]) -> Iterator[Any]:
    """The table of deliveries, to be changed, with these states. SQLite copies it, and a copy loses its checks."""
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_delivery_state'), type_='check')
        batch_op.create_check_constraint(op.f('ck_delivery_state'), f"state IN {states}")
        yield batch_op
