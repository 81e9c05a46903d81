"""The rooms of the app: one row a page, in the order of the navigation.

A new page is a row here and a script in `pages/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

PAGES_FOLDER = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True, slots=True)
class RoomEntry:
    """A page: its script, its address, and what it needs in the sidebar."""

    name: str
    title: str
    group: str
    icon: str
    sidebar: tuple[str, ...] = ()

    @property
    def script(self) -> Path:
        """The page's script."""
        return PAGES_FOLDER / f"{self.name.replace('-', '_')}.py"


ROOMS: tuple[RoomEntry, ...] = (
    RoomEntry("atlas", "Atlas", "Architectures", ":material/travel_explore:", ("architecture",)),
    RoomEntry("layers", "Layers", "Architectures", ":material/stacks:", ("architecture",)),
    RoomEntry("compare", "Compare", "Architectures", ":material/compare_arrows:"),
    RoomEntry("blocks", "Building blocks", "Architectures", ":material/widgets:"),
    RoomEntry("design", "Design your own", "Architectures", ":material/edit_square:"),
    RoomEntry("byhand", "By hand", "Architectures", ":material/calculate:"),
    RoomEntry("networks", "Networks", "Inside a trained network", ":material/model_training:"),
    RoomEntry(
        "evolution",
        "Feature evolution",
        "Inside a trained network",
        ":material/timeline:",
        ("picture",),
    ),
    RoomEntry(
        "filters",
        "Filters",
        "Inside a trained network",
        ":material/blur_on:",
        ("network", "picture"),
    ),
    RoomEntry(
        "feature-maps",
        "Feature maps",
        "Inside a trained network",
        ":material/grid_view:",
        ("network", "picture"),
    ),
    RoomEntry(
        "strongest",
        "Strongest patches",
        "Inside a trained network",
        ":material/photo_library:",
        ("network",),
    ),
    RoomEntry(
        "unit",
        "Unit",
        "Inside a trained network",
        ":material/center_focus_weak:",
        ("network", "picture"),
    ),
    RoomEntry(
        "class-images",
        "Class images",
        "Why did it say that",
        ":material/auto_awesome:",
        ("network", "picture"),
    ),
    RoomEntry(
        "saliency",
        "Saliency",
        "Why did it say that",
        ":material/center_focus_strong:",
        ("network", "picture"),
    ),
    RoomEntry(
        "methods",
        "Saliency methods",
        "Why did it say that",
        ":material/grid_on:",
        ("network",),
    ),
    RoomEntry(
        "trust",
        "Can you trust a map",
        "Why did it say that",
        ":material/fact_check:",
        ("network", "picture"),
    ),
    RoomEntry(
        "localisation",
        "Localisation",
        "Why did it say that",
        ":material/crop_free:",
        ("network", "picture"),
    ),
    RoomEntry(
        "invariance",
        "Invariance",
        "Why did it say that",
        ":material/360:",
        ("network", "picture"),
    ),
    RoomEntry(
        "ablation",
        "Layer ablation",
        "Why did it say that",
        ":material/layers_clear:",
    ),
    RoomEntry("accuracy", "Accuracy and cost", "Accuracy and cost", ":material/bubble_chart:"),
    RoomEntry("measured", "Measured here", "Accuracy and cost", ":material/timer:"),
)


def pages() -> dict[str, st.Page]:
    """The rooms as Streamlit pages, by name; the first is the home page."""
    return {
        room.name: st.Page(
            room.script,
            title=room.title,
            icon=room.icon,
            url_path=room.name,
            default=room is ROOMS[0],
        )
        for room in ROOMS
    }


def grouped(made: dict[str, st.Page]) -> dict[str, list[st.Page]]:
    """The pages under their group's heading, for the navigation."""
    groups: dict[str, list[st.Page]] = {}
    for room in ROOMS:
        groups.setdefault(room.group, []).append(made[room.name])
    return groups


def entry(name: str) -> RoomEntry:
    """The room of this name."""
    return next(room for room in ROOMS if room.name == name)
