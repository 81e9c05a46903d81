"""Every architecture says what was new in it, briefly and in whole sentences."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from vizcore import zoo
from vizcore.zoo.novelty import WHAT_WAS_NEW
from vizcore.zoo.novelty.classics import CLASSICS
from vizcore.zoo.novelty.mobile import MOBILE
from vizcore.zoo.novelty.modern import MODERN
from vizcore.zoo.novelty.own import OWN
from vizcore.zoo.novelty.small import SMALL


def test_every_architecture_has_an_entry_and_no_entry_is_a_stranger() -> None:
    assert set(WHAT_WAS_NEW) == {entry.key for entry in zoo.architectures()}


def test_no_key_is_told_of_twice() -> None:
    assert len(WHAT_WAS_NEW) == sum(len(part) for part in (OWN, CLASSICS, MOBILE, MODERN, SMALL))
    assert len(set(WHAT_WAS_NEW.values())) == len(WHAT_WAS_NEW)


@pytest.mark.parametrize("key", sorted(WHAT_WAS_NEW))
def test_an_entry_is_one_to_three_whole_sentences(key: str) -> None:
    text = WHAT_WAS_NEW[key]
    assert 60 <= len(text) <= 500
    assert text.endswith(".")
    assert text == " ".join(text.split())
    sentences = re.split(r"(?<=[.?!]) ", text)
    assert 1 <= len(sentences) <= 3
    assert all(sentence[0].isupper() or sentence[0].isdigit() for sentence in sentences)
    assert re.search(r"[.?!][A-Z]|[a-z][,;:][a-z]", text) is None, "a space is missing"


def test_the_sentences_need_no_torch() -> None:
    code = (
        "import sys, types, vizcore\n"
        "zoo = types.ModuleType('vizcore.zoo')\n"
        "zoo.__path__ = [vizcore.__path__[0] + '/zoo']\n"
        "sys.modules['vizcore.zoo'] = zoo\n"
        "import vizcore.zoo.novelty\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
