"""The card of one architecture, as HTML: what it is, what it costs, how this build differs."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from vizcore import zoo
from vizcore.figures.numbers import exact, short
from vizcore.ui.atlas_entries import Row, protocol, row

#: Families whose idea a page of the building blocks takes apart: its name there.
IDEAS = {
    "Inception": "inception",
    "VGG": "stacked-3x3",
    "MobileNet": "depthwise",
    "MnasNet": "depthwise",
    "EfficientNet": "squeeze-excite",
    "ResNet": "residual",
    "ResNeXt": "resnext",
    "SENet": "squeeze-excite",
    "DenseNet": "dense",
}

CSS = """
<style>
.cs-card { display: flex; flex-wrap: wrap; gap: 0.5rem 2.5rem; font-size: 1rem; line-height: 1.5; }
.cs-card > div { flex: 1 1 20rem; }
.cs-card > dl { flex: 1.3 1 22rem; }
.cs-card p, .cs-card ul { margin: 0 0 0.5rem; }
.cs-card ul { padding-left: 1.1rem; }
.cs-card h4 { font-size: 1rem; font-weight: 650; margin: 0.4rem 0 0.2rem; padding: 0; }
.cs-card dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1.2rem;
  margin: 0; font-variant-numeric: tabular-nums; align-content: start; }
.cs-card dt { opacity: 0.75; }
.cs-card dd { margin: 0; }
.cs-card small { display: block; font-size: 0.9rem; opacity: 0.8; }
.cs-card-name { font-size: 1.35rem; font-weight: 650; line-height: 1.3; }
.cs-card-name span { font-weight: 400; opacity: 0.75; font-size: 1rem; margin-left: 0.5rem; }
.st-key-atlas-card [data-testid="stPageLink"] a {
  border: 1px solid rgba(128, 140, 155, 0.5); border-radius: 0.4rem;
  padding: 0.4rem 0.8rem; }
.st-key-atlas-card [data-testid="stPageLink"] a:hover { border-color: currentColor; }
.st-key-atlas-timeline, .st-key-atlas-challenge { overflow-x: auto; }
.st-key-atlas-timeline > div, .st-key-atlas-challenge > div { min-width: 760px; }
</style>
"""


def depth_unit(architecture: zoo.Architecture) -> str:
    """What the depth counts: weight layers, unless its note says blocks."""
    note = architecture.depth_note
    return note if note.endswith("blocks") else "layers"


def input_text(architecture: zoo.Architecture) -> str:
    """A picture as people write it: "224 × 224", or "grey 32 × 32" where it has one channel."""
    channels, height, width = architecture.input_shape
    kind = {1: "grey ", 3: ""}.get(channels, f"{channels}-channel ")
    return f"{kind}{height} × {width}"


def error_text(found: Row) -> str:
    """The published error in a few words; empty where there is none."""
    parts = [
        f"{value:.{1 if value >= 1 else 2}f}% {name}"
        for name, value in (("top-1", found.top1_err_pct), ("top-5", found.top5_err_pct))
        if value is not None
    ]
    return ", ".join(parts)


def _other_size(architecture: zoo.Architecture) -> str:
    """Where the error was measured on larger or smaller pictures than the input here: which."""
    crop = re.search(
        r"crop (\d+)", architecture.published.protocol if architecture.published else ""
    )
    if crop is None or int(crop[1]) == architecture.input_shape[-1]:
        return ""
    return f" (measured at {crop[1]} × {crop[1]})"


def answer(architecture: zoo.Architecture) -> str:
    """One sentence about the architecture, with its numbers."""
    found = row(architecture.key)
    year = f", {architecture.year}" if architecture.year else ""
    facts = []
    if architecture.depth is not None:
        facts.append(f"<b>{architecture.depth} {depth_unit(architecture)}</b>")
    if found.params is not None:
        number = f'<b title="{exact(found.params)}">{short(found.params)} parameters</b>'
        facts.append(number)
    if found.macs is not None:
        number = f'<b title="{exact(found.macs)}">{short(found.macs)} multiply-adds</b>'
        facts.append(f"{number} for a {input_text(architecture)} picture")
    if error := error_text(found):
        where = found.dataset.replace("ImageNet-1k val", "ImageNet") + _other_size(architecture)
        facts.append(f"a published error of <b>{error}</b> on {escape(where)}")
    if not facts:
        return (
            f"<b>{escape(architecture.name)}</b>{year} comes from a library: its layers are "
            "counted when the Layers page opens it."
        )
    listed = facts[0] if len(facts) == 1 else ", ".join(facts[:-1]) + " and " + facts[-1]
    return f"<b>{escape(architecture.name)}</b>{year}: {listed}."


def heading(architecture: zoo.Architecture) -> str:
    """The card's first line, with its style."""
    about = " · ".join(str(part) for part in (architecture.family, architecture.year) if part)
    name = f"{escape(architecture.name)}<span>{escape(about)}</span>"
    return f'{CSS}<div class="cs-card-name">{name}</div>'


@lru_cache(maxsize=256)
def body(key: str) -> str:
    """The card below its first line."""
    architecture = zoo.get(key)
    return f'<div class="cs-card"><div>{_prose(architecture)}</div>{_facts(architecture)}</div>'


def _prose(architecture: zoo.Architecture) -> str:
    parts = []
    if paper := architecture.paper:
        parts.append(
            f"<p><em>{escape(paper.title)}</em><br>{escape(paper.authors)}<br>"
            f"{escape(paper.venue)}</p>"
        )
    else:
        parts.append("<p>No paper is recorded for it here.</p>")
    if architecture.what_was_new:
        parts.append(f"<h2>What was new</h2><p>{escape(architecture.what_was_new)}</p>")
    parts.append("<h2>How this build differs from the paper</h2>")
    if architecture.deviations:
        items = "".join(f"<li>{escape(each)}</li>" for each in architecture.deviations)
        parts.append(f"<ul>{items}</ul>")
    else:
        parts.append("<p>No difference is known.</p>")
    return "".join(parts)


def _facts(architecture: zoo.Architecture) -> str:
    found = row(architecture.key)
    lines: list[tuple[str, str, str]] = [
        (
            "Input",
            f"{input_text(architecture)} pixels",
            f"{exact(architecture.num_classes)} outputs",
        )
    ]
    if architecture.depth is not None:
        unit = depth_unit(architecture)
        note = "" if unit == architecture.depth_note else architecture.depth_note
        lines.append(("Depth", f"{architecture.depth} {unit}", note))
    if found.params is not None:
        lines.append(("Parameters", short(found.params), exact(found.params)))
    if found.macs is not None:
        lines.append(("Multiply-adds", short(found.macs), f"{exact(found.macs)} for one picture"))
    if error := error_text(found):
        source = architecture.published.source if architecture.published else ""
        lines.append(
            (
                "Published error",
                f"{error} on {found.dataset}",
                f"{protocol(architecture)}. Source: {source}",
            )
        )
    else:
        lines.append(("Published error", "none recorded", ""))
    aliases = ", ".join(architecture.aliases) or "no other name"
    lines.append(("Name in code", architecture.key, f"also: {aliases}"))
    made = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(text)}"
        + (f"<small>{escape(small)}</small>" if small else "")
        + "</dd>"
        for label, text, small in lines
    )
    return f"<dl>{made}</dl>"
