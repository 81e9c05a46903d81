"""Published networks in the notation, to start from. Every text is counted against its row."""

from __future__ import annotations

from dataclasses import dataclass

from vizcore.errors import UnknownArchitecture
from vizcore.reference import facts_of


@dataclass(frozen=True, slots=True)
class Original:
    """A published network as notation; `key` is that of its row in the reference facts."""

    key: str
    notation: str

    @property
    def name(self) -> str:
        """Its display name."""
        return facts_of(self.key).display_name


_HEAD = "fc-4096 dropout fc-4096 dropout fc-1000"
_ALEX_HEAD = "dropout fc-4096 dropout fc-4096 fc-1000"


def _vgg(*groups: str) -> str:
    lines = ["input 3x224x224", *(f"{group} maxpool" for group in groups), _HEAD]
    return "\n".join(lines)


def _twice(channels: int, count: int) -> str:
    return " ".join([f"conv3-{channels}"] * count)


def _zf(third: int, fourth: int, fifth: int) -> str:
    return (
        "input 3x224x224\nconv7-96/2 p1 maxpool3/2 p1 lrn\nconv5-256/2 p0 maxpool3/2 p1 lrn\n"
        f"conv3-{third} conv3-{fourth} conv3-{fifth} maxpool3/2\n{_HEAD}"
    )


def _wide(first: int, second: int, third: int, fifth: int, hidden: int) -> str:
    return (
        f"input 3x227x227\nconv11-{first}/4 p0 maxpool3/2\nconv5-{second} maxpool3/2\n"
        f"conv3-{third} conv3-{third} conv3-{fifth} maxpool3/2\nfc-4096 fc-{hidden} fc-1000"
    )


def _deep(side: int, groups: tuple[tuple[int, int], ...], hidden: int) -> str:
    lines = [f"{_twice(channels, count)} maxpool" for channels, count in groups]
    return "\n".join([f"input 3x{side}x{side}", *lines, f"fc-4096 fc-{hidden} fc-1000"])


def _plain_stages(counts: tuple[int, ...], widths: tuple[int, ...]) -> list[str]:
    lines = []
    for place, (count, width) in enumerate(zip(counts, widths, strict=True)):
        layer = f"conv3-{width} nobias bn"
        if place:
            lines.append(f"conv3-{width}/2 nobias bn [{layer}] x{2 * count - 1}")
        else:
            lines.append(f"[{layer}] x{2 * count}")
    return lines


def _plain(counts: tuple[int, ...]) -> str:
    stem = "conv7-64/2 nobias bn maxpool3/2 p1"
    stages = _plain_stages(counts, (64, 128, 256, 512))
    return "\n".join(["input 3x224x224", stem, *stages, "gap fc-1000"])


def _plain_small(count: int) -> str:
    stages = _plain_stages((count,) * 3, (16, 32, 64))
    return "\n".join(["input 3x32x32", "conv3-16 nobias bn", *stages, "gap fc-10"])


def _residual_net(counts: tuple[int, ...], *, bottleneck: bool) -> str:
    lines = ["input 3x224x224", "conv7-64/2 nobias bn maxpool3/2 p1"]
    for place, (count, width) in enumerate(zip(counts, (64, 128, 256, 512), strict=True)):

        def unit(stride: str, width: int = width) -> str:
            if bottleneck:
                return (
                    f"res(conv1-{width} nobias bn conv3-{width}{stride} nobias bn "
                    f"conv1-{4 * width} nobias bn)"
                )
            return f"res(conv3-{width}{stride} nobias bn conv3-{width} nobias bn)"

        if place or bottleneck:
            again = f"{unit('')} x{count - 1}" if count > 2 else unit("")
            lines += [unit("/2" if place else ""), again]
        else:
            lines.append(f"{unit('')} x{count}")
    return "\n".join([*lines, "gap fc-1000"])


def _inception(one: int, three: tuple[int, int], five: tuple[int, int], pool: int) -> str:
    return (
        f"inc(conv1-{one} | conv1-{three[0]} conv3-{three[1]} | conv1-{five[0]} conv5-{five[1]} "
        f"| maxpool3/1 p1 conv1-{pool})"
    )


_GOOGLENET = "\n".join(
    [
        "input 3x224x224",
        "conv7-64/2 maxpool3/2 ceil lrn",
        "conv1-64 conv3-192 lrn maxpool3/2 ceil",
        _inception(64, (96, 128), (16, 32), 32),
        _inception(128, (128, 192), (32, 96), 64) + " maxpool3/2 ceil",
        _inception(192, (96, 208), (16, 48), 64),
        _inception(160, (112, 224), (24, 64), 64),
        _inception(128, (128, 256), (24, 64), 64),
        _inception(112, (144, 288), (32, 64), 64),
        _inception(256, (160, 320), (32, 128), 128) + " maxpool3/2 ceil",
        _inception(256, (160, 320), (32, 128), 128),
        _inception(384, (192, 384), (48, 128), 128),
        "gap dropout0.4 fc-1000",
    ]
)
_B = (_twice(64, 2), _twice(128, 2))
_TINY = ((2, 3, 3, 3, 2), 192)


def _thin(width: int, hidden: int) -> str:
    counts, side = _TINY
    return _deep(side, tuple((width, count) for count in counts), hidden)


_TEXTS: dict[str, str] = {
    "lenet5_modern": "input 1x32x32\nconv5-6 p0 norelu tanh avgpool\n"
    "conv5-16 p0 norelu tanh avgpool\nconv5-120 p0 norelu tanh\nfc-84 norelu tanh fc-10",
    "alexnet_2012": "input 3x227x227\nconv11-96/4 p0 lrn maxpool3/2\nconv5-256 g2 lrn maxpool3/2\n"
    f"conv3-384 conv3-384 g2 conv3-256 g2 maxpool3/2\n{_ALEX_HEAD}",
    "alexnet_torchvision": "input 3x224x224\nconv11-64/4 p2 maxpool3/2\nconv5-192 maxpool3/2\n"
    f"conv3-384 conv3-256 conv3-256 maxpool3/2\n{_ALEX_HEAD}",
    "zfnet": _zf(384, 384, 256),
    "zfnet_clarifai_like": _zf(512, 1024, 512),
    "overfeat_fast": "input 3x231x231\nconv11-96/4 p0 maxpool\nconv5-256 p0 maxpool\n"
    "conv3-512 conv3-1024 conv3-1024 maxpool\nconv6-3072 p0 conv1-4096 conv1-1000",
    "overfeat_accurate": "input 3x221x221\nconv7-96/2 p0 maxpool3\nconv7-256 p0 maxpool\n"
    "conv3-512 conv3-512 conv3-1024 conv3-1024 maxpool3\nconv5-4096 p0 conv1-4096 conv1-1000",
    "nin_imagenet": "input 3x227x227\nconv11-96/4 p0 conv1-96 conv1-96 maxpool3/2\n"
    "conv5-256 conv1-256 conv1-256 maxpool3/2\n"
    "conv3-384 conv1-384 conv1-384 maxpool3/2 dropout\nconv3-1024 conv1-1024 conv1-1000 gap",
    "vgg_a": _vgg("conv3-64", "conv3-128", _twice(256, 2), _twice(512, 2), _twice(512, 2)),
    "vgg_a_lrn": _vgg("conv3-64 lrn", "conv3-128", _twice(256, 2), _twice(512, 2), _twice(512, 2)),
    "vgg_b": _vgg(*_B, _twice(256, 2), _twice(512, 2), _twice(512, 2)),
    "vgg_c": _vgg(*_B, *(f"{_twice(width, 2)} conv1-{width}" for width in (256, 512, 512))),
    "vgg_d": _vgg(*_B, _twice(256, 3), _twice(512, 3), _twice(512, 3)),
    "vgg_e": _vgg(*_B, _twice(256, 4), _twice(512, 4), _twice(512, 4)),
    "googlenet_2014": _GOOGLENET,
    "plain18": _plain((2, 2, 2, 2)),
    "plain34": _plain((3, 4, 6, 3)),
    "plain20_cifar": _plain_small(3),
    "plain56_cifar": _plain_small(9),
    "resnet18": _residual_net((2, 2, 2, 2), bottleneck=False),
    "resnet34": _residual_net((3, 4, 6, 3), bottleneck=False),
    "resnet50": _residual_net((3, 4, 6, 3), bottleneck=True),
    "azizpour_tiny_a": _wide(24, 64, 96, 64, 1024),
    "azizpour_small_c": _wide(48, 128, 192, 128, 2048),
    "azizpour_medium_e": _wide(96, 256, 384, 256, 4096),
    "azizpour_deep8": _deep(256, ((64, 1), (128, 1), (256, 1), (256, 1), (256, 1)), 4096),
    "azizpour_deep11_h": _deep(256, ((64, 1), (128, 3), (256, 2), (256, 1), (256, 1)), 4096),
    "azizpour_deep13_i": _deep(256, ((64, 2), (128, 4), (256, 2), (256, 1), (256, 1)), 4096),
    "azizpour_deep16_j": _deep(256, ((64, 2), (128, 5), (256, 2), (256, 2), (256, 2)), 4096),
    "azizpour_deep_tiny_b": _thin(64, 1024),
    "azizpour_deep_small_d": _thin(128, 2048),
    "azizpour_deep_medium_g": _thin(256, 4096),
}

ORIGINALS: dict[str, Original] = {key: Original(key, text) for key, text in _TEXTS.items()}


def original(key: str) -> Original:
    """A published network in the notation.

    Raises:
        UnknownArchitecture: the notation has no network of this key.

    Example:
        >>> original("vgg_a").notation.splitlines()[1]
        'conv3-64 maxpool'
    """
    found = ORIGINALS.get(key.lower())
    if found is None:
        raise UnknownArchitecture.among("network in the notation", key, ORIGINALS)
    return found
