"""What is said about boxes from saliency maps: answers, tables, explanations."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Protocol

from vizcore.figures.localisation import HEADS
from vizcore.figures.numbers import percent
from vizcore.figures.saliency_words import rewriting_words
from vizcore.figures.trust_words import plain
from vizcore.formats.data import rows_csv
from vizcore.records.localisation import (
    FOUND_ABOVE,
    GUESSES,
    BoxScores,
    Localisation,
    LocalisationStudy,
    Rectangle,
    SceneBaselines,
)

EXPLAINED = f"""
- **Seeds.** Pixels of the map above one quantile give the colours of the object, those below
  another the colours of the background, each a mixture of five Gaussians. A graph cut divides the
  picture by these colours and keeps neighbours of like colour together; seeds keep their side. The
  largest connected part is the object, and the box is around it. The map itself is used for the
  seeds only.
- **Where it comes from.** Simonyan, Vedaldi and Zisserman, *Deep Inside Convolutional Networks*
  (2014), section 3.2: the magnitude of the gradient, quantiles 95% and 30%, 46.4% top-5 error of
  localisation on the test set of ILSVRC-2013, where the class had to be named too. That number is
  of another network, other pictures and another task than these.
- **IoU** is the area that two boxes share over the area that they cover together: 1 is the same
  box. Above {FOUND_ABOVE:g} an object counts as found, as in ILSVRC; the localisation error is the
  share of the other scenes. A map without seeds, or a segment without a pixel, counts as 0.
- **The class is given:** maps are of the object's true class, whatever the network names first.
  The scenes show a patch of one photograph pasted on another, and most networks here name the
  larger one behind; the table says how often, and how the boxes fare where the object is named.
  *Class too* is the error where the class has to be told as well, among the network's first answer
  or its first {GUESSES}, as ILSVRC counts it.
- **Baselines.** The centred square has the one side that suits these very scenes best, which no
  method is told. Random numbers and edges (Sobel) are made into boxes just as the maps are. What
  is pasted on a photograph differs from it in texture, so edges alone can say much about where it
  is: a map no better than they are need not come from anything the network has learned.
"""


class KnownScene(Protocol):
    """A scene whose object's box is known."""

    @property
    def class_name(self) -> str:
        """What is to be found."""

    @property
    def background(self) -> str:
        """What is behind it."""

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Where it is."""


def scene_answer(found: Localisation, box: Rectangle, method: str, target: str, said: str) -> str:
    """The answer for one scene, as HTML."""
    score = found.iou(box)
    verdict = "found" if score > FOUND_ABOVE else "not found"
    named = (
        "which it also names first"
        if said == target
        else f"though the network names {html.escape(said)} first"
    )
    return (
        f"The box that {html.escape(method)} points at shares an IoU of <b>{plain(score)}</b> with "
        f"that of the {html.escape(target)}, {named}: <b>{verdict}</b> "
        f"(more than {FOUND_ABOVE:g} is needed)."
    )


def photo_answer(found: Localisation, method: str, target: str) -> str:
    """The answer for a photograph whose objects' boxes are not known, as HTML."""
    left, top, right, bottom = found.box
    height, width = found.map_hw.shape
    share = (right - left) * (bottom - top) / (height * width)
    return (
        f"For {html.escape(target)}, {html.escape(method)} points at a box of "
        f"<b>{right - left:g} × {bottom - top:g} pixels</b>, {percent(share)} of the picture."
    )


def study_answer(studies: Sequence[LocalisationStudy], without: SceneBaselines) -> str:
    """The answer for all scenes, as HTML: the best method against the baselines."""
    best = max(studies, key=lambda study: study.scores.mean)
    scores, count = best.scores, len(best.targets_n)
    rivals = sorted(without.all, key=lambda each: each.mean, reverse=True)
    above = [each for each in rivals if each.mean >= scores.mean]
    below = [each for each in rivals if each.mean < scores.mean]
    parts = []
    if above:
        parts.append(f"no better than {_listed(above)}")
    if below:
        parts.append(f"better than {_listed(below)}")
    among = f" (best of {len(studies)})" if len(studies) > 1 else ""
    return (
        f"Told the class, <b>{html.escape(scores.title)}</b>{among} finds "
        f"<b>{percent(1 - scores.error)}</b> of {count} objects, mean IoU "
        f"<b>{plain(scores.mean)}</b>: {' and '.join(parts)}."
    )


def _listed(scores: Sequence[BoxScores]) -> str:
    names = [
        f"{'the ' if each.title.startswith('Best') else ''}{each.title[:1].lower()}"
        f"{each.title[1:]} ({plain(each.mean)})"
        for each in scores
    ]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def naming_said(study: LocalisationStudy) -> str:
    """How often the network names what is in the scenes."""
    return (
        f"On these scenes the network names the object's class first in {percent(study.accuracy)}, "
        f"the background's in {percent(study.background_share)}."
    )


def studies_said(studies: Sequence[LocalisationStudy]) -> str:
    """How often the network names what is there, and what was rewritten of it for a method."""
    said = [naming_said(studies[0])]
    for study in studies:
        if words := rewriting_words(study.fit):
            said.append(f"{study.scores.title}: {words[:1].lower()}{words[1:]}.")
    return " ".join(said)


def study_rows(
    studies: Sequence[LocalisationStudy], without: SceneBaselines
) -> list[dict[str, object]]:
    """One flat row a method and a baseline, as CSV and JSON hold it."""
    rows = []
    for study in studies:
        named = study.where_named
        rows.append(
            {
                "what": study.scores.title,
                "method": study.method,
                **_numbers(study.scores),
                "error, class too, top-1": study.error_named(1),
                f"error, class too, top-{GUESSES}": study.error_named(),
                "class accuracy": study.accuracy,
                "background named": study.background_share,
                "scenes with the class named first": int(study.named_n.sum()),
                "mean IoU there": None if named is None else named.mean,
                "localisation error there": None if named is None else named.error,
            }
        )
    for scores in without.all:
        title = scores.title
        if scores is without.centred:
            title = f"{title}, {without.side_px} px"
        empty = dict.fromkeys(
            (
                "error, class too, top-1",
                f"error, class too, top-{GUESSES}",
                "class accuracy",
                "background named",
                "scenes with the class named first",
                "mean IoU there",
                "localisation error there",
            )
        )
        rows.append({"what": title, "method": "", **_numbers(scores), **empty})
    return rows


def _numbers(scores: BoxScores) -> dict[str, object]:
    return {
        "scenes": len(scores.ious_n),
        "mean IoU": scores.mean,
        "median IoU": scores.median,
        "localisation error": scores.error,
        "without a box": scores.missing,
    }


def study_csv(studies: Sequence[LocalisationStudy], without: SceneBaselines) -> str:
    """The rows as CSV."""
    return rows_csv(study_rows(studies, without))


def study_table(studies: Sequence[LocalisationStudy], without: SceneBaselines) -> str:
    """The rows as an HTML table."""
    with_class = ("error, class too, top-1", f"error, class too, top-{GUESSES}")
    heads = ("mean IoU", "median IoU", "localisation error", *with_class, "without a box")
    named = "error where the class is named first"
    head = "".join(f'<th class="n">{each}</th>' for each in (*heads, named))
    body = ""
    for row in study_rows(studies, without):
        count, error = row["scenes with the class named first"], row["localisation error there"]
        there = "" if not isinstance(error, float) else f"{percent(error)} of {count}"
        cells = (
            plain(float(str(row["mean IoU"]))),
            plain(float(str(row["median IoU"]))),
            percent(float(str(row["localisation error"]))),
            *("" if row[each] is None else percent(float(str(row[each]))) for each in with_class),
            str(row["without a box"]),
            there,
        )
        numbers = "".join(f'<td class="n">{each}</td>' for each in cells)
        body += f"<tr><td>{html.escape(str(row['what']))}</td>{numbers}</tr>"
    return (
        f'<div class="cs-wide"><table class="cs-table"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def heads_html(said: Sequence[str], width_px: int) -> str:
    """What stands under the four pictures."""
    cells = "".join(
        f"<div><b>{head}</b><br>{html.escape(each)}</div>"
        for head, each in zip(HEADS, said, strict=True)
    )
    return f'<div class="cs-found" style="--row-px:{width_px}px">{cells}</div>'


def found_json(
    found: Localisation, box: Rectangle | None, target: str, method: str, said: str
) -> str:
    """What was found in one picture, as JSON."""
    low, high = found.thresholds
    how = found.settings
    told = {
        "class": target,
        "method": method,
        "most probable": said,
        "box": found.box,
        "true box": box,
        "iou": None if box is None else found.iou(box),
        "quantiles": {"foreground": how.foreground, "background": how.background},
        "thresholds": {"foreground": high, "background": low},
        "smoothed px": how.blur_px,
        "magnitude": how.absolute,
        "share of picture": float(found.component_hw.mean()),
    }
    return json.dumps(told, indent=1) + "\n"


def scenes_csv(
    scenes: Sequence[KnownScene], studies: Sequence[LocalisationStudy], without: SceneBaselines
) -> str:
    """A row a scene: what it shows, its box, and every method's IoU with it."""
    rows = []
    for n, scene in enumerate(scenes):
        row: dict[str, object] = {
            "scene": n,
            "object": scene.class_name,
            "background": scene.background,
            "true box": " ".join(map(str, scene.box)),
        }
        for study in studies:
            box = study.scores.boxes[n]
            row[f"box of {study.scores.title}"] = (
                None if box is None else " ".join(f"{side:g}" for side in box)
            )
            row[f"IoU of {study.scores.title}"] = float(study.scores.ious_n[n])
        for scores in without.all:
            row[f"IoU of {scores.title}"] = float(scores.ious_n[n])
        row["object named first"] = bool(studies[0].named_n[n])
        rows.append(row)
    return rows_csv(rows)
