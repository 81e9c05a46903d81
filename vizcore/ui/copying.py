"""A button that copies the page's address."""

from __future__ import annotations

import streamlit as st

_HTML = '<button type="button" aria-live="polite">Copy address</button>'

_CSS = """
button {
  font: inherit; font-size: 0.875rem; line-height: 1.6; cursor: pointer; white-space: nowrap;
  min-height: 2.5rem; padding: 0.25rem 0.75rem;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""

_JS = """
export default function ({ parentElement }) {
  const button = parentElement.querySelector('button');
  button.onclick = async () => {
    const address = window.location.href;
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      const field = document.createElement('textarea');
      field.value = address;
      document.body.appendChild(field);
      field.select();
      document.execCommand('copy');
      field.remove();
    }
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy address'; }, 1500);
  };
}
"""

_component = st.components.v2.component("convscope_copy_address", html=_HTML, css=_CSS, js=_JS)


def copy_button(key: str) -> None:
    """Draw the button. It copies the browser's address, which holds every choice of the view."""
    _component(key=key, width="content", height="content")
