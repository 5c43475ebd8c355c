"""The tables of signing in: the entity's password, its activation links, operators, sessions, devices and failed attempts.

Staff have an account each, with links, sessions, recovery codes and single sign-on in tables of their own.

Not for: anything that a person answers.
Holds always: no password, link, session or device id is stored as it is: each only as its hash. An operator belongs to one
entity. A session's operator belongs to the session's entity.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base


class EntityAccount(Base):
    """The entity's login. No row: never activated."""

    __tablename__ = "entity_account"

    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), primary_key=True, autoincrement=False)
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    password_set_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class LoginSuspension(Base):
    """A login that staff have suspended. `lifted_at`: NULL while it is; `reason` is for staff alone."""

    __tablename__ = "login_suspension"
    __table_args__ = (
        sa.Index(
            "uq_login_suspension_open",
            "entity_id",
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(500))
    suspended_by: Mapped[str] = mapped_column(sa.String(100))
    suspended_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    lifted_by: Mapped[str | None] = mapped_column(sa.String(100))
    lifted_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class ActivationLink(Base):
    """A single-use link that sets the entity's password. `ended_at`: used, or replaced by a newer one.

    `purpose`: activation (the first password) or reset (a new one); they differ in words and in nothing else.
    """

    __tablename__ = "activation_link"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(20), default="activation", server_default="activation")
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class SignInLink(Base):
    """A single-use link that signs the entity in without its password, sent to a registered address."""

    __tablename__ = "sign_in_link"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class ActivationCode(Base):
    """The code in an entity's letter. The code itself is derived from the installation's secret and `serial`, and not stored.

    `used_at`: it has set a password; another one needs the next serial. `ended_at`: withdrawn by a reset, or by a password that
    was set through a link.
    """

    __tablename__ = "activation_code"

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"), primary_key=True, autoincrement=False)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), primary_key=True, autoincrement=False)
    serial: Mapped[int] = mapped_column(default=1)
    issued_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class AccessRequest(Base):
    """Somebody of an entity has received nothing and asks the desk for access. Personal data: the columns can be erased."""

    __tablename__ = "access_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    office: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str] = mapped_column(sa.String(254))
    phone: Mapped[str] = mapped_column(sa.String(40))
    note: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    handled_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, index=True)
    handled_by: Mapped[str | None] = mapped_column(sa.String(100))
    outcome: Mapped[str | None] = mapped_column(sa.String(40))


class Operator(Base):
    """A person who fills in for an entity, as declared by that person. Personal data: these columns can be erased.

    `last_seen_at`: what its sessions said that have gone by their term. `erased_at`: since when nothing of the person is left.
    `verified_at`: since when the address is known to be read by whoever declared it; NULL: nobody has shown it. `staff_id`: who
    of the staff wrote it down and fills in by telephone with this person; NULL for everybody else. `no_reminders_at`: since
    when the person wants no reminders at the own address.
    """

    __tablename__ = "operator"

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    office: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str] = mapped_column(sa.String(254))
    phone: Mapped[str] = mapped_column(sa.String(40))
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_seen_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    erased_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    verified_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff_member.id"))
    no_reminders_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class OperatorInvitation(Base):
    """An address that is asked to show that somebody reads it. `email` is emptied when it has ended: personal data.

    `purpose`: invitation (of a colleague, or, with `replaces_id`, of a successor) or verification (of an operator's own
    address). `operator_id`: whose address it is, of an invitation once it was taken up. `invited_by`: the operator who asked.
    `sent_at`: when its message was last asked for. `outcome`: accepted or withdrawn, once `ended_at` is set.
    """

    __tablename__ = "operator_invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    email: Mapped[str] = mapped_column(sa.String(254))
    operator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"))
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"))
    invited_by: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"))
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str | None] = mapped_column(sa.String(20))


class OperatorLink(Base):
    """A link of an invitation's message. It is good while the invitation has not ended and its own time is not over."""

    __tablename__ = "operator_link"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    invitation_id: Mapped[int] = mapped_column(sa.ForeignKey("operator_invitation.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class SecondStep(Base):
    """A right password that waits for the code sent by e-mail. `tries`: wrong codes; `ended_at`: used, or overtaken.

    The code is derived from the installation's secret and this row, and not stored.
    """

    __tablename__ = "second_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class WebSession(Base):
    """One browser's session. `id_hash` is the SHA-256 of the id in the cookie, in hexadecimal.

    `staff_id`: the member of staff who fills in by telephone in it, with the session at the desk (`staff_session`: its id's
    hash) with which it lives and dies, in this edition (`edition_id`); all NULL in an entity's own session.
    """

    __tablename__ = "web_session"

    id_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    operator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"))
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_seen_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff_member.id"))
    staff_session: Mapped[str | None] = mapped_column(sa.String(64))
    edition_id: Mapped[int | None] = mapped_column(sa.ForeignKey("edition.id"))


class KnownPlace(Base):
    """A device or network that has signed in to this entity before: its tries are counted apart from strangers'."""

    __tablename__ = "known_place"

    place_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), primary_key=True, autoincrement=False)
    operator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"))
    last_used_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, index=True)


class SignInThrottle(Base):
    """Failed attempts counted for one key (an account, a network, a device at an account), and until when to wait.

    `entity_id`: the account at which they failed, so that the desk can see and forget them; NULL for all accounts together.
    """

    __tablename__ = "sign_in_throttle"

    key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    entity_id: Mapped[int | None] = mapped_column(index=True)
    failures: Mapped[int]
    last_failure_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, index=True)
    blocked_until: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class StaffMember(Base):
    """A person who works at the desk. `role`: one of `staff.ROLES`; `region_code`: whose entities a territory's person sees.

    The second factor's secret is derived from the installation's secret, id and `totp_serial`, and not stored; `totp_step` is
    the last step of thirty seconds whose code was used. `password_hash` is empty until the link was used.
    """

    __tablename__ = "staff_member"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    role: Mapped[str] = mapped_column(sa.String(20))
    region_code: Mapped[str | None] = mapped_column(sa.String(2))
    password_hash: Mapped[str] = mapped_column(sa.String(200), default="")
    password_set_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    totp_serial: Mapped[int] = mapped_column(default=1)
    totp_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    disabled_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class StaffLink(Base):
    """A single-use link with which a member of staff sets password and second factor. `ended_at`: used, or replaced."""

    __tablename__ = "staff_link"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class StaffSession(Base):
    """One browser's session at the desk. `id_hash` is the SHA-256 of the id in the cookie, in hexadecimal.

    `browser`: what it is, in two codes (`browsers.py`); empty where nobody knows.
    """

    __tablename__ = "staff_session"

    id_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"), index=True)
    browser: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_seen_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class StaffRecoveryCode(Base):
    """A single-use code that stands in for the phone, as a hash. `ended_at`: used, replaced, or ended by a reset."""

    __tablename__ = "staff_recovery_code"

    code_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class StaffSsoLink(Base):
    """The account at the single sign-on with which a member comes in. No row: none is linked.

    `subject_hash`: issuer and subject under the installation's secret, for a gateway's subject may be a person's tax code.
    """

    __tablename__ = "staff_sso_link"

    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"), primary_key=True, autoincrement=False)
    subject_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    linked_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class StaffSsoReturn(Base):
    """A return from the single sign-on that was taken: the same one again is refused. Kept for an hour."""

    __tablename__ = "staff_sso_return"

    state_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    taken_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, index=True)


class LoginRun(Base):
    """Resets of many logins, prepared, confirmed, worked off in slices. `confirmed_at`: NULL while it only stands to be read.

    `source`: file, list (typed codes) or filter; `filter`: the fields of its address; `unknown`: JSON, the codes of nobody with
    their lines. `ended_at`: nothing is left to do, or somebody has stopped it (`stopped_by`).
    """

    __tablename__ = "login_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(20))
    filter: Mapped[str] = mapped_column(sa.Text, default="")
    unknown: Mapped[str] = mapped_column(sa.Text, default="[]")
    prepared_by: Mapped[str] = mapped_column(sa.String(100))
    prepared_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    confirmed_by: Mapped[str | None] = mapped_column(sa.String(100))
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    stopped_by: Mapped[str | None] = mapped_column(sa.String(100))
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class LoginRunItem(Base):
    """One login of a run. `state`: waiting, done, no_address (reset, with nobody to write to) or failed, with `reason`."""

    __tablename__ = "login_run_item"
    __table_args__ = (sa.Index("ix_login_run_item_state", "run_id", "state", "entity_id"),)

    run_id: Mapped[int] = mapped_column(sa.ForeignKey("login_run.id"), primary_key=True, autoincrement=False)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), primary_key=True, autoincrement=False, index=True)
    state: Mapped[str] = mapped_column(sa.String(12), default="waiting")
    reason: Mapped[str] = mapped_column(sa.String(40), default="")
    addresses: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
