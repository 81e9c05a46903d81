"""Architectures from the reference facts: built by torchvision, by timm or by this package."""

from __future__ import annotations

from vizcore.reference import ArchitectureFacts, architecture_facts
from vizcore.zoo.architecture import Architecture, Paper, PublishedError
from vizcore.zoo.deviations import DEVIATIONS
from vizcore.zoo.libraries import OwnBuilder, TimmBuilder, TorchvisionBuilder, torchvision_name
from vizcore.zoo.own_builders import BUILDERS


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
    builder: TorchvisionBuilder | TimmBuilder | OwnBuilder
    if library == "own":
        builder = BUILDERS[facts.key]
    elif library == "torchvision":
        name = torchvision_name(facts.source)
        builder = TorchvisionBuilder(name)
    else:
        builder = TimmBuilder(name)
    aliases = (f"{library}:{name}", name) if name else ()
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
        source=f"{library}:{name}" if name else library,
        builder=builder,
        aliases=tuple(alias for alias in aliases if alias != facts.key),
        deviations=DEVIATIONS.get(facts.key, ()),
        published=_published(facts),
        other_results=facts.other_results,
    )


def facts_rows() -> tuple[Architecture, ...]:
    """Return every architecture of the reference facts that there is a builder for."""
    return tuple(
        _architecture(facts)
        for facts in architecture_facts()
        if facts.source != "own" or facts.key in BUILDERS
    )
