"""A damaged card among the bundled weights: every page that needs the cards says which."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.app.opening import open_page, texts


@pytest.mark.parametrize("page", ["feature-maps", "saliency", "evolution", "networks"])
def test_the_page_says_which_card_cannot_be_read(
    page: str, drawn_assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(drawn_assets, tmp_path / "assets")
    (tmp_path / "assets" / "weights" / "broken.json").write_text("{")
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(tmp_path / "assets"))
    monkeypatch.setattr("vizcore.ui.work.network_keys", _keys)
    at = open_page(page)  # no exception
    said = "\n".join([texts(at), *(error.value for error in at.error)])
    assert "The card broken.json cannot be read" in said


def _keys() -> tuple[str, ...]:
    """The keys as a server that has just started finds them: nothing is kept from before."""
    from vizcore.runtime.weights import cards

    return tuple(dict.fromkeys(card.key for card in cards()))
