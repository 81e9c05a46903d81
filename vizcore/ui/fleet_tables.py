"""The fleet as a table on the screen, and rows as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from vizcore import trained
from vizcore.figures.fleet_words import label
from vizcore.records.fleet import TrainedNetwork

if TYPE_CHECKING:
    import pandas as pd


def draw_table(fleet: Sequence[TrainedNetwork]) -> None:
    """Every network in numbers; columns sort by a click."""
    config = st.column_config
    st.dataframe(
        frame_of(fleet),
        key="networks.table",
        hide_index=True,
        height=min(36 * (len(fleet) + 1) + 4, 600),
        placeholder="",
        column_config={
            "network": config.TextColumn("Network", pinned=True, width=170),
            "data": config.TextColumn("Data", width=80),
            "params": config.NumberColumn("Parameters", format="compact", width=90),
            "macs": config.NumberColumn("Multiply-adds", format="compact", width=105),
            "validation": config.NumberColumn("Validation, %", format="%.1f", width=100),
            "test": config.NumberColumn(
                "Test, %", format="%.1f", width=70, help="of the shipped weights"
            ),
            "low": config.NumberColumn(
                "from", format="%.1f", width=55, help="Wilson's 95% interval"
            ),
            "high": config.NumberColumn(
                "to", format="%.1f", width=55, help="Wilson's 95% interval"
            ),
            "seeds": config.NumberColumn("Seeds", width=60),
            "mean": config.NumberColumn(
                "Mean, %", format="%.1f", width=75, help="test, over the seeds"
            ),
            "deviation": config.NumberColumn(
                "±", format="%.1f", width=50, help="points: standard deviation over the seeds"
            ),
            "date": config.TextColumn("Date", width=95),
            "key": "Name in code",
        },
        alt=f"{len(fleet)} networks with parameters, multiply-adds and accuracies",
    )


def frame_of(fleet: Sequence[TrainedNetwork]) -> pd.DataFrame:
    """The fleet as a data frame, accuracies in percent."""
    import pandas as pd

    rows = trained.rows(fleet)

    def percent(name: str) -> list[float | None]:
        return [None if row[name] is None else 100 * row[name] for row in rows]

    return pd.DataFrame(
        {
            "network": [label(each) for each in fleet],
            "data": [row["data"] for row in rows],
            "params": [row["params"] for row in rows],
            "macs": pd.array([row["macs"] for row in rows], dtype="Int64"),
            "validation": percent("validation"),
            "test": percent("test"),
            "low": percent("test_low"),
            "high": percent("test_high"),
            "seeds": [row["seeds"] for row in rows],
            "mean": percent("test_mean"),
            "deviation": percent("test_deviation"),
            "date": [row["date"] for row in rows],
            "key": [row["key"] for row in rows],
        }
    ).sort_values(["data", "mean"], ascending=[False, False])


def to_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Rows of the same columns as CSV, with exact numbers."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
