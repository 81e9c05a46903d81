"""Class images in words: the page's answers, what stands under each image, its numbers."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np

from vizcore.figures.class_images import Label
from vizcore.figures.numbers import percent, short
from vizcore.formats.words import counted
from vizcore.records.class_images import AscentImages, Goal, Inversions
from vizcore.records.maps import Prediction


def sure(share: float) -> str:
    """A probability, never said to be whole when it is not.

    Example:
        >>> sure(0.99999), sure(0.5), sure(1.0)
        ('>99.9%', '50%', '100%')
    """
    return ">99.9%" if 0.9995 <= share < 1 else percent(share)


def recognised(found: AscentImages) -> list[int]:
    """The images of classes that the network itself takes for what they were made for."""
    return [
        number
        for number, (goal, said) in enumerate(zip(found.goals, found.predictions, strict=False))
        if said.indices[0] == goal.target
    ]


def labels(found: AscentImages, step: int, *, lambdas: bool = False) -> list[Label]:
    """What stands with each image after some steps; at the end, what the network says of it."""
    is_end = bool(found.predictions) and step == found.step
    made = []
    for number, goal in enumerate(found.goals):
        head = f"lambda {goal.lambda_:g}" if lambdas else _head(goal)
        score = float(found.scores_sn[step, number])
        if goal.target is None:
            made.append(Label(head, f"activation {short(score)}"))
        elif is_end:
            said = found.predictions[number]
            is_it = said.indices[0] == goal.target
            share = sure(said.probabilities[0])
            words = f"{share} sure" if is_it else f"as {said.classes[0]} {share}"
            made.append(Label(head, words, quiet=not is_it))
        else:
            assert found.probabilities_sn is not None
            made.append(
                Label(head, f"{sure(float(found.probabilities_sn[step, number]))} probable")
            )
    return made


def _head(goal: Goal) -> str:
    return goal.name if goal.target is not None else f"channel {goal.channel}"


def inverse_labels(found: Inversions, step: int) -> list[Label]:
    """What stands with the photo and with each layer's image."""
    said = found.photo_prediction
    first = "" if said is None else f"{said.classes[0]}, {sure(said.probabilities[0])}"
    return [
        Label("the photo", first),
        *(
            Label(layer, f"error {percent(float(found.errors_sn[step, number]))}")
            for number, layer in enumerate(found.layers)
        ),
    ]


def answer_classes(found: AscentImages) -> str:
    """The answer for images of classes, at the end or on the way, as HTML."""
    count, steps = len(found.goals), counted(found.step, "step")
    if count == 1:
        return _answer_one(found, steps)
    if found.predictions:
        mine = recognised(found)
        text = f"After {steps} the network recognises <b>{len(mine)} of its {count}</b> own images"
        wrong = [number for number in range(count) if number not in mine]
        if wrong:
            said = found.predictions[wrong[0]]
            text += (
                f"; that for {html.escape(found.goals[wrong[0]].name)} it takes for "
                f"<b>{html.escape(said.classes[0])}</b> ({sure(said.probabilities[0])})"
            )
        return text + "."
    assert found.probabilities_sn is not None
    odds = found.probabilities_sn[-1]
    return (
        f"After {steps} <b>{int((odds > 0.5).sum())} of {count}</b> images have more than half of "
        "the probability for their class."
    )


def _answer_one(found: AscentImages, steps: str) -> str:
    goal, score = found.goals[0], short(float(found.scores_sn[-1, 0]))
    name = html.escape(goal.name)
    assert found.probabilities_sn is not None
    text = f"After {steps} the image for <b>{name}</b> scores <b>{score}</b>"
    if not found.predictions:
        return f"{text}; its class is {sure(float(found.probabilities_sn[-1, 0]))} probable."
    said = found.predictions[0]
    if said.indices[0] == goal.target:
        return f"{text}, and the network is <b>{sure(said.probabilities[0])}</b> sure of it."
    return (
        f"{text}, yet the network takes it for <b>{html.escape(said.classes[0])}</b> "
        f"({sure(said.probabilities[0])})."
    )


def answer_lambdas(found: AscentImages) -> str:
    """What lambda does to one class's image, as HTML."""
    lambdas = [goal.lambda_ for goal in found.goals]
    low, high = int(np.argmin(lambdas)), int(np.argmax(lambdas))
    scores = found.scores_sn[-1]
    text = (
        f"For <b>{html.escape(found.goals[0].name)}</b>, {counted(found.step, 'step')} at λ = "
        f"{lambdas[low]:g} reach a score of <b>{short(float(scores[low]))}</b>, at λ = "
        f"{lambdas[high]:g} of <b>{short(float(scores[high]))}</b>"
    )
    if found.predictions:
        text += f"; the network recognises {len(recognised(found))} of the {len(lambdas)} images"
    return text + "."


def answer_units(found: AscentImages) -> str:
    """How far the units were driven, as HTML."""
    goal = found.goals[0]
    before, after = found.scores_sn[0], found.scores_sn[-1]
    layer, steps = html.escape(goal.layer or ""), counted(found.step, "step")
    if len(found.goals) == 1:
        where = "on average over its map" if goal.place is None else "at the chosen place"
        return (
            f"{steps} drive channel <b>{goal.channel}</b> of <code>{layer}</code> "
            f"from {short(float(before[0]))} to <b>{short(float(after[0]))}</b> {where}."
        )
    best = int(after.argmax())
    return (
        f"Of {counted(len(found.goals), 'channel')} of <code>{layer}</code>, {steps} drive "
        f"channel <b>{found.goals[best].channel}</b> furthest: from {short(float(before[best]))} "
        f"to <b>{short(float(after[best]))}</b>."
    )


def answer_inversion(found: Inversions) -> str:
    """How much each layer still knows of the photo, as HTML."""
    errors = found.errors_sn[-1]
    text = (
        f"After {counted(found.step, 'step')} the image for "
        f"<code>{html.escape(found.layers[0])}</code> has the photo's activations up to an error "
        f"of <b>{percent(float(errors[0]))}</b>"
    )
    if len(found.layers) > 1:
        last = html.escape(found.layers[-1])
        text += f", that for <code>{last}</code> up to <b>{percent(float(errors[-1]))}</b>"
    said = found.photo_prediction
    if found.predictions and said is not None:
        same = sum(each.indices[0] == said.indices[0] for each in found.predictions)
        text += (
            f"; the network takes {same} of {len(found.layers)} images for the same as the photo, "
            f"{html.escape(said.classes[0])}"
        )
    return text + "."


def numbers_table(
    names: Sequence[str],
    said: Sequence[Prediction],
    columns: Mapping[str, Sequence[float]],
) -> str:
    """Each image's numbers, and the three classes that the network finds most probable, as HTML."""
    heads = "".join(f'<th class="n">{name}</th>' for name in columns)
    rows = ""
    for number, name in enumerate(names):
        cells = "".join(f'<td class="n">{short(float(v[number]))}</td>' for v in columns.values())
        words = ""
        if number < len(said):
            pairs = zip(said[number].classes[:3], said[number].probabilities[:3], strict=True)
            words = ", ".join(f"{html.escape(each)} {sure(share)}" for each, share in pairs)
        rows += f"<tr><td>{html.escape(name)}</td>{cells}<td>{words or '–'}</td></tr>"
    return (
        f'<table class="cs-table"><thead><tr><th>image</th>{heads}'
        f"<th>what the network says of it</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def neighbours_alike(found: AscentImages) -> list[float]:
    """Cosine of each image but the first and the one before it: 1 is the same up to contrast."""
    flat = found.images_nchw.reshape(len(found.goals), -1).astype(np.float64)
    sizes = np.linalg.norm(flat, axis=1)
    products = np.einsum("nk,nk->n", flat[1:], flat[:-1])
    both = sizes[1:] * sizes[:-1]
    return [float(each) for each in products / np.where(both > 0, both, 1.0)]


def likeness(found: AscentImages) -> str:
    """How alike the images of neighbouring lambdas are, in a sentence; "" for a single one."""
    alike = neighbours_alike(found)
    if not alike:
        return ""
    told = ", ".join(f"{each:.2f}" for each in alike)
    return f"Neighbours are alike by {told} (cosine of the images, 1: the same up to contrast)."


def caption(found: AscentImages | Inversions, reduce: int) -> str:
    """How the images are shown."""
    if isinstance(found, Inversions):
        under = "the squared distance of the activations over the squared norm of the photo's"
    elif found.goals[0].target is None:
        under = "the activation"
    else:
        under = "how sure the network is of its class, or of which other it takes it for"
    text = (
        "The images with the mean added back; values beyond black and white are cut off. Under "
        f"each: {under}."
    )
    return text if reduce == 1 else f"{text} Shown at 1/{reduce} of their size."


EXPLANATION = """
**What is made.** `argmax S_c(I) - λ·|I|²` (Simonyan, Vedaldi, Zisserman, 2014, section 2): the
picture that raises the class's score S, before the softmax, most, less λ times its squared norm.
The network's weights are fixed; the picture starts as the mean training picture (zero, for the
network) and is moved along the gradient.

**What it shows.** What the class's score answers to, anywhere in the picture and in any number:
often parts and textures many times over, seldom one whole thing. It is one of many pictures that
score as high; another seed, start or λ gives another.

**What it does not show.** How the class looks, or that the network looks at the right thing. No
photograph was asked, and most such pictures are unlike all it was trained on: that the network is
sure of one is no sign that it would be right. Fine chequered noise that raises the score is real
too: it is what adversarial examples use. The modern options hide it, so what they show is prettier,
and as much the options' doing as the network's.

**A little more or less λ** can give another image, not the same one paler: the score of a network
of ReLUs and maxima over regions has very many maxima, and which of them the gradient leads to from
the mean picture turns on the smallest differences. Smaller steps do not change that. The numbers
under a row of λ say how alike neighbours came out.

**The unnormalised score** is raised, not the probability: that can be raised by lowering all the
other classes instead.
"""

EXPLANATION_INVERSION = """
**What is made.** For each layer the picture whose activations there come nearest to the photo's,
in squared distance over the squared norm of the photo's own, with a little weight on values within
bounds and on smoothness (Mahendran and Vedaldi, 2015). All start from the same noise.

**What it shows.** What the layer has kept. What differs between photo and picture is what the
layer no longer tells apart, or what the two regularisers filled in, or that the search was not
over: look at the error before reading a difference.
"""
