"""practices: review of what is sent, and the publications that everybody reads

Revision: 0021, after: 0020
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('practice_import',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('edition_label', sa.String(length=40), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('mapping', sa.Text(), nullable=False),
    sa.Column('actor', sa.String(length=100), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_practice_import'))
    )
    with op.batch_alter_table('practice_import', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_practice_import_digest'), ['digest'], unique=False)

    op.create_table('publication',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('published_at', UTCDateTime(), nullable=False),
    sa.Column('actor', sa.String(length=100), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('added', sa.Integer(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('withdrawn', sa.Integer(), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('revised_at', UTCDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_publication'))
    )
    op.create_table('publication_file',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('revision', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('encoding', sa.String(length=10), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('bytes', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['publication.number'], name=op.f('fk_publication_file_number_publication')),
    sa.PrimaryKeyConstraint('number', 'revision', 'name', name=op.f('pk_publication_file'))
    )
    op.create_table('practice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=True),
    sa.Column('edition_label', sa.String(length=40), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('response_id', sa.Integer(), nullable=True),
    sa.Column('item_id', sa.String(length=36), nullable=True),
    sa.Column('submission', sa.Integer(), nullable=False),
    sa.Column('import_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('area', sa.String(length=40), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('consent', sa.Boolean(), nullable=False),
    sa.Column('present', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('approved', sa.Text(), nullable=True),
    sa.Column('approved_digest', sa.String(length=64), nullable=True),
    sa.Column('published', sa.Text(), nullable=True),
    sa.Column('assigned_id', sa.Integer(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('arrived_at', UTCDateTime(), nullable=False),
    sa.Column('changed_at', UTCDateTime(), nullable=False),
    sa.CheckConstraint("kind IN ('practice', 'centre', 'initiative')", name=op.f('ck_practice_kind')),
    sa.CheckConstraint("state IN ('waiting', 'sent_back', 'approved', 'rejected', 'withdrawn')", name=op.f('ck_practice_state')),
    sa.ForeignKeyConstraint(['assigned_id'], ['staff_member.id'], name=op.f('fk_practice_assigned_id_staff_member')),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_practice_edition_id_edition')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_practice_entity_id_entity')),
    sa.ForeignKeyConstraint(['import_id'], ['practice_import.id'], name=op.f('fk_practice_import_id_practice_import')),
    sa.ForeignKeyConstraint(['response_id'], ['response.id'], name=op.f('fk_practice_response_id_response')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_practice')),
    sa.UniqueConstraint('code', name=op.f('uq_practice_code')),
    sa.UniqueConstraint('response_id', 'item_id', name=op.f('uq_practice_response_id_item_id'))
    )
    with op.batch_alter_table('practice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_practice_assigned_id'), ['assigned_id'], unique=False)
        batch_op.create_index('ix_practice_entity', ['entity_id', 'year'], unique=False)
        batch_op.create_index(batch_op.f('ix_practice_import_id'), ['import_id'], unique=False)
        batch_op.create_index('ix_practice_queue', ['state', 'edition_id', 'arrived_at'], unique=False)

    op.create_table('published_practice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('practice_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('from_number', sa.Integer(), nullable=False),
    sa.Column('to_number', sa.Integer(), nullable=True),
    sa.Column('redacted_at', UTCDateTime(), nullable=True),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('edition_label', sa.String(length=40), nullable=False),
    sa.Column('entity_code', sa.String(length=32), nullable=False),
    sa.Column('entity_name', sa.String(length=200), nullable=False),
    sa.Column('entity_kind', sa.String(length=32), nullable=False),
    sa.Column('province_sign', sa.String(length=4), nullable=True),
    sa.Column('province', sa.String(length=100), nullable=True),
    sa.Column('region_code', sa.String(length=2), nullable=True),
    sa.Column('region', sa.String(length=100), nullable=True),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('area', sa.String(length=40), nullable=False),
    sa.Column('level', sa.String(length=40), nullable=False),
    sa.Column('latitude', sa.Double(), nullable=True),
    sa.Column('longitude', sa.Double(), nullable=True),
    sa.Column('tags', sa.Text(), nullable=False),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.Column('record', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['from_number'], ['publication.number'], name=op.f('fk_published_practice_from_number_publication')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_published_practice_practice_id_practice')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_published_practice'))
    )
    with op.batch_alter_table('published_practice', schema=None) as batch_op:
        batch_op.create_index('ix_published_practice_code', ['code', 'from_number'], unique=False)
        batch_op.create_index('ix_published_practice_now', ['year', 'region_code'], unique=False, sqlite_where=sa.text('to_number IS NULL AND redacted_at IS NULL'), postgresql_where=sa.text('to_number IS NULL AND redacted_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_published_practice_practice_id'), ['practice_id'], unique=False)

    op.create_table('review_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('practice_id', sa.Integer(), nullable=False),
    sa.Column('action', sa.String(length=20), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('actor', sa.String(length=100), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_review_entry_practice_id_practice')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_entry'))
    )
    with op.batch_alter_table('review_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_entry_practice_id'), ['practice_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('review_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_entry_practice_id'))

    op.drop_table('review_entry')
    with op.batch_alter_table('published_practice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_published_practice_practice_id'))
        batch_op.drop_index('ix_published_practice_now', sqlite_where=sa.text('to_number IS NULL AND redacted_at IS NULL'), postgresql_where=sa.text('to_number IS NULL AND redacted_at IS NULL'))
        batch_op.drop_index('ix_published_practice_code')

    op.drop_table('published_practice')
    with op.batch_alter_table('practice', schema=None) as batch_op:
        batch_op.drop_index('ix_practice_queue')
        batch_op.drop_index(batch_op.f('ix_practice_import_id'))
        batch_op.drop_index('ix_practice_entity')
        batch_op.drop_index(batch_op.f('ix_practice_assigned_id'))

    op.drop_table('practice')
    op.drop_table('publication_file')
    op.drop_table('publication')
    with op.batch_alter_table('practice_import', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_practice_import_digest'))

    op.drop_table('practice_import')
