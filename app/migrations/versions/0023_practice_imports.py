"""files of earlier practices: uploads that wait to be confirmed, and what became of an import

Revision: 0023, after: 0022
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('practice_upload',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('edition_label', sa.String(length=40), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('features', sa.Integer(), nullable=False),
    sa.Column('source', sa.LargeBinary(), nullable=False),
    sa.Column('meaning', sa.Text(), nullable=False),
    sa.Column('settled', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('uploaded_by', sa.String(length=100), nullable=False),
    sa.Column('uploaded_at', UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_practice_upload'))
    )
    with op.batch_alter_table('practice_upload', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_practice_upload_uploaded_at'), ['uploaded_at'], unique=False)

    with op.batch_alter_table('practice_import', schema=None) as batch_op:
        batch_op.add_column(sa.Column('rows', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('approved', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('undone_at', UTCDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('practice_import', schema=None) as batch_op:
        batch_op.drop_column('undone_at')
        batch_op.drop_column('approved')
        batch_op.drop_column('rows')

    with op.batch_alter_table('practice_upload', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_practice_upload_uploaded_at'))

    op.drop_table('practice_upload')
