"""filling in by telephone: who may, the sessions and operators of it, the copy that the entity confirms

Revision: 0013, after: 0012
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

REFERENCES = (
    ('operator', 'staff_id', 'staff_member'),
    ('web_session', 'staff_id', 'staff_member'),
    ('web_session', 'edition_id', 'edition'),
    ('submission', 'staff_id', 'staff_member'),
    ('call', 'operator_id', 'operator'),
)


def upgrade() -> None:
    op.add_column('edition', sa.Column('telephone', sa.String(length=10), server_default='nobody', nullable=False))
    for table, column, target in REFERENCES:  # in words that both databases know: in place, as other tables hold on to these
        name = f"fk_{table}_{column}_{target}"
        op.execute(f'ALTER TABLE "{table}" ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {target} (id)')
    op.add_column('web_session', sa.Column('staff_session', sa.String(length=64), nullable=True))
    op.add_column('response', sa.Column('submitted_mode', sa.String(length=10), nullable=True))
    op.add_column('respondent', sa.Column('by_phone', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_table(
        'telephone_copy',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('submission_id', sa.Integer(), nullable=False),
        sa.Column('response_id', sa.Integer(), nullable=False),
        sa.Column('created_at', UTCDateTime(), nullable=False),
        sa.Column('addresses', sa.Integer(), nullable=False),
        sa.Column('confirmed_at', UTCDateTime(), nullable=True),
        sa.Column('contested_at', UTCDateTime(), nullable=True),
        sa.Column('note', sa.String(length=2000), nullable=False),
        sa.Column('handled_at', UTCDateTime(), nullable=True),
        sa.Column('handled_by', sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(['response_id'], ['response.id'], name=op.f('fk_telephone_copy_response_id_response')),
        sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_telephone_copy_submission_id_submission')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_telephone_copy')),
        sa.UniqueConstraint('submission_id', name=op.f('uq_telephone_copy_submission_id')),
    )
    op.create_index(op.f('ix_telephone_copy_response_id'), 'telephone_copy', ['response_id'], unique=False)
    op.create_table(
        'telephone_link',
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('copy_id', sa.Integer(), nullable=False),
        sa.Column('created_at', UTCDateTime(), nullable=False),
        sa.Column('expires_at', UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['copy_id'], ['telephone_copy.id'], name=op.f('fk_telephone_link_copy_id_telephone_copy')),
        sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_telephone_link')),
    )
    op.create_index(op.f('ix_telephone_link_copy_id'), 'telephone_link', ['copy_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_telephone_link_copy_id'), table_name='telephone_link')
    op.drop_table('telephone_link')
    op.drop_index(op.f('ix_telephone_copy_response_id'), table_name='telephone_copy')
    op.drop_table('telephone_copy')
    for table, columns in (
        ('respondent', ('by_phone',)),
        ('response', ('submitted_mode',)),
        ('call', ('operator_id',)),
        ('submission', ('staff_id',)),
        ('web_session', ('edition_id', 'staff_session', 'staff_id')),
        ('operator', ('staff_id',)),
        ('edition', ('telephone',)),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_column(column)
