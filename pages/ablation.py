"""Layer ablation: which layers of an eight-layer network can go."""

from vizcore.ui import ablation_views as views
from vizcore.ui.room import room

with room("ablation", "Which layers can go?", views.CHOICES) as here:
    views.draw_controls(here)
    study = views.opened(here)
    if study is not None:
        views.draw(here, study)
    else:
        here.answer(views.answer_without(here))
        here.code("import vizcore as vc\n\nprint(vc.ablation().versions)")
