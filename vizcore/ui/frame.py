"""The frame around the pages: what every run does before and after the page itself.

`app.py` runs this script through `st.App`. It must not import torch: the first page is drawn
before torch is loaded.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from vizcore.errors import ConvScopeError
from vizcore.ui import rooms
from vizcore.ui.theme import follow_theme

HERE = Path(__file__).resolve().parent
ASSETS = HERE.parents[1] / "assets"

st.set_page_config(
    page_title="ConvScope",
    page_icon=str(ASSETS / "logo-mark.svg"),
    layout="wide",
    initial_sidebar_state=264,
    menu_items={"About": "ConvScope: see everything about a convolutional network."},
)
st.html(HERE / "style.css")
follow_theme()
st.logo(str(ASSETS / "logo.svg"), icon_image=str(ASSETS / "logo-mark.svg"), size="large")

made = rooms.pages()
st.session_state["pages"] = made
page = st.navigation(rooms.grouped(made), expanded=True)
try:
    page.run()
except ConvScopeError as error:  # before the page's room stood, such as a card that is damaged
    st.error(str(error).replace("[", r"\["), icon=":material/error:")
