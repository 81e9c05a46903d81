"""Bringing pretrained weights to this machine, as a task."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from urllib.parse import urlsplit

from vizcore.errors import BadChoice
from vizcore.runtime.jobs import Progress, Task
from vizcore.runtime.store import RemoteFile
from vizcore.zoo.weights import Weights


def fetch_task(weights: Weights) -> Task[None]:
    """Bring pretrained weights to this machine; two people who ask share one transfer.

    Runs in a lane of the server's own, so it holds up no device and no other server's files.
    `Progress` counts bytes, and its note says how many, how fast, and how long the rest takes.
    Cancelling keeps what has come.

    Raises:
        BadChoice: these weights are not fetched from anywhere.
        FetchError: (when it runs) why not, and what to do.
    """
    if weights.file is None:
        raise BadChoice(
            f"The weights {weights.name} of '{weights.architecture}' are not fetched: they are "
            f"{'drawn at random' if weights.is_random else weights.origin}.",
            received=weights.name,
        )
    from vizcore.runtime.mirror import address_of

    return Task(
        partial(_fetch, weights.file),
        f"Fetching {weights.architecture} {weights.name}",
        key=("fetch", weights.file.name),
        lane=f"network {urlsplit(address_of(weights.file)).netloc}",
    )


def _fetch(file: RemoteFile) -> Generator[Progress, None, None]:
    from vizcore.runtime.fetch import fetch

    yield from fetch(file)
