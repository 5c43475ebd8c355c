"""The pictures with which the program is installed as an app, drawn from `app/static/favicon.svg` by a headless Chromium.

`python -m tools.icons` draws them again after the favicon has changed; the pictures are committed.
Not for: icons inside pages, which are inline SVG.
Holds always: a maskable picture fills its square with the favicon's ground and keeps the drawing in the middle four fifths,
because a system may cut it round.
"""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import chromium

STATIC = Path(__file__).resolve().parent.parent / "app" / "static"
PICTURES = {"icon-192.png": (192, 1.0), "icon-512.png": (512, 1.0), "icon-maskable-512.png": (512, 0.8)}
"""Name → (pixels on a side, share of the side that the drawing takes)."""


def draw(page: Page, drawing: str, side: int, share: float) -> bytes:
    """The drawing as a PNG; what it leaves of the square has its ground where it is maskable, else nothing."""
    ground = re.search(r'fill="(#[0-9a-f]{3,6})"', drawing)
    colour = ground.group(1) if ground and share < 1 else "transparent"
    data = base64.b64encode(drawing.encode()).decode()
    inset = round(side * (1 - share) / 2)
    page.set_viewport_size({"width": side, "height": side})
    page.set_content(
        f'<body style="margin:0;background:{colour}">'
        f'<img style="display:block;margin:{inset}px" width="{side - 2 * inset}" src="data:image/svg+xml;base64,{data}">'
    )
    return page.screenshot(omit_background=True)


def main() -> int:
    drawing = (STATIC / "favicon.svg").read_text(encoding="utf-8")
    with chromium() as browser:
        page = browser.new_page()
        for name, (side, share) in PICTURES.items():
            (STATIC / "icons" / name).write_bytes(draw(page, drawing, side, share))
            print(f"app/static/icons/{name}: {side} px")
    return 0


if __name__ == "__main__":
    sys.exit(main())
