"""Architectures from the reference facts whose build comes from torchvision or timm."""

from __future__ import annotations

from vizcore.reference import ArchitectureFacts, architecture_facts
from vizcore.zoo.architecture import Architecture, Paper, PublishedError
from vizcore.zoo.deviations import DEVIATIONS
from vizcore.zoo.libraries import TimmBuilder, TorchvisionBuilder, torchvision_name


def _published(facts: ArchitectureFacts) -> PublishedError | None:
    if facts.top1_err_pct is None and facts.top5_err_pct is None:
        return None
    return PublishedError(
        facts.top1_err_pct,
        facts.top5_err_pct,
        facts.eval_dataset,
        facts.error_protocol,
        facts.error_source,
    )


def _architecture(facts: ArchitectureFacts) -> Architecture:
    library, _, name = facts.source.partition(":")
    if library == "torchvision":
        name = torchvision_name(facts.source)
        builder: TorchvisionBuilder | TimmBuilder = TorchvisionBuilder(name)
    else:
        builder = TimmBuilder(name)
    aliases = (f"{library}:{name}", name)
    return Architecture(
        key=facts.key,
        name=facts.display_name,
        family=facts.family,
        year=facts.year,
        paper=Paper(facts.title, facts.authors, facts.venue),
        input_shape=facts.input_shape,
        num_classes=facts.num_outputs,
        depth=facts.depth,
        depth_note=facts.depth_note,
        source=f"{library}:{name}",
        builder=builder,
        aliases=tuple(alias for alias in aliases if alias != facts.key),
        deviations=DEVIATIONS.get(facts.key, ()),
        published=_published(facts),
        other_results=facts.other_results,
    )


def facts_rows() -> tuple[Architecture, ...]:
    """Return every architecture of the reference facts that a library builds."""
    return tuple(_architecture(facts) for facts in architecture_facts() if facts.source != "own")
