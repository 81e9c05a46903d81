"""Atlas."""


from vizcore.ui.room import room

with room("blocks", "Atlas", []) as here:
    here.answer("hello <b>1</b>")
    here.code("import vizcore as vc")
