"""A drawing of boxes and words, as SVG for the page and as PNG for a file."""

from __future__ import annotations

import html
import io
from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFont

from vizcore.figures.palette import FONT_FAMILY

#: What the PNG's font lacks, and what stands for it there.
_IN_PNG = str.maketrans({"×": "x", "−": "-", "→": ">", "←": "<", "⋆": "*", "∗": "*"})


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle. `title` is shown on hover; `dashed` is the style of its edge."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    edge: str = ""
    edge_px: float = 1
    dashed: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text, its middle at `y`; `anchor` is "start", "middle" or "end"."""

    x: float
    y: float
    text: str
    ink: str
    size_px: float = 16
    anchor: str = "start"
    bold: bool = False


@dataclass(slots=True)
class Drawing:
    """Boxes and words, in the order they are drawn.

    Example:
        >>> drawing = Drawing(20, 10, "#ffffff", "a black box")
        >>> drawing.marks.append(Box(2, 2, 6, 6, "#000000"))
        >>> drawing.svg().count("<rect"), Image.open(io.BytesIO(drawing.png(scale=2))).size
        (2, (40, 20))
    """

    width: float
    height: float
    paper: str
    alt: str
    marks: list[Box | Words] = field(default_factory=list)

    def svg(self) -> str:
        """The drawing as SVG, with its finding as alternative text."""
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {self.width:g} '
            f'{self.height:g}" width="{self.width:g}" height="{self.height:g}" '
            f'aria-label="{html.escape(self.alt)}" '
            f"font-family='{html.escape(FONT_FAMILY, quote=False)}'>"
            f'<rect width="100%" height="100%" fill="{self.paper}"></rect>'
        ]
        parts += map(_svg, self.marks)
        return "".join([*parts, "</svg>"])

    def png(self, *, scale: int = 2) -> bytes:
        """The drawing as PNG, `scale` pixels to a unit."""
        size = round(self.width * scale), round(self.height * scale)
        image = Image.new("RGB", size, self.paper)
        draw = ImageDraw.Draw(image)
        for mark in self.marks:
            if isinstance(mark, Words):
                anchor = {"start": "lm", "middle": "mm", "end": "rm"}[mark.anchor]
                font = ImageFont.load_default(mark.size_px * scale)
                stroke = scale / 4 if mark.bold else 0
                draw.text(
                    (mark.x * scale, mark.y * scale),
                    mark.text.translate(_IN_PNG),
                    fill=mark.ink,
                    font=font,
                    anchor=anchor,
                    stroke_width=stroke,
                )
                continue
            corners = [mark.x, mark.y, mark.x + mark.width, mark.y + mark.height]
            corners = [value * scale for value in corners]
            corners = [corners[0], corners[1], corners[2] - 1, corners[3] - 1]
            edge_px = max(1, round(mark.edge_px * scale))
            draw.rectangle(
                corners, fill=mark.fill or None, outline=mark.edge or None, width=edge_px
            )
        file = io.BytesIO()
        image.save(file, "PNG", compress_level=6)
        return file.getvalue()


def _svg(mark: Box | Words) -> str:
    if isinstance(mark, Words):
        bold = ' font-weight="650"' if mark.bold else ""
        return (
            f'<text x="{mark.x:g}" y="{mark.y:g}" fill="{mark.ink}" font-size="{mark.size_px:g}" '
            f'text-anchor="{mark.anchor}" dominant-baseline="central"{bold}>'
            f"{html.escape(mark.text)}</text>"
        )
    edge = f' stroke="{mark.edge}" stroke-width="{mark.edge_px:g}"' if mark.edge else ""
    dashes = ' stroke-dasharray="4 3"' if mark.dashed else ""
    title = f"<title>{html.escape(mark.title)}</title>" if mark.title else ""
    return (
        f'<rect x="{mark.x:g}" y="{mark.y:g}" width="{mark.width:g}" height="{mark.height:g}" '
        f'fill="{mark.fill or "none"}"{edge}{dashes}>{title}</rect>'
    )
