"""The door of ConvScope: `streamlit run app.py`.

Streamlit reads this file and finds `app = st.App(...)` by itself, so the call must stand here. The
frame is `vizcore/ui/frame.py`; behind the first page, torch and the bundled networks are loaded.
"""

import streamlit as st

from vizcore.ui import server

app = st.App(
    server.FRAME, lifespan=server.lifespan, routes=server.ROUTES, on_script_error=server.on_error
)
