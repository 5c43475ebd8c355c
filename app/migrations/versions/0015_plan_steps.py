"""the plan of an edition: its steps; an entity's patron's day

Revision: 0015, after: 0014
"""

import sqlalchemy as sa
from alembic import op

from app.database import UTCDateTime


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('entity', sa.Column('patron_day', sa.String(length=5), nullable=True))
    op.create_table(
        'plan_step',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('edition_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=12), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('channel', sa.String(length=8), nullable=False),
        sa.Column('template_id', sa.Integer(), nullable=False),
        sa.Column('audience', sa.Text(), nullable=False),
        sa.Column('days', sa.Integer(), nullable=False),
        sa.Column('minute', sa.Integer(), nullable=False),
        sa.Column('moved_to', sa.Date(), nullable=True),
        sa.Column('per_hour', sa.Integer(), nullable=False),
        sa.Column('beyond_by', sa.String(length=100), nullable=True),
        sa.Column('beyond_why', sa.String(length=300), nullable=False),
        sa.Column('state', sa.String(length=8), nullable=False),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('key', sa.String(length=64), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('approved_by', sa.String(length=100), nullable=True),
        sa.Column('approved_at', UTCDateTime(), nullable=True),
        sa.Column('approved_mark', sa.String(length=64), nullable=False),
        sa.Column('changed_by', sa.String(length=100), nullable=False),
        sa.Column('changed_at', UTCDateTime(), nullable=False),
        sa.Column('removed_at', UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('letter', 'invitation', 'reminder', 'certified')", name=op.f('ck_plan_step_kind')
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'paused', 'skipped', 'done')", name=op.f('ck_plan_step_state')
        ),
        sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_plan_step_edition_id_edition')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_step')),
        sa.UniqueConstraint('key', name=op.f('uq_plan_step_key')),
    )
    op.create_index(op.f('ix_plan_step_edition_id'), 'plan_step', ['edition_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_plan_step_edition_id'), table_name='plan_step')
    op.drop_table('plan_step')
    with op.batch_alter_table('entity', schema=None) as batch_op:
        batch_op.drop_column('patron_day')
