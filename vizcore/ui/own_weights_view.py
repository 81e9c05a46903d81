"""A person's own weights in the app: the upload, what was found, and how pictures are prepared.

A file that fits stays on the server, in the cache folder, until newer ones need the room; its
name is in the address. The session lists what it has brought; nobody else's is listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import streamlit as st
from streamlit import config
from streamlit.runtime.uploaded_file_manager import UploadedFile

from vizcore import zoo
from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import BadChoice, ConvScopeError, JobCancelled, UnfitWeights
from vizcore.formats.words import counted
from vizcore.networks import offers
from vizcore.networks.own import keep_own, with_preprocessing
from vizcore.runtime.jobs import Task
from vizcore.runtime.tensor_files import MAX_UPLOAD_BYTES
from vizcore.ui import work
from vizcore.ui.address import View
from vizcore.zoo.weights import Weights

_OWN = "own_weights.names"  # [(architecture, name)] that this session has brought, newest first
_WANTED = "own_weights.wanted"  # (architecture, name) to be chosen before the list is drawn
_CHECKING = "own_weights.checking"  # names one press of the button; gone when it was answered
_OUTCOME = "own_weights.outcome"
_ROUND = "own_weights.round"  # counts up to empty the two file fields
_KEPT = 12
_MOST_PX = 1024


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of the last file, in words."""

    network: str
    sentence: str
    taken: bool = False
    mismatches: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()


def names_for(network: str) -> tuple[str, ...]:
    """The weights that this session has brought for a network, newest first."""
    return tuple(name for key, name in st.session_state.get(_OWN, []) if key == network)


def use_wanted(view: View) -> None:
    """Choose the weights that were just brought. Before their list is drawn."""
    network, name = st.session_state.get(_WANTED, ("", ""))
    if network == view["network"]:
        view["weights"] = name
        del st.session_state[_WANTED]


def draw_upload(view: View) -> None:
    """The upload, behind a button; and how pictures are prepared, where own weights are chosen."""
    with st.popover("Own weights"), st.container(key="own-weights-form"):
        _draw_form(view)


def draw_lost(view: View, error: ConvScopeError) -> None:
    """In place of a page's picture, where the address names weights that are not known here."""
    default = offers.weights(view["network"])
    with st.container(border=True, key="weights-lost"):
        st.markdown(f":material/error: **{error}**")
        st.markdown(
            "It goes under *Own weights* in the sidebar. With the same class names, the view opens "
            "again at this address."
        )
        st.button(
            f"Use {default.title} instead",
            key="weights-lost-default",
            on_click=_set,
            args=(view.key("weights"), default.name),
        )


def _set(key: str, value: object) -> None:
    st.session_state[key] = value


def _draw_form(view: View) -> None:
    network = view["network"]
    number = st.session_state.setdefault(_ROUND, 0)
    most_mb = min(MAX_UPLOAD_BYTES // 2**20, int(config.get_option("server.maxUploadSize")))
    file = st.file_uploader(
        f"State dict of {zoo.get(network).name}, safetensors, at most {most_mb} MB",
        key=f"own_weights.file.{number}",
        max_upload_size=most_mb,
        on_change=_forget,
        help="Such a file holds tensors and can run nothing. It is checked against the network "
        "before it is used, and stays on the server until newer files need the room; whoever has "
        "this view's address can use it.",
    )
    labels = st.file_uploader(
        "Class names, one a line (optional)",
        key=f"own_weights.labels.{number}",
        max_upload_size=1,
        help="A text file in the order of the network's outputs. Without it, 1000 classes have "
        "ImageNet's names, and others are numbered.",
    )
    st.button(
        "Check and use",
        key="own-weights-check",
        type="primary",
        disabled=file is None,
        on_click=_begin,
    )
    if file is not None and st.session_state.get(_CHECKING):
        _check(network, file, labels)
    _draw_outcome(view)


def _begin() -> None:
    st.session_state[_CHECKING] = uuid4().hex


def _forget() -> None:
    for key in (_OUTCOME, _CHECKING):
        st.session_state.pop(key, None)


def _stop() -> None:
    st.session_state.pop(_CHECKING, None)


def _check(network: str, file: UploadedFile, labels: UploadedFile | None) -> None:
    """Check the file off the page's thread, and choose it where it fits."""
    checking = partial(
        keep_own,
        file,
        file.size,
        network,
        title=file.name,
        labels=None if labels is None else labels.getvalue(),
    )
    # Without a key a later file's check would be taken for this one's, were it still running.
    key = ("own weights", network, st.session_state[_CHECKING])
    task: Task[Weights] = Task(checking, f"Checking {file.name}", key=key, lane="files")
    try:
        found = work.run(task, slot="own_weights.check", on_cancel=_stop, quiet_s=0)
    except JobCancelled:
        pass
    except UnfitWeights as error:
        st.session_state[_OUTCOME] = _Outcome(
            network, error.summary, mismatches=error.mismatches, nearest=error.suggestions
        )
    except ConvScopeError as error:
        st.session_state[_OUTCOME] = _Outcome(network, str(error))
    else:
        _bring(found)
        notes = "".join(f"; {note}" for note in found.notes)
        sentence = f"In use: {file.name}, {counted(len(found.classes), 'class', 'classes')}{notes}."
        st.session_state[_OUTCOME] = _Outcome(network, sentence, taken=True)
        st.session_state[_ROUND] += 1  # lets go of the bytes that were sent
    _stop()
    st.rerun()


def _bring(weights: Weights) -> None:
    """List weights in this session, and choose them."""
    mine = (weights.architecture, weights.name)
    others = [each for each in st.session_state.get(_OWN, []) if each != mine]
    st.session_state[_OWN] = [mine, *others][:_KEPT]
    st.session_state[_WANTED] = mine


def _draw_outcome(view: View) -> None:
    """Whether the last file was taken; where not, why, and the network it may be for."""
    outcome: _Outcome | None = st.session_state.get(_OUTCOME)
    if outcome is None or outcome.network != view["network"]:
        return
    if outcome.taken:
        st.success(outcome.sentence, icon=":material/check:")
        return
    sentence, _, line = outcome.sentence.partition(": python -c ")
    st.error(f"{sentence}." if line else sentence, icon=":material/error:")
    if line:
        st.code(f"python -c {line}", language="bash", wrap_lines=True)
    for key in outcome.nearest[:3]:
        st.button(
            f"Use {zoo.get(key).name}",
            key=f"own-weights-nearest-{key}",
            on_click=_set,
            args=(view.key("network"), key),
        )
    if outcome.mismatches:
        with st.expander("What does not fit"):
            st.markdown("\n".join(f"- `{each}`" for each in outcome.mismatches))


def draw_preprocessing(view: View, weights: Weights) -> None:
    """How pictures are prepared for own weights: the crop's side, its mean and deviation."""
    how = weights.preprocessing
    with st.popover("Preparation of pictures"):
        with st.form(key=f"preparation-{weights.name}", border=False):
            resize = st.number_input("Shorter side, px", 8, _MOST_PX, how.resize_px)
            crop = st.number_input("Crop, px", 8, _MOST_PX, how.crop_px)
            mean = st.text_input("Mean of each channel, 0 to 1", _numbers(how.mean))
            std = st.text_input("Standard deviation of each", _numbers(how.std))
            if not st.form_submit_button("Apply"):
                return
        try:
            changed = Preprocessing(
                int(resize),
                int(crop),
                _values(mean, "mean", how.channels),
                _values(std, "std", how.channels),
                how.interpolation,
                how.squash,
            )
            _bring(with_preprocessing(weights, changed))
        except ConvScopeError as error:
            st.error(str(error))
        else:
            st.rerun()


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _values(text: str, what: str, channels: int) -> tuple[float, ...]:
    """Numbers in a text field.

    Raises:
        BadChoice: no finite numbers, or not one for each channel.
    """
    try:
        found = tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError:
        found = ()
    if len(found) != channels or not all(abs(value) < 1000 for value in found):
        raise BadChoice(
            f"{what} cannot be '{text[:80]}'. Allowed: {channels} "
            f"{'number' if channels == 1 else 'numbers with commas between them'}.",
            received=text[:80],
        )
    return found
