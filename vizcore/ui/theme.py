"""The page follows the browser's theme: figures have colours of their own for light and dark."""

from __future__ import annotations

import streamlit as st

# Streamlit turns its own widgets over at once and runs the script again only when something is
# used: until then a figure made for the light theme would be a white card on a dark page.
_JS = """
export default function ({ parentElement, setTriggerValue }) {
  const app = document.querySelector('.stApp');
  const scheme = () => getComputedStyle(app).colorScheme;
  parentElement.drawnFor ??= scheme();
  const turned = () => {
    if (scheme() === parentElement.drawnFor) return;
    parentElement.drawnFor = scheme();
    setTriggerValue('turned', parentElement.drawnFor);
  };
  const watch = new MutationObserver(turned);
  watch.observe(app, { attributes: true, attributeFilter: ['class', 'style'] });
  turned();
  return () => watch.disconnect();
}
"""

_component = st.components.v2.component("convscope_theme", html="<span></span>", js=_JS)


def follow_theme() -> None:
    """Run the page again when the browser's theme turns from light to dark or back."""
    with st.container(key="follow-theme"):
        _component(key="theme", on_turned_change=lambda: None, width="content", height="content")
