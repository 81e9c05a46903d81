"""Atlas."""

import streamlit as st

from vizcore.ui.room import room

with room("saliency", "Atlas", []) as here:
    here.answer("hello <b>1</b>")
    here.code("import vizcore as vc")
    pass
