"""The weights of the session: the choice in the sidebar, and fetching those that are not here."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from vizcore import zoo
from vizcore.errors import ConvScopeError, JobCancelled, UnknownWeights, WeightsNotHere
from vizcore.networks import offers
from vizcore.networks.presence import presence_of, require
from vizcore.runtime import settings, store
from vizcore.runtime.mirror import mirror_address
from vizcore.runtime.own_weights import is_own, shelf
from vizcore.runtime.weights_cache import WeightsCache
from vizcore.ui import own_weights_view, work
from vizcore.ui.address import Choice, View
from vizcore.ui.weights_words import about, need, size, title, where
from vizcore.zoo.weights import RANDOM, Weights

_FETCHING = "weights.fetching"  # the file that this session has asked for
_FAILED = "weights.failed"  # (file, sentence) of the last fetch that failed
_TITLES = "weights.titles"  # of the list as it was drawn last


def choice(network: str) -> Choice:
    """The weights of a network; its default ones unless chosen."""

    def parse(text: str) -> str:
        if is_own(text):
            return text  # where it is not known here, the page asks for the file again
        try:
            return offers.weights(network, text).name
        except UnknownWeights:
            names = ", ".join(each.name for each in offers.weights_of(network))
            raise ValueError(f"The weights of {network} are {names}.") from None

    default = offers.weights(network).name
    return Choice("weights", default, parse, always=True, shared=True, of=network)


def selected(view: View) -> Weights:
    """The weights that are chosen, wherever they are.

    Raises:
        WeightsError: a person's own, which this machine does not know (any more).
    """
    return offers.weights(view["network"], view["weights"])


def ready(view: View) -> Weights:
    """The weights that are chosen, for a page that computes with them.

    Raises:
        WeightsNotHere: they have to be fetched first.
        WeightsError: a person's own, which this machine does not know (any more).
    """
    found = selected(view)
    require(found)
    return found


def draw_picker(view: View) -> None:
    """The list of weights, where the chosen ones are, and the upload of own ones."""
    network = view["network"]
    own_weights_view.use_wanted(view)
    offered = {each.name: each for each in offers.weights_of(network)}
    for name in dict.fromkeys([*own_weights_view.names_for(network), view["weights"]]):
        if is_own(name):
            offered |= _known(network, name)
    titles = {name: title(each) for name, each in offered.items()}
    titles.setdefault(view["weights"], f"{view['weights']}, not here")
    if st.session_state.get(_TITLES) != titles:
        # The browser tells a choice by its title. Where that has changed, such as after a fetch,
        # the choice is told to the browser.
        view["weights"] = view["weights"]
        st.session_state[_TITLES] = titles
    st.selectbox(
        "Weights",
        list(titles),
        format_func=titles.__getitem__,
        help="The bundled ones and the library's pretrained ones, with the accuracy that was "
        "measured or published; your own; and random ones.",
        **view.bind("weights"),
    )
    now = offered.get(view["weights"])
    if now is not None:
        st.caption(where(now))
    with st.container(horizontal=True, gap="small"):
        own_weights_view.draw_upload(view)
        if now is not None and now.origin == "own":
            own_weights_view.draw_preprocessing(view, now)


def _known(network: str, name: str) -> dict[str, Weights]:
    try:
        return {name: offers.weights(network, name)}
    except ConvScopeError:
        return {}


def draw_missing(view: View, error: ConvScopeError) -> bool:
    """In place of a page's picture: which weights are needed, and what can be done about it.

    Returns whether the error means that weights are not here; if not, nothing is drawn.
    """
    if "weights" not in view.choices:
        return False
    if is_own(view["weights"]) and not _known(view["network"], view["weights"]):
        own_weights_view.draw_lost(view, error)
        return True
    if not isinstance(error, WeightsNotHere):
        return False
    try:
        _draw_offer(view, selected(view), error)
    except ConvScopeError as other:  # such as a mirror that is no address
        st.error(str(other), icon=":material/error:")
    return True


def _draw_offer(view: View, weights: Weights, error: ConvScopeError) -> None:
    """What has to be fetched, with its size and source; its progress; other ways to go on."""
    file = weights.file
    assert file is not None
    damaged = presence_of(weights).here
    failed_file, sentence = st.session_state.get(_FAILED, ("", ""))
    fetching = settings.visitors_fetch() and st.session_state.get(_FETCHING) == file.name
    with st.container(border=True, key="weights-missing"):
        st.markdown(f"**{error if damaged else need(weights)}**")
        st.markdown(about(weights))
        if not settings.visitors_fetch():
            st.markdown("This copy of ConvScope fetches nothing; who keeps it can put them here.")
        outcome = st.container()
        if failed_file == file.name and not fetching:
            outcome.error(sentence, icon=":material/cloud_off:")
        with st.container(horizontal=True):
            if not fetching:
                _draw_fetch(weights, again=failed_file == file.name)
            draw_ways_out(view)
    if fetching:
        with outcome:
            _fetch(weights)


def _draw_fetch(weights: Weights, *, again: bool) -> None:
    assert weights.file is not None
    if not settings.visitors_fetch():
        return
    presence = presence_of(weights)
    words = "Go on fetching" if presence.partial_bytes else "Try again" if again else "Fetch"
    st.button(
        f"{words}, {size(weights.file.about_bytes)}",
        key="weights-fetch",
        type="primary",
        icon=":material/download:",
        on_click=_begin,
        args=(weights.file.name,),
    )


def draw_ways_out(view: View) -> None:
    """Buttons for who cannot have the weights: random ones, or a network of the box."""
    st.button(
        "Use random weights",
        key="weights-random",
        on_click=_choose,
        args=(view.key("weights"), RANDOM),
    )
    bundled = work.default_network()
    st.button(
        f"Open {zoo.get(bundled).name}, which is bundled",
        key="weights-bundled",
        on_click=_choose,
        args=(view.key("network"), bundled),
    )


def _choose(key: str, value: str) -> None:
    st.session_state[key] = value


def _begin(file_name: str) -> None:
    st.session_state[_FETCHING] = file_name
    st.session_state.pop(_FAILED, None)


def _stop() -> None:
    st.session_state.pop(_FETCHING, None)


def _fetch(weights: Weights) -> None:
    """Wait for the file, with a bar and a Cancel button; then draw the page anew."""
    assert weights.file is not None
    with st.spinner(f"Getting ready to fetch {weights.name}"):  # torch may be loaded first
        from vizcore.tasks.fetching import fetch_task

        task = fetch_task(weights)
    try:
        work.run(task, slot="weights.fetch", on_cancel=_stop, quiet_s=0)
    except JobCancelled:
        pass
    except ConvScopeError as error:
        st.session_state[_FAILED] = (weights.file.name, str(error))
    _stop()
    st.rerun()


def draw_files() -> None:
    """Which pretrained weights are on this machine, their sizes and folder, and the mirror."""
    rows = [
        (weights, presence)
        for entry in zoo.architectures()
        for weights in offers.weights_of(entry)
        if weights.file is not None and (presence := presence_of(weights)).here
    ]
    if rows:
        total = size(sum(presence.size_bytes or 0 for _, presence in rows))
        st.markdown(f"**Pretrained weights on this machine: {len(rows)}, {total}**")
        st.markdown(
            "\n".join(
                f"- {weights.architecture} `{weights.name}`: {size(presence.size_bytes)}, "
                f"{presence.place}"
                for weights, presence in rows
            )
        )
    else:
        st.markdown("**No pretrained weights are on this machine yet.**")
    own = shelf().held_bytes()
    facts = [f"{len(offers.trained_keys())} networks are bundled."]
    if own:
        facts.append(f"People's own weights take {size(own)}.")
    cache = WeightsCache()
    facts.append(
        f"The cache is `{cache.folder}`: fetched weights take {size(cache.held_bytes())} of the "
        f"{size(cache.max_bytes)} they may."
    )
    if prefilled := store.prefilled_folder():
        facts.append(f"The pre-filled folder is `{prefilled}`.")
    mirror = urlsplit(mirror_address()).hostname
    facts.append(
        f"Files are fetched from the mirror {mirror}."
        if mirror
        else "Files are fetched from their libraries' own servers."
    )
    st.markdown(" ".join(facts))
