"""Which maps the Saliency room is asked for: every chosen method for every chosen class."""

from __future__ import annotations

from dataclasses import dataclass, field

from vizcore.figures.numbers import percent
from vizcore.records.maps import Prediction
from vizcore.records.saliency import SaliencyMap, SaliencyMethod
from vizcore.runtime.jobs import Task
from vizcore.tasks import saliency as saliency_tasks
from vizcore.ui.address import View
from vizcore.ui.pictures import Chosen
from vizcore.ui.saliency_views import chosen_classes, chosen_methods, options_of, subtracted
from vizcore.zoo.weights import Weights


@dataclass(frozen=True, slots=True)
class Asked:
    """One map that is asked for.

    Attributes:
        method, class_name: what it is of; `sure` the class's probability, where it is known.
        of: the same in words.
        task: what computes it.
    """

    method: SaliencyMethod
    class_name: str
    sure: float | None
    of: str
    task: Task[SaliencyMap] = field(repr=False)

    @property
    def name(self) -> str:
        """Tells the maps of one page apart."""
        return f"saliency-{self.method.key}-{self.class_name}"


def asked_maps(view: View, weights: Weights, chosen: Chosen, said: Prediction) -> list[Asked]:
    """Every chosen method for every chosen class.

    Raises:
        UnknownClass: with the nearest names.
    """
    minus = subtracted(view, weights)
    known = dict(zip(said.indices, said.probabilities, strict=True))
    classes = chosen_classes(view, weights, said)
    asked = []
    for method in chosen_methods(view):
        for name, number in classes if method.of_class else classes[:1]:
            task = saliency_tasks.saliency_task(
                weights.architecture,
                chosen.picture,
                number,
                method.key,
                against=minus if method.of_class else None,
                layer=view["layer"] or None,
                seed=view["seed"],
                options=options_of(view, method),
                weights=weights,
            )
            asked.append(
                Asked(
                    method,
                    name,
                    known.get(number),
                    _of(view, method, name, known.get(number)),
                    task,
                )
            )
    return asked


def _of(view: View, method: SaliencyMethod, name: str, sure: float | None) -> str:
    """What a map is of, under its method's title."""
    if not method.of_class:
        unit = "A unit of " if "unit" in method.needs else ""
        return f"{unit}{view['layer'] or 'the last layer with maps'}"
    less = f" minus {view['minus']}" if view["minus"] else ""
    return f"{name}, {percent(sure)}{less}" if sure is not None else f"{name}{less}"
