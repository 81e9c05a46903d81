"""`python -m vizcore fetch KEY[:NAME]...`: pretrained weights into the cache or a folder."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vizcore.errors import BadChoice
from vizcore.runtime.settings import CACHE_LIMIT_VARIABLE

if TYPE_CHECKING:
    from vizcore.zoo.weights import Weights

NAME = "fetch"
HELP = "fetch pretrained weights of torchvision and timm, or list them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "what",
        nargs="*",
        metavar="KEY[:NAME]",
        help="a network, and which of its weights (default: the library's default)",
    )
    parser.add_argument("--all-versions", action="store_true", help="all weights of each network")
    parser.add_argument(
        "--to",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="fill this folder, for rooms without internet (CONVSCOPE_WEIGHTS names it there)",
    )
    parser.add_argument(
        "--mirror",
        default=None,
        metavar="ADDRESS",
        help="fetch from ADDRESS/FILE (default: CONVSCOPE_MIRROR, else the library's own address)",
    )
    parser.add_argument(
        "--list", action="store_true", help="fetch nothing; say what is here, where and how large"
    )
    parser.add_argument("--json", action="store_true", help="print a list of records as JSON")
    parser.add_argument(
        "--refresh", action="store_true", help="write the table of weights from the libraries again"
    )


def run(args: argparse.Namespace) -> int:
    """Fetch or list."""
    if args.refresh:
        from vizcore import zoo
        from vizcore.zoo.pretrained import refresh

        print(f"{refresh(zoo.architectures())} pretrained weights written to the table.")
        return 0
    if args.list:
        wanted = _wanted(args.what, everything=True) if args.what else _all_weights()
        _show([_record(each) for each in wanted], as_json=args.json)
        return 0
    if not args.what:
        raise BadChoice("There is nothing to fetch. Give a network, such as resnet18, or --list.")
    records = []
    for each in _wanted(args.what, everything=args.all_versions):
        path = _fetch(each, args.to, args.mirror)
        records.append(_record(each) | {"here": True, "path": str(path)})
        if not args.json:
            print(f"{each.architecture}:{each.name}: {path}", flush=True)
    gone = [record for record in records if not Path(record["path"]).exists()]
    for record in gone:
        record["here"] = False
    if args.json:
        print(json.dumps(records, indent=1))
    if gone:
        names = ", ".join(f"{record['architecture']}:{record['name']}" for record in gone)
        print(
            f"These went again, to make room for the others: {names}. Set {CACHE_LIMIT_VARIABLE} "
            "to a greater amount, or fetch --to a folder.",
            file=sys.stderr,
        )
    return 0


def _wanted(names: list[str], *, everything: bool) -> list[Weights]:
    """The weights that the arguments name, each once; all are found before any is fetched."""
    from vizcore.networks.offers import weights, weights_of
    from vizcore.zoo import get

    found: dict[str, Weights] = {}
    for text in names:
        head, key, name = text.lower().startswith("timm:"), text, None
        if text.count(":") > head:
            key, _, name = text.rpartition(":")
        offered = [each for each in weights_of(get(key)) if each.file is not None]
        if not offered:
            raise BadChoice(
                f"There is nothing to fetch for '{key}': no library has weights for this network.",
                received=key,
            )
        chosen = [weights(key, name)] if name else offered if everything else offered[:1]
        for each in chosen:
            if each.file is None:
                raise BadChoice(
                    f"The weights {each.name} of '{each.architecture}' are not fetched. "
                    f"Allowed: {', '.join(other.name for other in offered)}.",
                    received=text,
                )
            found[each.file.name] = each
    return list(found.values())


def _all_weights() -> list[Weights]:
    from vizcore import zoo
    from vizcore.networks.offers import weights_of

    return [
        each
        for entry in zoo.architectures()
        for each in weights_of(entry)
        if each.file is not None or each.card is not None
    ]


def _fetch(weights: Weights, folder: Path | None, mirror: str | None) -> Path:
    """One file, with a bar; an interruption leaves what has come, to go on with next time."""
    from tqdm import tqdm

    from vizcore.runtime.fetch import fetch

    assert weights.file is not None
    steps = fetch(weights.file, folder, mirror=mirror)
    label = f"{weights.architecture}:{weights.name}"
    with tqdm(desc=label, unit="B", unit_scale=True, leave=False, delay=0.5) as bar:
        while True:
            try:
                progress = next(steps)
            except StopIteration as stop:
                path: Path = stop.value
                return path
            except KeyboardInterrupt:
                steps.close()
                raise
            bar.total = progress.total
            bar.update(progress.done - bar.n)


def _record(weights: Weights) -> dict[str, Any]:
    from vizcore.networks.presence import presence_of

    there = presence_of(weights)
    return {
        "architecture": weights.architecture,
        "name": weights.name,
        "origin": weights.origin,
        "here": there.here,
        "place": there.place,
        "path": str(there.path) if there.path else None,
        "size_bytes": there.size_bytes,
        "partial_bytes": there.partial_bytes,
        "file": weights.file.name if weights.file else None,
        "url": weights.file.url if weights.file else None,
        "sha256": weights.file.sha256 if weights.file else weights.sha256,
        "licence": weights.licence or None,
        "accuracy": {k: v for k, v in weights.accuracy.items() if k in ("top1", "top5", "dataset")},
    }


def _show(records: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(records, indent=1))
        return
    print("\n".join(_lines(records)))


def _lines(records: list[dict[str, Any]]) -> Iterable[str]:
    from vizcore.runtime.store import prefilled_folder
    from vizcore.runtime.weights_cache import WeightsCache

    grid = [["weights", "size", "here"]]
    for each in records:
        size = each["size_bytes"]
        partly = f"{each['partial_bytes'] / 1e6:,.1f} MB of it" if each["partial_bytes"] else "no"
        grid.append(
            [
                f"{each['architecture']}:{each['name']}",
                "?" if size is None else f"{'' if each['here'] else '~'}{size / 1e6:,.1f} MB",
                f"{each['place']}: {each['path']}" if each["here"] else partly,
            ]
        )
    widths = [max(len(line[column]) for line in grid) for column in (0, 1)]
    for name, size, here in grid:
        yield f"{name.ljust(widths[0])}  {size.rjust(widths[1])}  {here}"
    pretrained = [each for each in records if each["origin"] != "bundled"]
    sizes = [each["size_bytes"] for each in pretrained if each["here"]]
    yield f"{len(sizes)} of {len(pretrained)} pretrained weights here, {sum(sizes) / 1e6:,.1f} MB."
    cache = WeightsCache()
    yield f"Cache: {cache.folder}"
    held, most = (f"{count / 1e6:,.1f} MB" for count in (cache.held_bytes(), cache.max_bytes))
    yield f"Fetched weights take {held} of it; they may take {most}."
    if prefilled_folder():
        yield f"Pre-filled folder: {prefilled_folder()}"
