"""Settings from the environment, and from a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vizcore.errors import BadChoice
from vizcore.runtime import settings, store
from vizcore.runtime.mirror import address_of, mirror_address
from vizcore.runtime.settings import setting, settings_file
from vizcore.runtime.store import RemoteFile


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "my.toml"
    monkeypatch.setenv("CONVSCOPE_SETTINGS", str(path))
    for name in ("CONVSCOPE_CACHE", "CONVSCOPE_WEIGHTS", "CONVSCOPE_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    return path


def test_a_file_sets_what_the_environment_does_not(file, monkeypatch):
    file.write_text("")
    assert (mirror_address(), store.prefilled_folder()) == ("", None)
    file.write_text('mirror = "http://near:8000"\nweights = "/srv/weights"\ncache = "~/nets"\n')
    assert mirror_address() == "http://near:8000"
    assert address_of(RemoteFile("a.pth", "https://far/a.pth")) == "http://near:8000/a.pth"
    assert store.prefilled_folder() == Path("/srv/weights")
    assert store.cache_folder() == Path.home() / "nets"
    monkeypatch.setenv("CONVSCOPE_MIRROR", "http://nearer")
    assert mirror_address() == "http://nearer"


def test_a_file_that_changes_is_read_again(file):
    file.write_text('mirror = "http://one"')
    assert setting("CONVSCOPE_MIRROR") == "http://one"
    file.write_text('mirror = "http://two"')
    os.utime(file, ns=(1, 1))
    assert setting("CONVSCOPE_MIRROR") == "http://two"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mirror = ", "my.toml cannot be read: "),
        ('miror = "http://a"', "cannot set miror = 'http://a'. Allowed: cache, weights, mirror, f"),
        ("cache = 5", "cannot set cache = 5"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(file, text, message):
    file.write_text(text)
    with pytest.raises(BadChoice, match=message):
        setting("CONVSCOPE_CACHE")


def test_the_usual_place(monkeypatch, tmp_path):
    monkeypatch.delenv("CONVSCOPE_SETTINGS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(settings.sys, "platform", "linux")
    assert settings_file() == tmp_path / "convscope.toml"
    monkeypatch.setattr(settings.sys, "platform", "darwin")
    assert settings_file().parent.name == "Application Support"


def test_a_file_that_is_named_has_to_be_there(file):
    with pytest.raises(BadChoice, match=r"SETTINGS names .*my\.toml, which cannot be read"):
        setting("CONVSCOPE_MIRROR")


@pytest.mark.parametrize("mirror", ["near", "ftp://near", "http://[near", "http://", "http://a:b"])
def test_a_mirror_that_is_no_address_is_refused_wherever_it_is_asked_for(monkeypatch, mirror):
    monkeypatch.setenv("CONVSCOPE_MIRROR", mirror)
    with pytest.raises(BadChoice, match="The mirror cannot be"):
        mirror_address()
    with pytest.raises(BadChoice, match="The mirror cannot be"):
        address_of(RemoteFile("a.pth", "https://far/a.pth"))


@pytest.mark.parametrize("variable", ["CONVSCOPE_CACHE", "CONVSCOPE_WEIGHTS", "CONVSCOPE_SETTINGS"])
def test_the_folder_of_nobody_is_refused(monkeypatch, variable):
    monkeypatch.setenv(variable, "~no-such-user/nets")
    with pytest.raises(BadChoice, match=f"{variable} cannot be '~no-such-user/nets'"):
        store.cache_folder(), store.prefilled_folder()


def test_a_user_without_a_folder_of_his_own(monkeypatch):
    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "CONVSCOPE_CACHE", "CONVSCOPE_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(settings.Path, "home", none)
    assert setting("CONVSCOPE_MIRROR") == ""
    file = RemoteFile("a.pth", "https://huggingface.co/a/b/resolve/main/a.pth")
    assert store.find(file) is None
