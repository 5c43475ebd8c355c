"""the public letter in a table of its own: SQLite walks through a large value to reach the columns behind it, at each page

Revision: 0010, after: 0009
"""

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('edition_letter',
    sa.Column('edition_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_edition_letter_edition_id_edition')),
    sa.PrimaryKeyConstraint('edition_id', name=op.f('pk_edition_letter'))
    )
    op.execute("INSERT INTO edition_letter (edition_id, content) SELECT id, letter FROM edition WHERE letter IS NOT NULL")
    op.execute("ALTER TABLE edition DROP COLUMN letter")  # in place: other tables hold on to this one


def downgrade() -> None:
    op.add_column('edition', sa.Column('letter', sa.LargeBinary(), nullable=True))
    op.execute(
        "UPDATE edition SET letter = (SELECT content FROM edition_letter WHERE edition_letter.edition_id = edition.id)"
    )
    op.drop_table('edition_letter')
