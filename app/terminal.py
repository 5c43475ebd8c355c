"""What commands print: rows for whoever reads them and for the programs that take them on."""

from __future__ import annotations

import click


def print_row(*values: object) -> None:
    """One line with tabs between the values, in which nothing of what a stranger wrote is obeyed by a terminal."""
    shown = ("".join(sign if sign.isprintable() else " " for sign in str(value)) for value in values)
    click.echo("\t".join(shown))
