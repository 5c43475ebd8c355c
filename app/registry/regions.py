"""The Regions of the country, as the registry names them.

Holds always: codes are ISTAT's, two digits, text. In `region_names` a Region stands if an entity of the registry lies in it.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from app.extensions import db
from app.registry.models import Entity

REGIONS: Final[dict[str, str]] = {
    "01": "Piemonte",
    "02": "Valle d'Aosta/Vallée d'Aoste",
    "03": "Lombardia",
    "04": "Trentino-Alto Adige/Südtirol",
    "05": "Veneto",
    "06": "Friuli-Venezia Giulia",
    "07": "Liguria",
    "08": "Emilia-Romagna",
    "09": "Toscana",
    "10": "Umbria",
    "11": "Marche",
    "12": "Lazio",
    "13": "Abruzzo",
    "14": "Molise",
    "15": "Campania",
    "16": "Puglia",
    "17": "Basilicata",
    "18": "Calabria",
    "19": "Sicilia",
    "20": "Sardegna",
}
"""All twenty by code, for a page that offers them: it needs no query."""


def region_names() -> dict[str, str]:
    """Code → name, by name."""
    query = sa.select(Entity.region_code, sa.func.min(Entity.region).label("name"))
    query = query.where(Entity.region_code.is_not(None), Entity.region.is_not(None)).group_by(Entity.region_code)
    return {row.region_code: row.name for row in db.session.execute(query.order_by("name", Entity.region_code))}
