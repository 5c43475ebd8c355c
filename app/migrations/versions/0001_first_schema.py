"""first schema

Revision: 0001, after: 
"""

import sqlalchemy as sa
from alembic import op


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_entry',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('action', sa.String(length=64), nullable=False),
    sa.Column('actor', sa.String(length=100), nullable=False),
    sa.Column('subject', sa.String(length=100), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('previous_hash', sa.String(length=64), nullable=False),
    sa.Column('entry_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_audit_entry'))
    )
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_entry_subject'), ['subject'], unique=False)

    op.create_table('audit_head',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('entry_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head'))
    )
    op.create_table('definition',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('version', sa.String(length=40), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('stored_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_definition')),
    sa.UniqueConstraint('digest', name=op.f('uq_definition_digest'))
    )
    op.create_table('entity',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_other_language', sa.String(length=200), nullable=True),
    sa.Column('search_name', sa.String(length=1000), nullable=False),
    sa.Column('province_sign', sa.String(length=4), nullable=True),
    sa.Column('province', sa.String(length=100), nullable=True),
    sa.Column('region_code', sa.String(length=2), nullable=True),
    sa.Column('region', sa.String(length=100), nullable=True),
    sa.Column('cadastral_code', sa.String(length=4), nullable=True),
    sa.Column('ipa_code', sa.String(length=32), nullable=True),
    sa.Column('population', sa.Integer(), nullable=True),
    sa.Column('under_18', sa.Integer(), nullable=True),
    sa.Column('latitude', sa.Double(), nullable=True),
    sa.Column('longitude', sa.Double(), nullable=True),
    sa.Column('geometry_code', sa.String(length=16), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('successor_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['successor_id'], ['entity.id'], name=op.f('fk_entity_successor_id_entity')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entity')),
    sa.UniqueConstraint('code', name=op.f('uq_entity_code'))
    )
    with op.batch_alter_table('entity', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_entity_kind'), ['kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_entity_region_code'), ['region_code'], unique=False)

    op.create_table('sign_in_throttle',
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_failure_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('blocked_until', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_sign_in_throttle'))
    )
    with op.batch_alter_table('sign_in_throttle', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_throttle_last_failure_at'), ['last_failure_at'], unique=False)

    op.create_table('activation_link',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_activation_link_entity_id_entity')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_activation_link'))
    )
    with op.batch_alter_table('activation_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_activation_link_entity_id'), ['entity_id'], unique=False)

    op.create_table('edition',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('period_from', sa.Date(), nullable=False),
    sa.Column('period_to', sa.Date(), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('definition_id', sa.Integer(), nullable=False),
    sa.Column('contacts', sa.Text(), nullable=False),
    sa.Column('results_url', sa.String(length=500), nullable=True),
    sa.Column('accessibility_url', sa.String(length=500), nullable=True),
    sa.Column('letter', sa.LargeBinary(), nullable=True),
    sa.Column('letter_bytes', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('draft', 'pilot', 'open', 'closed', 'published')", name=op.f('ck_edition_state')),
    sa.CheckConstraint('opens_at < closes_at', name=op.f('ck_edition_opens_before_it_closes')),
    sa.ForeignKeyConstraint(['definition_id'], ['definition.id'], name=op.f('fk_edition_definition_id_definition')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_edition')),
    sa.UniqueConstraint('code', name=op.f('uq_edition_code'))
    )
    with op.batch_alter_table('edition', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_edition_opens_at'), ['opens_at'], unique=False)

    op.create_table('entity_account',
    sa.Column('entity_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('password_set_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_entity_account_entity_id_entity')),
    sa.PrimaryKeyConstraint('entity_id', name=op.f('pk_entity_account'))
    )
    op.create_table('operator',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('office', sa.String(length=200), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_operator_entity_id_entity')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_operator'))
    )
    with op.batch_alter_table('operator', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_operator_entity_id'), ['entity_id'], unique=False)

    op.create_table('known_place',
    sa.Column('place_hash', sa.String(length=64), nullable=False),
    sa.Column('entity_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=True),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_known_place_entity_id_entity')),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_known_place_operator_id_operator')),
    sa.PrimaryKeyConstraint('place_hash', 'entity_id', name=op.f('pk_known_place'))
    )
    with op.batch_alter_table('known_place', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_known_place_last_used_at'), ['last_used_at'], unique=False)

    op.create_table('pilot_entity',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('entity_code', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_pilot_entity_edition_id_edition')),
    sa.PrimaryKeyConstraint('edition_id', 'entity_code', name=op.f('pk_pilot_entity'))
    )
    op.create_table('response',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('definition_id', sa.Integer(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('progress', sa.Integer(), nullable=False),
    sa.Column('open_conflicts', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_activity', sa.DateTime(timezone=True), nullable=False),
    sa.Column('active_seconds', sa.Integer(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('submissions', sa.Integer(), nullable=False),
    sa.Column('submitted_content', sa.String(length=64), nullable=True),
    sa.Column('synthetic', sa.Boolean(), nullable=False),
    sa.CheckConstraint("status IN ('opened', 'draft', 'submitted')", name=op.f('ck_response_status')),
    sa.ForeignKeyConstraint(['definition_id'], ['definition.id'], name=op.f('fk_response_definition_id_definition')),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_response_edition_id_edition')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_response_entity_id_entity')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_response')),
    sa.UniqueConstraint('edition_id', 'entity_id', name=op.f('uq_response_edition_id_entity_id'))
    )
    with op.batch_alter_table('response', schema=None) as batch_op:
        batch_op.create_index('ix_response_edition_status', ['edition_id', 'status', 'last_activity'], unique=False)
        batch_op.create_index(batch_op.f('ix_response_entity_id'), ['entity_id'], unique=False)

    op.create_table('web_session',
    sa.Column('id_hash', sa.String(length=64), nullable=False),
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_web_session_entity_id_entity')),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_web_session_operator_id_operator')),
    sa.PrimaryKeyConstraint('id_hash', name=op.f('pk_web_session'))
    )
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_web_session_entity_id'), ['entity_id'], unique=False)

    op.create_table('personal_value',
    sa.Column('response_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('salt', sa.String(length=32), nullable=False),
    sa.Column('value', sa.Text(), nullable=True),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['response_id'], ['response.id'], name=op.f('fk_personal_value_response_id_response')),
    sa.PrimaryKeyConstraint('response_id', 'digest', name=op.f('pk_personal_value'))
    )
    op.create_table('response_item',
    sa.Column('response_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('item_id', sa.String(length=36), nullable=False),
    sa.Column('step', sa.String(length=40), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=300), nullable=False),
    sa.Column('removed', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['response_id'], ['response.id'], name=op.f('fk_response_item_response_id_response')),
    sa.PrimaryKeyConstraint('response_id', 'item_id', name=op.f('pk_response_item'))
    )
    op.create_table('response_journal',
    sa.Column('response_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('save_id', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('line', sa.Text(), nullable=False),
    sa.Column('reply', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['response_id'], ['response.id'], name=op.f('fk_response_journal_response_id_response')),
    sa.PrimaryKeyConstraint('response_id', 'version', name=op.f('pk_response_journal')),
    sa.UniqueConstraint('response_id', 'save_id', 'digest', name=op.f('uq_response_journal_response_id_save_id_digest'))
    )
    op.create_table('submission',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('response_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('receipt', sa.String(length=80), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('definition_id', sa.Integer(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['definition_id'], ['definition.id'], name=op.f('fk_submission_definition_id_definition')),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_submission_operator_id_operator')),
    sa.ForeignKeyConstraint(['response_id'], ['response.id'], name=op.f('fk_submission_response_id_response')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission')),
    sa.UniqueConstraint('receipt', name=op.f('uq_submission_receipt')),
    sa.UniqueConstraint('response_id', 'number', name=op.f('uq_submission_response_id_number'))
    )


def downgrade() -> None:
    op.drop_table('submission')
    op.drop_table('response_journal')
    op.drop_table('response_item')
    op.drop_table('personal_value')
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_web_session_entity_id'))

    op.drop_table('web_session')
    with op.batch_alter_table('response', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_response_entity_id'))
        batch_op.drop_index('ix_response_edition_status')

    op.drop_table('response')
    op.drop_table('pilot_entity')
    with op.batch_alter_table('known_place', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_known_place_last_used_at'))

    op.drop_table('known_place')
    with op.batch_alter_table('operator', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_operator_entity_id'))

    op.drop_table('operator')
    op.drop_table('entity_account')
    with op.batch_alter_table('edition', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_edition_opens_at'))

    op.drop_table('edition')
    with op.batch_alter_table('activation_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_activation_link_entity_id'))

    op.drop_table('activation_link')
    with op.batch_alter_table('sign_in_throttle', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_throttle_last_failure_at'))

    op.drop_table('sign_in_throttle')
    with op.batch_alter_table('entity', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_entity_region_code'))
        batch_op.drop_index(batch_op.f('ix_entity_kind'))

    op.drop_table('entity')
    op.drop_table('definition')
    op.drop_table('audit_head')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entry_subject'))

    op.drop_table('audit_entry')
