"""The commands of `flask --app wsgi`: each room brings its own group; here they are only put together."""

from __future__ import annotations

from flask import Flask

from app.access import commands as access_commands  # noqa: F401  (its commands join the group of accounts)
from app.accounts.commands import entity_group
from app.accounts.staff_commands import staff_group
from app.audit.commands import audit_group
from app.demo.commands import demo_group
from app.doctor import doctor_command
from app.editions.commands import edition_group
from app.letters.commands import letter_group
from app.mail.commands import mail_group
from app.mail.returns import commands as return_commands  # noqa: F401  (its commands join the group of mail)
from app.practices.commands import practices_group
from app.practices.opendata import commands as opendata_commands  # noqa: F401  (its commands join the group of practices)
from app.privacy.commands import privacy_group
from app.registry.commands import registry_group
from app.reminders.commands import reminders_group
from app.responses.commands import coverage_group


def init_app(app: Flask) -> None:
    """Add every group, and the doctor."""
    groups = (registry_group, entity_group, staff_group, edition_group, coverage_group, letter_group, mail_group, audit_group)
    for command in (*groups, reminders_group, practices_group, privacy_group, demo_group, doctor_command):
        app.cli.add_command(command)
