"""The world that every test of roles begins with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.roles.world import World, build_world


@pytest.fixture
def world(make_app: Callable[..., Flask]) -> World:
    """Forms need no token here: a missing one would hide a missing permission."""
    return build_world(make_app(WTF_CSRF_ENABLED=False))
