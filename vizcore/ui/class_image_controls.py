"""What class images are made for: classes, lambdas, units or layers, chosen in the page's row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from vizcore.errors import BadChoice, UnknownLayer
from vizcore.formats.words import counted
from vizcore.records import Pair
from vizcore.records.layers import LayerRow
from vizcore.runtime.jobs import Task
from vizcore.tasks import class_images as tasks
from vizcore.tasks.sight import require_classes
from vizcore.ui import cache
from vizcore.ui import class_image_options as options
from vizcore.ui import class_image_widgets as widgets
from vizcore.ui import picture_views as views
from vizcore.ui.address import View
from vizcore.ui.class_image_choices import MOST, MOST_LAMBDAS, PLACES, parse_lambda
from vizcore.ui.class_image_presets import draw_preset
from vizcore.ui.pictures import Chosen
from vizcore.zoo.weights import Weights

#: Images to begin with.
FIRST, FIRST_LAYERS = 12, 7
#: Lambdas to begin with, as multiples of the usual one.
_MULTIPLES = (0.0, 0.1, 0.3, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the controls ask for: the task, its code, the choice that a refusal would mend.

    Attributes:
        count: images that will be shown.
        coming: the answer before the first step, as HTML.
    """

    task: Task[Any]
    code: str
    count: int
    coming: str
    sets: str | None = None


def draw(view: View, name: str, weights: Weights, chosen: Chosen) -> Asked:
    """Draw the controls of a view, and say what they ask for.

    Raises:
        ConvScopeError: what is chosen cannot be; one sentence.
    """
    return {
        "classes": _draw_classes,
        "lambda": _draw_lambdas,
        "unit": _draw_units,
        "inversion": _draw_layers,
    }[name](view, weights, chosen)


def _draw_classes(view: View, weights: Weights, chosen: Chosen) -> Asked:
    require_classes(weights)
    count = len(weights.classes)
    if not view["classes"]:
        view["classes"] = list(range(min(FIRST, count)))
    _check(view["classes"], count, "There is no class number {}.")
    st.multiselect(
        "Classes",
        range(count),
        format_func=lambda number: weights.classes[number],
        max_selections=MOST,
        width=300,
        **view.bind("classes"),
    )
    draw_preset(view, weights)
    widgets.draw_options(view, weights, lambdas=False)
    wanted = view["classes"]
    how = options.ascent_options(view)
    task = tasks.class_images_task(
        weights.architecture, wanted, view["lambda"], how, photo=chosen.picture, weights=weights
    )
    given = wanted[0] if len(wanted) == 1 else wanted
    code = _ascent_code(view, weights, chosen, f"class_images({{key}}, {given!r}")
    return Asked(task, code, len(wanted), _coming(len(wanted), how.steps), "classes")


def _draw_lambdas(view: View, weights: Weights, chosen: Chosen) -> Asked:
    require_classes(weights)
    count = len(weights.classes)
    _check([view["class"]], count, "There is no class number {}.")
    if not view["lambdas"]:
        usual = options.usual_lambda(weights)
        view["lambdas"] = [float(f"{each * usual:.2g}") for each in _MULTIPLES]
    st.selectbox(
        "Class",
        range(count),
        format_func=lambda number: weights.classes[number],
        width=120,
        **view.bind("class"),
    )
    _draw_list_of_lambdas(view)
    draw_preset(view, weights)
    widgets.draw_options(view, weights, lambdas=True)
    how, wanted = options.ascent_options(view), sorted(view["lambdas"])
    task = tasks.lambda_row_task(
        weights.architecture, view["class"], wanted, how, photo=chosen.picture, weights=weights
    )
    code = _ascent_code(
        view, weights, chosen, f"class_images({{key}}, {view['class']}, {wanted!r}", lambdas=True
    )
    return Asked(task, code, len(wanted), _coming(len(wanted), how.steps), "class")


def _draw_list_of_lambdas(view: View) -> None:
    """The lambdas as words that a person may add to."""
    key = f"{view.key('lambdas')}.words"
    st.session_state[key] = [f"{each:g}" for each in sorted(view["lambdas"])]

    def take() -> None:
        found = []
        for word in st.session_state[key]:
            try:
                found.append(parse_lambda(word))
            except ValueError:
                st.session_state[_REFUSED] = (
                    f"'{word}' is no λ. Allowed: numbers from 0 to 1e6, such as 0.001."
                )
        view["lambdas"] = found

    st.multiselect(
        "Each λ",
        st.session_state[key],
        accept_new_options=True,
        max_selections=MOST_LAMBDAS,
        key=key,
        on_change=take,
        help="The weight of the squared norm. Type a number to add one.",
        width=200,
    )
    if refused := st.session_state.pop(_REFUSED, None):
        st.warning(refused)


_REFUSED = "class-images.refused"


def _draw_units(view: View, weights: Weights, chosen: Chosen) -> Asked:
    rows = {row.name: row for row in _rows(weights, ("conv", "linear"))}
    if not view["layer"]:
        names = [name for name, row in rows.items() if row.kind == "conv"]
        view["layer"] = names[len(names) // 2]
    layer = view["layer"]
    every = {row.name: row for row in _rows(weights, None)}
    if layer not in every:
        raise UnknownLayer.among("layer", layer, every)
    shape = every[layer].out_shape
    channels = shape[1] if len(shape) > 1 else 1
    if not view["channel"]:
        view["channel"] = list(range(min(FIRST, channels)))
    names = list(rows) if layer in rows else [*rows, layer]
    st.selectbox(
        "Layer", names, width=120, on_change=_forget, args=(view, "channel"), **view.bind("layer")
    )
    _check(view["channel"], channels, f"'{layer}' has no channel {{}}.")
    st.multiselect(
        "Channels", range(channels), max_selections=MOST, width=200, **view.bind("channel")
    )
    place = _draw_place(view, shape)
    draw_preset(view, weights)
    widgets.draw_options(view, weights, lambdas=False)
    how = options.ascent_options(view)
    units: list[tasks.Unit] = [
        (layer, channel) if place is None else (layer, channel, place)
        for channel in view["channel"]
    ]
    task = tasks.activation_images_task(
        weights.architecture, units, view["lambda"], how, photo=chosen.picture, weights=weights
    )
    code = _ascent_code(view, weights, chosen, f"activation_images({{key}}, {units!r}")
    return Asked(task, code, len(units), _coming(len(units), how.steps), None)


def _draw_place(view: View, shape: tuple[int, ...]) -> Pair | Literal["centre"] | None:
    """The mean of the map, or a place in it."""
    if len(shape) != 4:
        return None
    st.selectbox(
        "What of it",
        list(PLACES),
        format_func=PLACES.__getitem__,
        width=170,
        help="The mean over the map asks for the channel everywhere; one unit only for what its "
        "receptive field sees.",
        **view.bind("place"),
    )
    if view["place"] == "centre":
        return "centre"
    if view["place"] == "mean":
        return None
    for name, side in (("row", shape[2]), ("column", shape[3])):
        if view[name] >= side:
            raise BadChoice(
                f"The map has no {name} {view[name]}. Allowed: 0 to {side - 1}.",
                received=str(view[name]),
            )
        st.number_input(name.capitalize(), 0, side - 1, width=100, **view.bind(name))
    return view["row"], view["column"]


def _draw_layers(view: View, weights: Weights, chosen: Chosen) -> Asked:
    rows = _rows(weights, None)
    names = list(dict.fromkeys(row.name for row in rows))
    if not view["layers"]:
        view["layers"] = _spread([row.name for row in rows if row.kind in ("conv", "linear")])
    for layer in view["layers"]:
        if layer not in names:
            raise UnknownLayer.among("layer", layer, names)
    st.multiselect(
        "Layers, from the picture to the score",
        names,
        max_selections=MOST,
        width=490,
        **view.bind("layers"),
    )
    widgets.draw_inversion_options(view)
    how = options.inversion_options(view)
    wanted = [name for name in names if name in view["layers"]]
    key = weights.architecture
    task = tasks.inversion_task(key, chosen.picture, wanted, how, weights=weights)
    imports, argument = views.weights_code(weights)
    made = f", options={text}" if (text := options.written(how)) else ""
    code = (
        f"{views.picture_imports(chosen.name)}{imports}\n"
        f"found = vc.invert(\n    {key!r}, {views.picture_code(chosen.name)}, {wanted!r}{made}"
        f"{argument}\n)\n"
        "print(dict(zip(found.layers, found.errors_sn[-1])))"
    )
    return Asked(task, code, 1 + len(wanted), _coming(len(wanted), how.steps), "layers")


def _rows(weights: Weights, kinds: Sequence[str] | None) -> list[LayerRow]:
    """The network's layers in order: those of some kinds, or all with values of their own."""
    table = cache.traced(weights.architecture, None)
    told = kinds or ("conv", "pool", "linear", "norm", "activation", "join", "attention")
    return [row for row in table.rows if row.kind in told and not row.repeat]


def _spread(names: Sequence[str]) -> list[str]:
    """As many layers as fit, from the first to the last in even steps."""
    if len(names) <= FIRST_LAYERS:
        return list(names)
    last = len(names) - 1
    return [names[round(n * last / (FIRST_LAYERS - 1))] for n in range(FIRST_LAYERS)]


def _check(numbers: Sequence[int], count: int, sentence: str) -> None:
    """Refuse a number that is not there.

    Raises:
        BadChoice: names the first, and what is allowed.
    """
    for number in numbers:
        if number >= count:
            raise BadChoice(
                f"{sentence.format(number)} Allowed: 0 to {count - 1}.", received=str(number)
            )


def _forget(view: View, name: str) -> None:
    view[name] = view.choices[name].default


def _coming(count: int, steps: int) -> str:
    images = "One image" if count == 1 else f"<b>{count}</b> images"
    return f"{images}, {counted(steps, 'step')} each: the first is being taken."


def _ascent_code(
    view: View, weights: Weights, chosen: Chosen, call: str, *, lambdas: bool = False
) -> str:
    """Five lines that make the same images."""
    how = options.ascent_options(view)
    imports, argument = views.weights_code(weights)
    given = "" if lambdas or view["lambda"] is None else f", {view['lambda']!r}"
    made = f", options={text}" if (text := options.written(how)) else ""
    photo, first = "", "import vizcore as vc\n"
    if how.start == "photo":
        photo = f", photo={views.picture_code(chosen.name)}"
        first = views.picture_imports(chosen.name)
    text = call.format(key=repr(weights.architecture))
    return (
        f"{first}{imports}\nfound = vc.{text}{given}{made}{photo}{argument})\n"
        "for goal, score in zip(found.goals, found.scores_sn[-1]):\n"
        "    print(goal.name, goal.lambda_, score)"
    )
