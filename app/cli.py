"""The commands of `flask --app wsgi`: each room brings its own group; here they are only put together."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from app.doctor import doctor_command

GROUPS = (
    ("app.registry.commands", "registry_group"),
    ("app.accounts.commands", "entity_group"),
    ("app.editions.commands", "edition_group"),
    ("app.demo.commands", "demo_group"),
)


def init_app(app: Flask) -> None:
    """Add every group that exists, and the doctor."""
    app.cli.add_command(doctor_command)
    for module, name in GROUPS:
        try:
            app.cli.add_command(getattr(import_module(module), name))
        except ImportError:  # while rooms are being built
            continue
