"""Atlas."""

import streamlit as st

from vizcore.ui.room import room

with room("atlas", "Atlas", []) as here:
    here.answer("hello <b>1</b>")
    here.code("import vizcore as vc")
    st.write(here.view["arch"])
