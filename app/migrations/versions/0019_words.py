"""words: occasions and languages of texts, their attachments, the language of an entity, who wants no reminders

Revision: 0019, after: 0018
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

_TEXT = 'message_template_text'
_KEPT = 'message_template_text_kept'


def upgrade() -> None:
    op.add_column('entity', sa.Column('language', sa.String(length=2), nullable=True))
    op.add_column('contact_address', sa.Column('no_reminders_at', UTCDateTime(), nullable=True))
    op.add_column('operator', sa.Column('no_reminders_at', UTCDateTime(), nullable=True))
    op.add_column('delivery_group', sa.Column('files', sa.Integer(), server_default='0', nullable=False))
    for table in ('message_template', 'reminder_batch'):
        op.add_column(table, sa.Column('occasion', sa.String(length=20), server_default='reminder', nullable=False))
    op.create_table(
        'delivery_group_file',
        sa.Column('group_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('media_type', sa.String(length=60), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ['group_id'], ['delivery_group.id'], name=op.f('fk_delivery_group_file_group_id_delivery_group')
        ),
        sa.PrimaryKeyConstraint('group_id', 'position', name=op.f('pk_delivery_group_file')),
    )
    op.create_table(
        'message_template_file',
        sa.Column('template_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ['template_id'], ['message_template.id'], name=op.f('fk_message_template_file_template_id_message_template')
        ),
        sa.PrimaryKeyConstraint('template_id', 'position', name=op.f('pk_message_template_file')),
    )
    _make_texts_again(with_language=True)


def downgrade() -> None:
    _make_texts_again(with_language=False)
    op.drop_table('message_template_file')
    op.drop_table('delivery_group_file')
    dropped = [('delivery_group', 'files'), ('message_template', 'occasion'), ('reminder_batch', 'occasion')]
    dropped += [('operator', 'no_reminders_at'), ('contact_address', 'no_reminders_at'), ('entity', 'language')]
    for table, column in dropped:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)


def _make_texts_again(*, with_language: bool) -> None:
    """The language belongs to the key, so the table is made anew with the texts it had; back again without those in others."""
    op.execute(f'CREATE TABLE {_KEPT} AS SELECT * FROM {_TEXT}')
    op.drop_table(_TEXT)
    language = sa.Column('language', sa.String(length=2), server_default='it', nullable=False)
    op.create_table(
        _TEXT,
        sa.Column('template_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('audience', sa.String(length=20), nullable=False),
        *([language] if with_language else []),
        sa.Column('subject', sa.String(length=200), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ['template_id'], ['message_template.id'], name=op.f('fk_message_template_text_template_id_message_template')
        ),
        sa.PrimaryKeyConstraint(
            'template_id', 'audience', *(['language'] if with_language else []), name=op.f('pk_message_template_text')
        ),
    )
    columns = 'template_id, audience, subject, body'
    only = '' if with_language else " WHERE language = 'it'"
    op.execute(f'INSERT INTO {_TEXT} ({columns}) SELECT {columns} FROM {_KEPT}{only}')
    op.drop_table(_KEPT)
