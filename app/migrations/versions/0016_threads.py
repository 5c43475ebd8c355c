"""messages between an entity and the desk: threads, their files, what was read, answers that the desk keeps

Revision: 0016, after: 0015
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'saved_answer',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('title', sa.String(length=100), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('changed_at', UTCDateTime(), nullable=False),
        sa.Column('removed_at', UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_answer')),
    )
    op.create_table(
        'thread',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('edition_id', sa.Integer(), nullable=False),
        sa.Column('entity_id', sa.Integer(), nullable=False),
        sa.Column('subject', sa.String(length=150), nullable=False),
        sa.Column('question', sa.String(length=40), nullable=False),
        sa.Column('item', sa.String(length=36), nullable=False),
        sa.Column('opened_by', sa.String(length=10), nullable=False),
        sa.Column('assigned_id', sa.Integer(), nullable=True),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('created_at', UTCDateTime(), nullable=False),
        sa.Column('last_at', UTCDateTime(), nullable=False),
        sa.Column('entity_last', sa.Integer(), nullable=False),
        sa.Column('desk_last', sa.Integer(), nullable=False),
        sa.Column('entity_read', sa.Integer(), nullable=False),
        sa.Column('desk_read', sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('desk', 'entity', 'open', 'closed')", name=op.f('ck_thread_state')),
        sa.ForeignKeyConstraint(['assigned_id'], ['staff_member.id'], name=op.f('fk_thread_assigned_id_staff_member')),
        sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_thread_edition_id_edition')),
        sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_thread_entity_id_entity')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_thread')),
    )
    op.create_index('ix_thread_desk', 'thread', ['edition_id', 'state', 'last_at'], unique=False)
    op.create_index('ix_thread_entity', 'thread', ['entity_id', 'last_at'], unique=False)
    op.create_index(op.f('ix_thread_assigned_id'), 'thread', ['assigned_id'], unique=False)
    op.create_table(
        'thread_mark',
        sa.Column('thread_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('staff_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('message_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_thread_mark_staff_id_staff_member')),
        sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_thread_mark_thread_id_thread')),
        sa.PrimaryKeyConstraint('thread_id', 'staff_id', name=op.f('pk_thread_mark')),
    )
    op.create_table(
        'thread_message',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('thread_id', sa.Integer(), nullable=False),
        sa.Column('side', sa.String(length=10), nullable=False),
        sa.Column('operator_id', sa.Integer(), nullable=True),
        sa.Column('staff_id', sa.Integer(), nullable=True),
        sa.Column('at', UTCDateTime(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('erased_at', UTCDateTime(), nullable=True),
        sa.Column('key', sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_thread_message_operator_id_operator')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_thread_message_staff_id_staff_member')),
        sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_thread_message_thread_id_thread')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_thread_message')),
        sa.UniqueConstraint('key', name=op.f('uq_thread_message_key')),
    )
    op.create_index(op.f('ix_thread_message_operator_id'), 'thread_message', ['operator_id'], unique=False)
    op.create_index(op.f('ix_thread_message_thread_id'), 'thread_message', ['thread_id'], unique=False)
    op.create_table(
        'thread_file',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('message_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ['message_id'], ['thread_message.id'], name=op.f('fk_thread_file_message_id_thread_message')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_thread_file')),
    )
    op.create_index(op.f('ix_thread_file_message_id'), 'thread_file', ['message_id'], unique=False)


def downgrade() -> None:
    for table in ('thread_file', 'thread_message', 'thread_mark', 'thread', 'saved_answer'):
        op.drop_table(table)
