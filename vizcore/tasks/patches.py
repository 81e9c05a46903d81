"""What excites the units of a network, over a set of pictures, as a task for an engine.

A scan is kept on disk as it goes: whoever asks for the same again gets it at once, and one that
was cancelled or killed goes on where it was written last.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from vizcore.data.loading import Loaded, loaded
from vizcore.data.picture_sets import PictureSet
from vizcore.errors import BadChoice, BadImage
from vizcore.formats.words import counted
from vizcore.networks.loading import source_of
from vizcore.patch_places import EVERY, layers_asked, names_asked
from vizcore.picture_sources import open_pictures
from vizcore.place_rows import fields_of
from vizcore.records import ReceptiveField
from vizcore.records.patches import TopPatches
from vizcore.runtime.jobs import Progress, Task
from vizcore.runtime.memory import in_batches
from vizcore.runtime.scans import Scan, Scans, scan_key
from vizcore.tasks.sight import AnyWeights, chosen_weights
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from torch import nn

#: After how many pictures a scan is written: what a kill can lose.
CHECKPOINT = 256
#: Places kept of each channel, at most.
MOST = 100
#: Pixels of a batch's pictures, and pictures in one.
_BATCH_PX, _BATCH = 64 * 128 * 128, 64

Steps = Generator[Progress, None, TopPatches]


def top_patches_task(
    name: str,
    pictures: Any,
    layers: Sequence[str] | str | None = None,
    *,
    top: int = 9,
    weights: AnyWeights = None,
) -> Task[TopPatches]:
    """The `top` places of every channel of layers that excite it most, one a picture.

    Args:
        pictures: the name of a bundled set or of one of torchvision's, a folder, a zip archive,
            arrays, or a data set; see `vizcore.picture_sources.open_pictures`.
        layers: names of `vizcore.lenses.places.places` (`relu` is a module's first run, `relu_1`
            its second), or one of them; None takes every run of every convolution, and
            `vizcore.patch_places.EVERY` every place that gives maps.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        WeightsNotHere: pretrained weights that have to be fetched first.
        BadImage: no pictures; (when it runs) none that can be read.
        BadChoice: `top` outside 1 to `MOST`, or no layers.
        UnknownLayer, NotApplicable: (when it runs) no layer of this name, or one without maps.
    """
    if not isinstance(top, int) or not 1 <= top <= MOST:
        raise BadChoice.among("k", top, [f"whole numbers from 1 to {MOST}"])
    found = chosen_weights(name, weights)
    given = open_pictures(pictures)
    asked = layers_asked(layers)
    work = partial(_scan, weights=found, pictures=given, layers=asked, top=top)
    identity = (found.architecture, found.identity, given.stamp, asked, top)
    label = f"What excites {found.architecture}, over {given.title}"
    return Task(work, label, source_of(found), ("top patches", *identity))


def hashed(pictures: PictureSet) -> Generator[Progress, None, str]:
    """The sha256 of a set of pictures."""
    steps = pictures.digest()
    try:
        while True:
            share = next(steps)
            yield Progress(0, len(pictures), f"hashing the pictures: {share:.0%}")
    except StopIteration as stop:
        found: str = stop.value
        return found


def kept_key(
    weights: Weights, data_sha256: str, layers: Sequence[str] | None, **more: object
) -> str:
    """Under which key a result over a set of pictures is kept."""
    return scan_key(
        network=weights.architecture,
        weights=weights.identity,
        preprocessing=json.dumps(asdict(weights.preprocessing)),
        data=data_sha256,
        layers=layers,
        **more,
    )


def _scan(
    network: nn.Module,
    *,
    weights: Weights,
    pictures: PictureSet,
    layers: tuple[str, ...] | str | None,
    top: int,
) -> Steps:
    names = names_asked(network, weights.preprocessing, layers)
    data_sha256 = yield from hashed(pictures)
    key_of = partial(kept_key, weights, data_sha256, top=top)
    fields: dict[str, ReceptiveField | None] = {}

    def told(scan: Scan) -> TopPatches:
        if not fields:
            fields.update(fields_of(weights, tuple(scan.found)))
        return TopPatches(
            key=weights.architecture,
            weights=weights.name,
            random_weights=weights.is_random,
            pictures=pictures.title,
            data_sha256=data_sha256,
            names=pictures.names,
            looked_at=scan.looked_at,
            skipped=(*pictures.skipped, *scan.skipped),
            top=top,
            input_px=weights.preprocessing.crop_px,
            fields=fields,
            found=scan.found,
        )

    scans = Scans()
    scan = _known(scans, key_of, names, layers)
    if scan is None or not scan.complete:
        scan = yield from _look_through(
            network, weights, pictures, names, top, scans, key_of(layers), scan, told
        )
    if not scan.looked_at:
        first = scan.skipped[0]
        raise BadImage(
            f"Of {counted(scan.total, 'file')} in '{pictures.title}' none is a picture that "
            f"can be read. The first, {first.name}: {first.reason}",
            received=pictures.title,
        )
    return told(scan)


def _known(
    scans: Scans,
    key_of: Callable[[Sequence[str] | None], str],
    names: tuple[str, ...],
    layers: Sequence[str] | None,
) -> Scan | None:
    """What a whole scan of these places and more found of them, or how far their own is."""
    for wider in (None, EVERY):
        scan = scans.load(key_of(wider))
        if scan is not None and scan.complete and set(names) <= set(scan.found):
            return replace(scan, found={name: scan.found[name] for name in names})
    return scans.load(key_of(layers))


def _look_through(
    network: nn.Module,
    weights: Weights,
    pictures: PictureSet,
    layers: tuple[str, ...],
    top: int,
    scans: Scans,
    key: str,
    begun: Scan | None,
    told: Callable[[Scan], TopPatches],
) -> Generator[Progress, None, Scan]:
    """Go through the pictures from where a scan was left; keep it whatever happens.

    What was found so far goes with the progress, as `told`.
    """
    from vizcore.lenses.strongest import Search

    scan = begun or Scan({}, 0, len(pictures), 0)
    search = Search(network, layers, top=top, begun=scan.found)
    how = weights.preprocessing
    batch = max(1, min(_BATCH, _BATCH_PX // how.crop_px**2))
    first, written, started_s = scan.done, scan.done, time.monotonic()
    yield Progress(scan.done, scan.total, _note(scan, first, started_s))
    try:
        with closing(loaded(pictures, how, first=scan.done, batch=batch)) as batches:
            for each in batches:
                _feed(search, each, batch)
                scan = replace(
                    scan,
                    done=each.after,
                    looked_at=scan.looked_at + len(each.numbers),
                    skipped=(*scan.skipped, *each.not_read),
                )
                if scan.done - written >= CHECKPOINT:
                    _keep(scans, key, scan, search)
                    written = scan.done
                so_far = search.found()
                yield Progress(
                    scan.done,
                    scan.total,
                    _note(scan, first, started_s),
                    partial=told(replace(scan, found=so_far)) if so_far else None,
                )
    finally:  # also where it is cancelled between two batches, or fails in one
        if scan.done > written:
            _keep(scans, key, scan, search)
    return replace(scan, found=search.found())


def _feed(search: Any, each: Loaded, batch: int) -> None:
    """Give a batch to the search, in pieces where the device has no room for all of it."""
    images = each.images_nchw
    if images is None:
        return

    def step(places: range) -> None:
        part = slice(places.start, places.stop)
        search.feed(each.numbers[part], images[part])

    for _ in in_batches(step, range(len(each.numbers)), batch=batch, device=search.device):
        pass


def _keep(scans: Scans, key: str, scan: Scan, search: Any) -> None:
    """Write what was found, unless a batch was interrupted that may have counted in part."""
    found = search.found()
    if found and search.last < scan.done:
        scans.save(key, replace(scan, found=found))


def _note(scan: Scan, first: int, started_s: float) -> str:
    """How many, how fast, and how long the rest takes."""
    parts = [f"{scan.done:,} of {counted(scan.total, 'picture')}"]
    if scan.skipped:
        parts += [f"{len(scan.skipped):,} could not be read"]
    seconds = time.monotonic() - started_s
    if scan.done > first and seconds > 0:
        rate = (scan.done - first) / seconds
        left_s = (scan.total - scan.done) / rate
        parts += [f"{rate:,.0f} a second" if rate >= 1 else f"{1 / rate:,.1f} s each"]
        parts += [f"{left_s:,.0f} s left" if left_s < 120 else f"{left_s / 60:,.0f} min left"]
    elif first:
        parts += ["going on where the scan was left"]
    return ", ".join(parts)
